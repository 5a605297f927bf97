"""One timer for the deadlines of many connections."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Protocol

__all__ = ["STALL", "TICK", "Deadlines", "Timed"]

TICK = 0.05
"""Shortest time between two sweeps, in seconds.

A deadline is met late by at most this. Thousands of connections, each with its own ping time,
are then looked at twenty times a second at most, which costs less than one per cent of a core.
"""


class Timed(Protocol):
    """What a deadline belongs to."""

    deadline: float
    """Loop time at which :meth:`expire` is due; infinity is never."""

    def expire(self, now: float) -> None:
        """Act on a deadline that has passed, and set the next one.

        Args:
            now: loop time in seconds.
        """


_ITERATIONS = 2
"""Times that the loop goes on before a sweep: uvloop runs timers before it reads."""

STALL = 0.25
"""Seconds by which a timer is late when the process was stopped, or busy, for all that time.

Five sweeps; a loop that is merely loaded is late by a few milliseconds.
"""


class Deadlines:
    """Sweep over everything that has a deadline, no earlier than the first is due.

    The process may be stopped, or busy, for longer than peers have time. What they sent meanwhile
    is there, and has to count: before a sweep the loop reads once more. And they may have slept
    like it, on the same machine: :attr:`woke` says since when they can be expected to speak.

    Args:
        loop: clock and timer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.woke = -inf
        """Loop time at which the last stall was over."""
        self._loop = loop
        self._watched: set[Timed] = set()
        self._timer: asyncio.Handle | None = None
        self._due = inf

    def set(self, timed: Timed, when: float) -> None:
        """Set a deadline, in place of the one that the object had.

        Args:
            timed: what is to expire.
            when: loop time in seconds; infinity is never.
        """
        self._watched.add(timed)
        timed.deadline = when
        if when < self._due:
            self._arm(when)

    def forget(self, timed: Timed) -> None:
        """Stop watching; allowed for what is not watched."""
        self._watched.discard(timed)
        if not self._watched:
            self.clear()

    def clear(self) -> None:
        """Stop watching everything."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due = None, inf

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = when
        self._timer = self._loop.call_at(when, self._wake, when)

    def _wake(self, when: float) -> None:
        now = self._loop.time()
        if now - when > STALL:
            self.woke = now
        self._read_first(_ITERATIONS)

    def _read_first(self, iterations: int) -> None:
        # Due long ago: no deadline is earlier, and arms a timer instead.
        self._due = -inf
        if iterations:
            self._timer = self._loop.call_soon(self._read_first, iterations - 1)
        else:
            self._sweep()

    def _sweep(self) -> None:
        now = self._loop.time()
        # Nothing that is set meanwhile needs a timer of its own: one is armed below.
        self._timer, self._due = None, -inf
        try:
            # Expiring one may close, and so forget, another: look at a copy.
            for timed in [timed for timed in self._watched if timed.deadline <= now]:
                if timed in self._watched:
                    timed.expire(now)
        finally:
            self._due = inf
            first = min((timed.deadline for timed in self._watched), default=inf)
            if first < inf:
                self._arm(max(first, now + TICK))
