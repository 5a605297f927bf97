"""The watchdog: ends the process when nothing else can stop what a script has begun."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from .deadline_thread import DeadlineThread

__all__ = ["Watchdog"]

GRACE = 1.0
"""Seconds that an engine has to stop a callback by itself before the process ends."""


class Watchdog:
    """End the process, with a message, when what is watched takes too long.

    Args:
        timeout: seconds that one callback may take, ``inf`` for no limit.
    """

    def __init__(self, timeout: float) -> None:
        self.what = ""
        """What runs, for the message."""
        self._timeout = timeout
        self._thread = DeadlineThread(self._end_process)

    @contextmanager
    def watch(self, what: str, slack: float) -> Iterator[None]:
        """Watch the body of a ``with`` statement.

        Args:
            what: what runs in it, in words.
            slack: seconds more that it may take, for callbacks before the last.
        """
        self.what = what
        self._thread.set_deadline(time.monotonic() + self._timeout + slack + GRACE)
        try:
            yield
        finally:
            self._thread.set_deadline(inf)

    def close(self) -> None:
        """Watch no more."""
        self._thread.close()

    def _end_process(self, _now: bool) -> None:
        # The main thread is inside the engine: nothing can be unwound, only said.
        sys.stderr.write(
            f"accessor-host: {self.what} ran longer than {self._timeout:g} s and cannot be "
            "interrupted; the process ends\n"
        )
        sys.stderr.flush()
        os._exit(1)
