"""What exchanges, connections and the pool of a client see of each other.

Each refers to the two others; this keeps their files from importing each other.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from ...net.flusher import Flusher
from ...net.shares import Shares
from .failures import RequestError
from .settings import ClientLimits, Head, Request

__all__ = ["Asker", "Keeper", "Line", "Manager", "Origin"]


class Origin(NamedTuple):
    """What two requests must agree on to use one connection."""

    scheme: str
    host: str
    port: int
    proxy: str
    trust_all: bool
    authorities: str


class Line(Protocol):
    """A connection, as an exchange sees it."""

    is_connected: bool
    """Whether there is, or was, TCP to the server, and TLS if wanted."""

    def pause(self) -> None:
        """Read no more."""

    def resume(self) -> None:
        """Read more."""


class Asker(Protocol):
    """An exchange, as its connection sees it."""

    request: Request
    """What is asked."""

    @property
    def may_be_repeated(self) -> bool:
        """Tell whether the request may be sent once more, on another connection."""

    def began(self, head: Head) -> None:
        """Take the head of an answer; a ``RequestError`` is why it is not wanted."""

    def continued(self, piece: bytes) -> None:
        """Take a piece of the body, likewise."""

    def ended(self) -> None:
        """Take the end of the answer."""

    def fail(self, error: Exception) -> None:
        """Take why there is no answer."""


class Manager(Protocol):
    """The pool, as an exchange sees it."""

    held: int
    """Bytes of answers that are not with their handlers yet."""
    limits: ClientLimits
    """Of all its exchanges together."""

    def submit(self, exchange: Any, *, again: bool = False) -> None:
        """Find a connection for a request, or let it wait."""

    def drop(self, exchange: Any) -> None:
        """Take a request away from its connection, or from those that wait."""

    def settle(self, exchange: Any) -> None:
        """Take that a request is over."""

    def extend(self, exchange: Any) -> None:
        """Give a request whose answer comes in pieces its time once more."""


class Keeper(Protocol):
    """The pool, as a connection sees it."""

    flusher: Flusher
    shares: Shares

    def connected(self, exchange: Any) -> None:
        """Take that a request has its connection."""

    def give_back(self, connection: Any) -> None:
        """Take a connection that may serve another request."""

    def forget(self, connection: Any) -> None:
        """Take that a connection is of no use any more."""

    def repeat(self, exchange: Any) -> None:
        """Send a request once more that a kept connection has not taken any more."""

    def explain(self, exchange: Any, error: OSError) -> RequestError:
        """Say why a connection has ended, or could not be made."""
