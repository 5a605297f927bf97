"""How far a run is: one line on a terminal that changes, and now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from .runner import Result

__all__ = ["Progress"]

INTERVAL = 10.0
"""Seconds between two lines where there is no terminal: a log shows that the run goes on, and
stays short."""


class Progress:
    """Counts results, and says so.

    Args:
        total: how many results there will be.
        stream: where to say it.
        clock: seconds that only grow.
    """

    def __init__(
        self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._stream = stream
        self._clock = clock
        self._has_terminal = stream.isatty()
        self._began = self._said = clock()
        self._failed = 0
        self.results: list[Result] = []
        """What has come so far."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_terminal:
            self._stream.write("\r\x1b[K")
        seconds = self._clock() - self._began
        if seconds >= INTERVAL:
            self._stream.write(f"{len(self.results)} of {self._total} in {seconds:.0f} s\n")

    def count(self, result: Result) -> None:
        """Take the next result."""
        self.results.append(result)
        self._failed += result.verdict == "fail"
        text = f"{len(self.results)} of {self._total}, {self._failed} failed"
        if self._has_terminal:
            self._stream.write(f"\r\x1b[K{text}  {result.case.id}")
        elif self._clock() - self._said >= INTERVAL:
            self._said = self._clock()
            self._stream.write(f"{text}\n")
        else:
            return
        self._stream.flush()
