"""What scripts print, and the errors that they leave uncaught."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from ..errors import AccessorHostError, ScriptError

__all__ = ["MAX_ERRORS", "Output"]

MAX_ERRORS = 100
"""Uncaught errors that are kept; every one is printed and counted."""


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
        self._streams = {"stdout": stdout, "stderr": stderr}
        self.operations: Mapping[str, Callable[..., None]] = {
            "print": self._print,
            "warn": self._warn,
            "error": self.report,
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
        self._print("stderr", f"accessor-host: warning: {text}\n")

    def report(self, kind: str, message: str, stack: str) -> None:
        """Print and count an error that nobody catches.

        Args:
            kind: what to say before it, for example ``"Uncaught"``.
            message: the error in one line.
            stack: the message, and where it happened.
        """
        self.error_count += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(ScriptError(message, stack))
        self._print("stderr", f"{kind} {stack}\n")
