"""The watchdog: ends the process when nothing else can stop what a script has begun."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from .deadline_thread import GRACE, DeadlineThread

__all__ = ["EXIT_CODE", "MESSAGE", "Watchdog"]

EXIT_CODE = 1
"""Exit code of a process that is ended, as after any error of a script."""

MESSAGE = "accessor-host: {} ran longer than {:g} s and cannot be interrupted; the process ends\n"
"""What a process says at its end: what ran, and its limit in seconds."""

WRITE_TIME = 1.0
"""Seconds that the message may take: a reader that has stopped must not keep the process."""


class Watchdog:
    """End the process, with a message, when what is watched takes too long.

    Args:
        timeout: seconds that one callback may take, ``inf`` for no limit.
    """

    def __init__(self, timeout: float) -> None:
        self.what = ""
        """What runs, for the message."""
        self._timeout = timeout
        self._thread = DeadlineThread(lambda _now: self.end_process())

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

    def end_process(self) -> None:
        """End the process now, with a message; called in any thread but that of the engine."""
        # The main thread is inside the engine: nothing can be unwound, only said.
        saying = threading.Thread(target=self._say, daemon=True)
        saying.start()
        saying.join(WRITE_TIME)
        os._exit(EXIT_CODE)

    def _say(self) -> None:
        sys.stderr.write(MESSAGE.format(self.what, self._timeout))
        sys.stderr.flush()
