"""What the connections of one HTTP server have in common."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

from ...net.deadlines import Deadlines
from ...net.flusher import Flusher
from ...net.shares import Shares
from .handler import HttpHandler
from .heads import Head, read_head
from .settings import HttpServerSettings

__all__ = ["MAX_KNOWN_HEADS", "MAX_KNOWN_HEAD_BYTES", "HttpGroup"]

MAX_KNOWN_HEADS = 64
"""Heads that are remembered: who asks for the same again sends the same bytes, most often."""

MAX_KNOWN_HEAD_BYTES = 2 * 1024
"""Bytes of a head that is remembered, so that all of one server take a few hundred KiB at most."""

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
        self._heads: dict[bytes, Head] = {}

    def read_head(self, data: bytes) -> Head:
        """Read the head of a request, as :func:`~.heads.read_head` does; nobody changes it.

        Args:
            data: the head, up to the empty line that ends it.

        Raises:
            BadRequestError: it is none, or none that can be served.
        """
        head = self._heads.get(data)
        if head is None:
            head = read_head(data, self.limits.max_fields)
            # With a parser it is of one request only.
            if head.parser is None and len(data) <= MAX_KNOWN_HEAD_BYTES:
                if len(self._heads) >= MAX_KNOWN_HEADS:
                    self._heads.clear()
                self._heads[data] = head
        return head
