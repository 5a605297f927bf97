"""What the connections of one HTTP server have in common."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ..net.deadlines import Deadlines
from ..net.flusher import Flusher
from ..net.serving import ServingHandler, StartError
from ..net.shares import Shares
from .server_settings import HttpServerSettings

if TYPE_CHECKING:
    from .server_connection import HttpConnection

__all__ = ["HttpGroup", "HttpHandler"]

_requests = itertools.count(1)


class HttpHandler(ServingHandler, Protocol):
    """Take what happens to an HTTP server; called in the loop's thread, never raises."""

    def requested(self, connection: HttpConnection, body: bytes) -> None:
        """Take a request: its number and head are the connection's.

        ``answer`` of the connection follows, at once or later.
        """

    def abandoned(self, connection: HttpConnection) -> None:
        """Take that the request of a connection needs no answer any more."""

    def renewal_failed(self, error: StartError) -> None:
        """Take that changed files of TLS cannot be used; the server goes on with what it has."""


class HttpGroup:
    """What all connections of one HTTP server have in common.

    Args:
        handler: takes what happens.
        settings: of the server.
        flusher: writes once per loop iteration.
        deadlines: the one timer.
        shares: bounds what each peer gets of an iteration of the loop.
        clock: loop time in seconds.
        refusals: what peers were refused, counted by its kind.
    """

    def __init__(
        self,
        handler: HttpHandler,
        settings: HttpServerSettings,
        flusher: Flusher,
        deadlines: Deadlines,
        shares: Shares,
        clock: Callable[[], float],
        refusals: Counter[str],
    ) -> None:
        self.handler = handler
        self.limits = settings.limits
        self.door = settings.door
        self.flusher = flusher
        self.deadlines = deadlines
        self.shares = shares
        self.clock = clock
        self.refusals = refusals
        self.requests = _requests
        """Numbers of requests, unique in the process."""
        self.held = 0
        """Bytes of all bodies that are not answered yet."""
        self.is_stopping = False
        """Whether no connection goes on behind its answer."""
