"""How the ``dukpy`` engine stops JavaScript that runs too long.

dukpy keeps the GIL while JavaScript runs, so that no thread can help. A signal can: dukpy asks
Python now and then whether one came, and stops when its handler raises.
"""

from __future__ import annotations

import atexit
import signal
from collections.abc import Callable
from math import inf
from time import monotonic
from types import FrameType

from ..last_resort import LAST_RESORT
from .interpreter import is_evaluating

__all__ = ["TIME_LIMIT", "SignalTimeLimit", "Stopped"]

REPEAT = 0.05
"""Seconds until the signal comes again: in the middle of a function of Python's it must not
interrupt."""


class Stopped(Exception):
    """Raised inside an evaluation that takes too long."""


class SignalTimeLimit:
    """Interrupt what runs longer than its limit, in the main thread.

    To set a timer and its handler takes 7 µs, a third of a short turn. So they stay when a turn
    is over; when the signal comes, the timer is set anew for the turn that runs by then, or goes
    away.

    Args:
        may_interrupt: tells whether the function of a frame may be interrupted.
    """

    def __init__(self, may_interrupt: Callable[[FrameType], bool]) -> None:
        self.has_interrupted = False
        """Whether :class:`Stopped` was raised since the last :meth:`begin`. dukpy may turn it into
        a JavaScript error."""
        self._may_interrupt = may_interrupt
        self._deadline: float | None = None
        self._signal_at = inf
        self._previous: signal._HANDLER = None

    def begin(self, limit: float) -> None:
        """Raise :class:`Stopped` in the main thread unless :meth:`end` is called in time.

        Args:
            limit: seconds from now on.
        """
        self.has_interrupted = False
        self._deadline = deadline = monotonic() + limit
        if deadline < self._signal_at:
            self._set_timer(deadline, limit)

    def end(self) -> None:
        """Let what runs from now on take as long as it likes."""
        self._deadline = None

    def cancel(self) -> None:
        """Take the timer and its handler away, unless something runs under the limit."""
        if self._deadline is not None or self._signal_at == inf:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        LAST_RESORT.cancel()
        if signal.getsignal(signal.SIGALRM) == self._on_signal:
            previous = signal.SIG_DFL if self._previous is None else self._previous
            signal.signal(signal.SIGALRM, previous)
        self._signal_at = inf

    def _set_timer(self, deadline: float, seconds: float) -> None:
        if signal.getsignal(signal.SIGALRM) != self._on_signal:
            self._previous = signal.signal(signal.SIGALRM, self._on_signal)
        self._signal_at = deadline
        signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT)
        LAST_RESORT.set(seconds)

    def _on_signal(self, _signal: int, frame: FrameType | None) -> None:
        if self._deadline is None:
            self.cancel()
            return
        left = self._deadline - monotonic()
        if left > 0:
            self._set_timer(self._deadline, left)
        elif frame is not None and self._may_interrupt(frame):
            self.has_interrupted = True
            raise Stopped


# An exception in a function of Python's would be a JavaScript error, which the script may swallow.
TIME_LIMIT = SignalTimeLimit(is_evaluating)
"""The time limit of the process: there is one timer, and one evaluation at a time."""

atexit.register(TIME_LIMIT.cancel)
