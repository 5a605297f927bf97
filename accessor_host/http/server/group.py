"""What the connections of one HTTP server have in common."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

from ...net.deadlines import Deadlines
from ...net.flusher import Flusher
from ...net.shares import Shares
from .handler import HttpHandler
from .settings import HttpServerSettings

__all__ = ["HttpGroup"]

_requests = itertools.count(1)


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
