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

    __slots__ = ("_collecting", "_dirty", "_scheduled")

    def __init__(self) -> None:
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
        """Write now what all that were marked have collected."""
        self._collecting = False
        dirty, self._dirty = self._dirty, []
        for flushable in dirty:
            flushable.flush()

    def _run(self) -> None:
        self._scheduled = False
        self.flush()
