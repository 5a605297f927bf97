"""The signal that stops an endless callback: one timer of the process, which seldom rings."""

from __future__ import annotations

import atexit
import signal
from collections.abc import Callable
from math import inf
from time import monotonic
from types import FrameType

__all__ = ["ALARM", "Alarm", "Stopped"]

REPEAT = 0.05
"""Seconds until it rings again: in the middle of a function of Python's it must not interrupt."""


class Stopped(Exception):
    """Raised by the alarm inside an evaluation that takes too long."""


class Alarm:
    """Interrupt what runs longer than its limit, for the main thread.

    To set a timer and its handler takes 7 µs, a third of a short turn. So they stay when a turn
    is over; when it rings, it is set anew for the turn that runs by then, or goes away.

    Args:
        may_interrupt: tells whether the function of a frame may be interrupted.
    """

    def __init__(self, may_interrupt: Callable[[FrameType], bool]) -> None:
        self._may_interrupt = may_interrupt
        self._due: float | None = None
        self._rings_at = inf
        self._previous: signal._HANDLER = None

    def begin(self, limit: float) -> None:
        """Raise :class:`Stopped` in the main thread unless :meth:`end` is called in time.

        Args:
            limit: seconds from now on.
        """
        self._due = due = monotonic() + limit
        if due < self._rings_at:
            self._set(due, limit)

    def end(self) -> None:
        """Let what runs from now on take as long as it likes."""
        self._due = None

    def cancel(self) -> None:
        """Take the timer and its handler away, unless something runs under it."""
        if self._due is not None or self._rings_at == inf:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        if signal.getsignal(signal.SIGALRM) == self._ring:
            previous = signal.SIG_DFL if self._previous is None else self._previous
            signal.signal(signal.SIGALRM, previous)
        self._rings_at = inf

    def _set(self, due: float, seconds: float) -> None:
        if signal.getsignal(signal.SIGALRM) != self._ring:
            self._previous = signal.signal(signal.SIGALRM, self._ring)
        self._rings_at = due
        signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT)

    def _ring(self, _signal: int, frame: FrameType | None) -> None:
        if self._due is None:
            self.cancel()
            return
        left = self._due - monotonic()
        if left > 0:
            self._set(self._due, left)
        elif frame is not None and self._may_interrupt(frame):
            raise Stopped


def _is_in_dukpy(frame: FrameType) -> bool:
    # An exception in a function of Python's would be a JavaScript error, which the script may
    # swallow.
    return frame.f_code.co_name == "_evaljs"


ALARM = Alarm(_is_in_dukpy)
"""The alarm of the process: there is one timer, and one evaluation at a time."""

atexit.register(ALARM.cancel)
