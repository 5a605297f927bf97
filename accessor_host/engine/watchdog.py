"""The last resort against an endless callback that nothing can interrupt."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["name_watched", "watch"]


class _Watchdog(threading.Thread):
    """Ends the process when what it watches takes too long."""

    def __init__(self) -> None:
        super().__init__(name="accessor-host-watchdog", daemon=True)
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._timeout = 0.0
        self.what = ""

    def arm(self, timeout: float, slack: float) -> None:
        with self._changed:
            self._timeout = timeout
            self._deadline = time.monotonic() + timeout + slack
            self.what = "a callback"
            self._changed.notify()

    def disarm(self) -> None:
        with self._changed:
            self._deadline = None

    def run(self) -> None:
        with self._changed:
            while True:
                if self._deadline is None:
                    self._changed.wait()
                    continue
                left = self._deadline - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._end_process()

    def _end_process(self) -> None:
        # The main thread is inside the engine: nothing can be unwound, only said.
        sys.stderr.write(
            f"accessor-host: {self.what} ran longer than {self._timeout:g} s and cannot be "
            "interrupted, because scripts may call Python in the middle; the process ends\n"
        )
        sys.stderr.flush()
        os._exit(1)


_watchdog: _Watchdog | None = None


def name_watched(what: str) -> None:
    """Name the callback that runs now, for the message."""
    if _watchdog is not None:
        _watchdog.what = what


@contextmanager
def watch(timeout: float, slack: float) -> Iterator[None]:
    """End the process, with a message, when the body takes longer than a timeout.

    Args:
        timeout: seconds that one callback may take.
        slack: seconds more that the body may take, for callbacks before the last.
    """
    global _watchdog
    if _watchdog is None or not _watchdog.is_alive():
        _watchdog = _Watchdog()
        _watchdog.start()
    _watchdog.arm(timeout, slack)
    try:
        yield
    finally:
        _watchdog.disarm()
