"""One write for each connection and loop iteration, however many messages it sends."""

from __future__ import annotations

import asyncio
from typing import Protocol

__all__ = ["Flushable", "Flusher"]


class Flushable(Protocol):
    """What collects bytes to write."""

    def flush(self) -> None:
        """Write what was collected; nothing when there is nothing."""


class Flusher:
    """Remember who has something to write, and write it once.

    Several listeners may share one flusher. An owner who knows when a batch of sends begins and
    ends says so; otherwise it happens by itself before the loop looks at sockets again.
    """

    __slots__ = ("_collecting", "_dirty", "_scheduled", "last_frame", "last_text")

    def __init__(self) -> None:
        self.last_text: str | None = None
        """The text that was sent last, until it is written: who sends the same object has the
        frame already."""
        self.last_frame = b""
        """The frame of that text, neither masked nor compressed."""
        self._dirty: list[Flushable] = []
        self._scheduled = False
        self._collecting = False

    def mark(self, flushable: Flushable) -> None:
        """Note that there is something to write; to be called in the loop's thread."""
        self._dirty.append(flushable)
        if not (self._scheduled or self._collecting):
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def collect(self) -> None:
        """Leave it to the caller to :meth:`flush` what is sent from now on."""
        self._collecting = True

    def flush(self) -> None:
        """Write now what all marked connections have collected."""
        self._collecting = False
        self.last_text, self.last_frame = None, b""
        dirty, self._dirty = self._dirty, []
        for flushable in dirty:
            flushable.flush()

    def _run(self) -> None:
        self._scheduled = False
        self.flush()
