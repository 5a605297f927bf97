"""The last resort against what a script has begun and nothing can interrupt."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from .watcher import Watcher

__all__ = ["Watchdog"]

GRACE = 1.0
"""Seconds that an engine has to stop a callback by itself before the process ends."""


class Watchdog:
    """Ends the process, with a message, when what it watches takes too long.

    Args:
        timeout: seconds that one callback may take, ``inf`` for no limit.
    """

    def __init__(self, timeout: float) -> None:
        self.what = ""
        """What runs, for the message."""
        self._timeout = timeout
        self._watcher = Watcher(self._end_process)

    @contextmanager
    def watch(self, what: str, slack: float) -> Iterator[None]:
        """Watch the body.

        Args:
            what: runs in it, in words.
            slack: seconds more that it may take, for callbacks before the last.
        """
        self.what = what
        self._watcher.begin(time.monotonic() + self._timeout + slack + GRACE)
        try:
            yield
        finally:
            self._watcher.begin(inf)

    def close(self) -> None:
        """Watch no more."""
        self._watcher.close()

    def _end_process(self, _now: bool) -> None:
        # The main thread is inside the engine: nothing can be unwound, only said.
        sys.stderr.write(
            f"accessor-host: {self.what} ran longer than {self._timeout:g} s and cannot be "
            "interrupted; the process ends\n"
        )
        sys.stderr.flush()
        os._exit(1)
