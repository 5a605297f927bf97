"""The time in which is counted: clock, processor time and waiting, of both sides."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from .jobs import Result

__all__ = ["Window", "waited"]

_TICK = os.sysconf("SC_CLK_TCK")


class Window:
    """One window, or several that are added up.

    Args:
        pids: the server's processes.
    """

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self._sums = [0.0] * (4 + len(pids))
        self._start: list[float] = []

    @property
    def seconds(self) -> float:
        """Return how long it has been open, all in all."""
        return self._sums[0]

    def __enter__(self) -> Self:
        self._start = self._now()
        return self

    def __exit__(self, *_details: object) -> None:
        for index, (before, after) in enumerate(zip(self._start, self._now(), strict=True)):
            self._sums[index] += after - before

    def result(self, count: int) -> Result:
        """Return what was counted, as shares of the time on the clock."""
        seconds, *parts = self._sums
        load, server, load_waited, *server_waited = (part / seconds for part in parts)
        return Result(count, seconds, load, server, load_waited, max(server_waited, default=0.0))

    def _now(self) -> list[float]:
        return [
            time.perf_counter(),
            time.process_time(),
            sum(map(_processor_time, self._pids)),
            waited("self"),
            *map(waited, self._pids),
        ]


def _processor_time(pid: int) -> float:
    # Nanoseconds of each thread; of the process, the kernel tells hundredths of a second.
    nanoseconds = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        # The thread may just have ended.
        with suppress(OSError):
            nanoseconds += int(file.read_text().split()[0])
    if nanoseconds:
        return nanoseconds / 1e9
    # Not every kernel keeps them.
    # After the name, which may have blanks: state is field 3, utime and stime are 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def waited(pid: int | str) -> float:
    """Return the seconds that a main thread spent in the queue of its core."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        # Not every kernel keeps them.
        return 0.0
