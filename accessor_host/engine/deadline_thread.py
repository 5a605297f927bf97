"""A thread that calls a function when a deadline passes.

Both that stop what takes too long use it: the time limit of the ``quickjs`` engine, which stops
JavaScript, and the watchdog, which ends the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from time import monotonic

__all__ = ["GRACE", "DeadlineThread"]

GRACE = 1.0
"""Seconds that what was stopped has to end: engines look many times in this whether to stop."""

LONGEST_SLEEP = 3600.0
"""Seconds after which the thread looks again: systems cannot wait for every number of them."""


class DeadlineThread:
    """Call a function when a deadline passes, and again when the next deadline is set.

    There is one deadline at a time, and a new one for each turn. To tell the thread of each would
    take longer than most turns. So the thread sleeps until the first deadline, to find, mostly,
    that a later one has replaced it. It is started when the first deadline is set.

    Args:
        act: called with true, in the thread, when the deadline has passed; then with false by the
            next :meth:`set_deadline`.
        insist: called in the thread when no other deadline was set within :data:`GRACE`.
    """

    def __init__(
        self, act: Callable[[bool], None], insist: Callable[[], None] | None = None
    ) -> None:
        self._act = act
        self._insist = insist
        self._deadline = inf
        self._wakes_at = inf  # when the thread will look at the deadline
        self._has_acted = False
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set_deadline(self, deadline: float) -> None:
        """Replace the deadline. Call this from one thread only.

        Args:
            deadline: seconds of the monotonic clock; ``inf`` is never.
        """
        # Without the lock, as this is done for each turn: both threads first write what the other
        # one has to know, and then read what the other one has written.
        self._deadline = deadline
        if deadline < self._wakes_at or self._has_acted:
            self._wake()

    @property
    def has_acted(self) -> bool:
        """Whether the deadline that was set last has passed, and the function was called."""
        # With the lock: the thread says that it acts before it knows that it has to.
        with self._changed:
            return self._has_acted

    def close(self) -> None:
        """End the thread; no deadline is set any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _wake(self) -> None:
        with self._changed:
            if self._has_acted:
                self._act(False)
                self._has_acted = False
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="accessor-host-deadline", daemon=True
            )
            self._thread.start()

    def _run(self) -> None:
        with self._changed:
            while not self._is_closed:
                self._wakes_at = wakes_at = min(self._deadline, monotonic() + LONGEST_SLEEP)
                if self._deadline < wakes_at:
                    continue
                left = wakes_at - monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._has_acted = True
                if self._deadline > monotonic():
                    self._has_acted = False
                    continue
                self._act(True)
                if self._insist is not None:
                    self._changed.wait(GRACE)
                    if self._has_acted and not self._is_closed:
                        self._insist()
                while self._has_acted and not self._is_closed:
                    self._changed.wait()
