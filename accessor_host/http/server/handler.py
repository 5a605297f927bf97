"""What an HTTP server asks of its owner, and what the owner may do with a request.

Owners implement the handler; only annotations refer to this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from ...net.serving import ServingHandler, StartError
from .heads import Head

__all__ = ["HttpHandler", "HttpPeer"]


class HttpPeer(Protocol):
    """A client whose request waits; :class:`~.server_exchange.Exchange` says more."""

    request: int
    """Number of the request that waits for an answer, unique in the process; 0 for none."""

    head: Head | None
    """Its head."""

    remote_host: str
    """IP address of the client."""

    @property
    def is_secure(self) -> bool:
        """Tell whether the connection goes over TLS."""

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing can be sent any more."""

    def client_certificate(self) -> dict[str, object] | None:
        """Return the certificate that the client has shown and that was verified, if any."""

    def answer(self, status: int, fields: Iterable[tuple[str, str]], body: bytes) -> bool:
        """Answer the request; tell whether that was not too large."""

    def begin(self, status: int, fields: Iterable[tuple[str, str]], length: int) -> None:
        """Begin an answer."""

    def write(self, piece: bytes) -> asyncio.Future[None] | None:
        """Send a piece of it; return what to wait for before the next one, if anything."""

    def end(self) -> None:
        """Take that the answer is complete."""

    def cut(self) -> None:
        """Cut TCP."""


class HttpHandler(ServingHandler, Protocol):
    """Take what happens to an HTTP server; called in the loop's thread, never raises."""

    def requested(self, connection: HttpPeer, body: bytes) -> None:
        """Take a request: its number and head are the connection's.

        ``answer`` of the connection follows, at once or later.
        """

    def abandoned(self, connection: HttpPeer) -> None:
        """Take that the request of a connection needs no answer any more."""

    def renewal_failed(self, error: StartError) -> None:
        """Take that changed files of TLS cannot be used; the server goes on with what it has."""
