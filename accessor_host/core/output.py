"""What scripts print, and the errors that they leave uncaught."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import TextIO

from ..errors import AccessorHostError, ScriptError

__all__ = ["MAX_ERRORS", "MAX_REPORTS", "REPORT_PERIOD", "Output"]

MAX_ERRORS = 100
"""Uncaught errors that are kept; every one is counted."""

MAX_REPORTS = 100
"""Uncaught errors that are printed in one period: more than a human reads, and few enough that a
script that throws without end keeps nothing else waiting. ``runtime/core/dispatch.js`` has the
same, and describes no more."""

REPORT_PERIOD = 1.0
"""Seconds of a period; then one line says how many errors were not printed."""


class Output:
    """The two streams of a host.

    Args:
        stdout: where ``console.log`` goes; ``None`` is the process's standard output.
        stderr: where ``console.error``, warnings and uncaught errors go; ``None`` as above.
    """

    def __init__(self, stdout: TextIO | None, stderr: TextIO | None) -> None:
        self.errors: list[ScriptError] = []
        """The first uncaught errors, in order."""
        self.error_count = 0
        """How many uncaught errors there were in all."""
        self._period_ends = 0.0
        self._printed = 0
        self._unprinted = 0
        self._telling: asyncio.TimerHandle | None = None
        self._streams = {"stdout": stdout, "stderr": stderr}
        self.operations: Mapping[str, Callable[..., None]] = {
            "print": self._print,
            "warn": self._warn,
            "error": self.report,
            "error.skip": self._skip,
        }

    def _print(self, stream: str, text: str) -> None:
        if stream not in self._streams:
            raise AccessorHostError(f"there is no stream {stream!r}")
        file = self._streams[stream] or getattr(sys, stream)
        try:
            file.write(text)
        except UnicodeEncodeError:
            # A lone surrogate, or a terminal that is not UTF-8: better a mark than no line.
            encoding = file.encoding or "utf-8"
            file.write(text.encode(encoding, "replace").decode(encoding))
        file.flush()

    def _warn(self, text: str) -> None:
        # Imported late: most scripts are warned of nothing.
        from ..net.quoting import escaped

        # Names of files and words of peers may be in it, and a line is a line.
        self._print("stderr", f"accessor-host: warning: {escaped(text)}\n")

    def report(self, kind: str, message: str, stack: str) -> None:
        """Count an error that nobody catches, and print it unless there were many just now.

        Args:
            kind: what to say before it, for example ``"Uncaught"``.
            message: the error in one line.
            stack: the message, and where it happened.
        """
        self.error_count += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(ScriptError(message, stack))
        now = monotonic()
        if now >= self._period_ends:
            self.tell_unprinted()
            self._period_ends = now + REPORT_PERIOD
            self._printed = 0
        if self._printed < MAX_REPORTS:
            self._printed += 1
            self._print("stderr", f"{kind} {stack}\n")
        else:
            self._add_unprinted(1)

    def tell_unprinted(self) -> None:
        """Print how many errors were not printed, if there are any since this was last said."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        count, self._unprinted = self._unprinted, 0
        if count:
            self._warn(f"{count} more uncaught errors were not printed")

    def _skip(self, count: int) -> None:
        """Count errors that the runtime has not described, as there were many just now."""
        self.error_count += count
        self._add_unprinted(count)

    def _add_unprinted(self, count: int) -> None:
        self._unprinted += count
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(REPORT_PERIOD, self._tell_later)

    def _tell_later(self) -> None:
        # Who closed the stream is told of by whatever a script prints next.
        with suppress(OSError):
            self.tell_unprinted()
