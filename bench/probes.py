"""How one sample is taken from a server that listens."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from . import machine
from .load.jobs import Job
from .load.payloads import payload
from .load.window import waited
from .loading import Load
from .memory import Memory
from .servers import Started

__all__ = ["IdleProbe", "LoadProbe", "MemoryProbe", "Probe", "Sample", "StartProbe", "Surroundings"]

_MIB = 1024 * 1024

_SETTLING = 0.7
"""Seconds until what was allocated for a moment is free again."""

_FILES_BESIDES = 200
"""Open files of a process that are no connections."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sample is taken with.

    Args:
        load: the load generator.
        cores: where it runs.
        seconds: how long it counts.
        warm_up: how long it does not count before.
    """

    load: Load
    cores: Sequence[int]
    seconds: float
    warm_up: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured once.

    Args:
        values: by the keys of metrics.
        shares: parts of the time, as in :class:`~bench.load.jobs.Result`; empty where there was
            no load.
    """

    values: dict[str, float]
    shares: dict[str, float] = field(default_factory=dict)


class Probe(Protocol):
    """A way to measure."""

    @property
    def fresh(self) -> bool:
        """Return whether each sample needs a server of its own."""

    def prepare(self) -> None:
        """Make ready.

        Raises:
            SkippedError: this cannot be measured here.
        """

    def sample(self, server: Started, around: Surroundings) -> Sample:
        """Measure once."""


@dataclass(frozen=True, slots=True)
class LoadProbe:
    """Measures what a server does under load.

    Args:
        job: the load; place and time are filled in.
        fresh: as for :class:`Probe`.
    """

    job: Job
    fresh: bool = False

    def prepare(self) -> None:
        """Allow as many connections."""
        machine.allow_open_files(self.job.connections + _FILES_BESIDES)

    def sample(self, server: Started, around: Surroundings) -> Sample:
        """Let the load generator do the job."""
        job = replace(
            self.job,
            port=server.port,
            pids=tuple(server.program.pids),
            cores=tuple(around.cores),
            warm_up=around.warm_up,
            seconds=around.seconds,
        )
        result = around.load.run(job)
        rate = result.count / result.seconds
        shares = {
            "load_cpu": result.load_cpu,
            "server_cpu": result.server_cpu,
            "load_waited": result.load_waited,
            "server_waited": result.server_waited,
        }
        values = {
            "rate": rate,
            "mebibytes": rate * len(payload(job.payload)) / _MIB,
            "per_core": rate / result.server_cpu if result.server_cpu else rate,
        }
        return Sample(values | result.microseconds, shares)


@dataclass(frozen=True, slots=True)
class StartProbe:
    """Measures the time from the start of the process until it listens."""

    fresh: bool = True

    def prepare(self) -> None:
        """Need nothing."""

    def sample(self, server: Started, around: Surroundings) -> Sample:
        """Take it from the start, which is over."""
        # A little later, but it has nothing to do any more.
        shares = {"server_waited": waited(server.program.pid) / server.seconds}
        return Sample({"milliseconds": server.seconds * 1000}, shares)


@dataclass(frozen=True, slots=True)
class MemoryProbe:
    """Measures the memory of a server that nobody has talked to."""

    fresh: bool = True

    def prepare(self) -> None:
        """Need nothing."""

    def sample(self, server: Started, around: Surroundings) -> Sample:
        """Wait a moment, and look."""
        time.sleep(_SETTLING)
        memory = Memory.of(server.program.pid)
        return Sample(
            {"rss": memory.rss / _MIB, "pss": memory.pss / _MIB, "uss": memory.uss / _MIB}
        )


@dataclass(frozen=True, slots=True)
class IdleProbe:
    """Measures the memory of connections on which nothing happens.

    Args:
        connections: how many.
        fresh: as for :class:`Probe`.
    """

    connections: int
    fresh: bool = True

    def prepare(self) -> None:
        """Allow as many connections."""
        machine.allow_open_files(self.connections + _FILES_BESIDES)

    def sample(self, server: Started, around: Surroundings) -> Sample:
        """Compare before and after, once the server has all that it needs for the first one."""
        self._hold(server, around, 100)
        around.load.run(Job("release", cores=tuple(around.cores)))
        time.sleep(_SETTLING)
        before = Memory.of(server.program.pid)
        self._hold(server, around, self.connections)
        time.sleep(_SETTLING)
        after = Memory.of(server.program.pid)
        around.load.run(Job("release", cores=tuple(around.cores)))
        each = 1024 * self.connections
        return Sample(
            {"rss": (after.rss - before.rss) / each, "uss": (after.uss - before.uss) / each}
        )

    def _hold(self, server: Started, around: Surroundings, connections: int) -> None:
        cores = tuple(around.cores)
        around.load.run(Job("hold", port=server.port, connections=connections, cores=cores))
