"""A thread that acts when something takes too long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from time import monotonic

__all__ = ["Watcher"]

LONGEST_SLEEP = 3600.0
"""Seconds after which the thread looks again: systems cannot wait for every number of them."""


class Watcher:
    """What is to be done when the time of something has passed, and undone when the next begins.

    To tell a thread of everything that begins and ends would take longer than most of it. So it
    sleeps until the first is due, to find that something else has begun by then, mostly. It is
    started when there first is something that is due.

    Args:
        act: called with true, in the thread, when it is too late; and with false by the next
            :meth:`begin`.
    """

    def __init__(self, act: Callable[[bool], None]) -> None:
        self._act = act
        self._due = inf
        self._looks_at = inf  # when the thread will look at what is due
        self._has_acted = False
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def begin(self, due: float) -> None:
        """Begin something else, in the one thread that does so.

        Args:
            due: when it is too late, in seconds of the monotonic clock; ``inf`` is never.
        """
        # Without the lock, as this is done for each turn: both threads first write what the other
        # one has to know, and then read what the other one has written.
        self._due = due
        if due < self._looks_at or self._has_acted:
            self._wake()

    @property
    def is_over(self) -> bool:
        """Whether it is too late for what was begun last, and the act is done."""
        # With the lock: the thread says that it acts before it knows that it has to.
        with self._changed:
            return self._has_acted

    def close(self) -> None:
        """Act no more; it is not used again."""
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
                target=self._watch, name="accessor-host-watcher", daemon=True
            )
            self._thread.start()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_closed:
                self._looks_at = looks_at = min(self._due, monotonic() + LONGEST_SLEEP)
                if self._due < looks_at:
                    continue
                left = looks_at - monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._has_acted = True
                if self._due > monotonic():
                    self._has_acted = False
                    continue
                self._act(True)
                while self._has_acted and not self._is_closed:
                    self._changed.wait()
