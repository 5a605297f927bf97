"""The clock behind setTimeout: one asyncio timer for all of a script's timers."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

__all__ = ["Timers"]


class Timers:
    """Timers in the order of their deadlines, and of their making where deadlines are equal.

    Args:
        loop: the event loop whose clock counts.
        fire: called with the identifier of each timer that is due.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, fire: Callable[[int], None]) -> None:
        self._loop = loop
        self._fire = fire
        self._heap: list[tuple[float, int, int]] = []
        self._sequence = count()
        # Entries of the heap whose number is no longer this one were cancelled or set anew.
        self._current: dict[int, int] = {}
        self._unreferenced: set[int] = set()
        self._handle: asyncio.TimerHandle | None = None
        self._armed: float | None = None

    def __len__(self) -> int:
        """Count the timers that keep a run alive."""
        return len(self._current) - len(self._unreferenced)

    def set(self, identifier: int, delay: float, now: float, *, referenced: bool = True) -> None:
        """Set a timer, or set it anew.

        Args:
            identifier: number of the timer.
            delay: seconds from now.
            now: loop time, the same for all timers of one turn so that they compare exactly.
            referenced: whether the timer keeps the run alive.
        """
        sequence = next(self._sequence)
        self._current[identifier] = sequence
        self.reference(identifier, referenced)
        heapq.heappush(self._heap, (now + delay, sequence, identifier))
        self._arm()

    def clear(self, identifier: int) -> None:
        """Cancel a timer, if it is pending."""
        self._current.pop(identifier, None)
        self._unreferenced.discard(identifier)
        # Cancelled entries leave the heap when they are due, or when they are the most of it.
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._current):
            self._heap = [entry for entry in self._heap if self._is_current(entry)]
            heapq.heapify(self._heap)
        self._arm()

    def reference(self, identifier: int, referenced: bool) -> None:
        """Say whether a pending timer keeps the run alive."""
        if referenced:
            self._unreferenced.discard(identifier)
        elif identifier in self._current:
            self._unreferenced.add(identifier)

    def close(self) -> None:
        """Cancel all timers."""
        self._current.clear()
        self._unreferenced.clear()
        self._heap.clear()
        self._arm()

    def state(self) -> list[str]:
        """Describe the timers, the next one first, in lines for people."""
        # Imported late: hardly anybody asks.
        from ..net.listing import MAX_SHOWN, more_than_shown

        now = self._loop.time()
        entries = sorted(entry for entry in self._heap if self._is_current(entry))
        shown = [
            f"  timer {identifier}: in {max(0.0, due - now):.3f} s"
            f"{' (unreferenced)' if identifier in self._unreferenced else ''}"
            for due, _, identifier in entries[:MAX_SHOWN]
        ]
        return [f"timers: {len(entries)}", *shown, *more_than_shown(len(entries))]

    def _is_current(self, entry: tuple[float, int, int]) -> bool:
        return self._current.get(entry[2]) == entry[1]

    def _arm(self) -> None:
        while self._heap and not self._is_current(self._heap[0]):
            heapq.heappop(self._heap)
        deadline = self._heap[0][0] if self._heap else None
        if deadline == self._armed:
            return
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if deadline is not None:
            self._handle = self._loop.call_at(deadline, self._on_time)
        self._armed = deadline

    def _on_time(self) -> None:
        self._handle = self._armed = None
        now = self._loop.time()
        # The loop may wake a little early, by the resolution of its clock.
        while self._heap and (
            self._heap[0][0] <= now + 1e-4 or not self._is_current(self._heap[0])
        ):
            entry = heapq.heappop(self._heap)
            if self._is_current(entry):
                del self._current[entry[2]]
                self._unreferenced.discard(entry[2])
                self._fire(entry[2])
        self._arm()
