"""The load generator, as the benchmark sees it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from .errors import BenchError
from .load.jobs import Job, Result
from .programs import Program

__all__ = ["Load", "generator"]

_LIMIT = 90.0
"""Seconds for a job, on top of the time in which it counts."""


class Load:
    """A load generator that runs."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def run(self, job: Job) -> Result:
        """Do a job.

        Raises:
            BenchError: it failed.
        """
        self._program.write_line(json.dumps(asdict(job)))
        answer = json.loads(self._program.read_line(_LIMIT + job.warm_up + job.seconds))
        if "error" in answer:
            raise BenchError(f"the load generator: {answer['error']}")
        return Result(**answer)


@contextmanager
def generator(cores: Sequence[int]) -> Iterator[Load]:
    """Start a load generator; it has ended when the block is left.

    Args:
        cores: where it starts; each job says where it runs.
    """
    with Program([sys.executable, "-m", "bench.load"], cores) as program:
        yield Load(program)
