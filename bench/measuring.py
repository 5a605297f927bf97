"""The rounds: in each, every server has its turn."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from .errors import BenchError, SkippedError
from .figures import median
from .loading import Load
from .machine import two_cores
from .probes import Sample, Surroundings
from .rows import Row
from .scenarios import Scenario, Variant
from .servers import NODE, Started, has_workers, listening

__all__ = ["Settings", "measure"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how often.

    Args:
        servers: names.
        seconds: how long is counted.
        repeat: how many rounds.
    """

    servers: tuple[str, ...]
    seconds: float
    repeat: int


@dataclass(frozen=True, slots=True)
class _Contestant:
    server: str
    variant: Variant

    def __str__(self) -> str:
        return f"{self.server} {self.variant.label}".strip()


def measure(scenario: Scenario, settings: Settings, load: Load) -> list[Row]:
    """Measure a scenario with all servers.

    Args:
        scenario: what.
        settings: how.
        load: the load generator.

    Raises:
        SkippedError: it cannot be measured here.
        BenchError: a server or the load generator failed.
    """
    contestants = _contestants(scenario, settings.servers)
    scenario.probe.prepare()
    repeat = max(settings.repeat, scenario.least)
    if scenario.most:
        repeat = min(repeat, scenario.most)
    seconds = min(settings.seconds, scenario.longest or settings.seconds)
    samples: dict[_Contestant, list[Sample]] = {contestant: [] for contestant in contestants}
    with ExitStack() as stack:
        started: dict[_Contestant, Started] = {}
        if not scenario.probe.fresh:
            # Side by side for all rounds. Only one at a time has anything to do.
            for contestant in contestants:
                started[contestant] = stack.enter_context(_start(contestant))
        elif repeat > 1:
            # The first of all starts reads files that are in the cache for the others.
            for contestant in contestants:
                with _start(contestant):
                    pass
        for number in range(repeat):
            # Back and forth, so that a drift of the machine favours nobody.
            for contestant in contestants if number % 2 == 0 else reversed(contestants):
                _announce(scenario, contestant, number + 1, repeat)
                around = _surroundings(contestant, seconds, load, first=number == 0)
                try:
                    if contestant in started:
                        taken = scenario.probe.sample(started[contestant], around)
                    else:
                        with _start(contestant) as server:
                            taken = scenario.probe.sample(server, around)
                except BenchError as error:
                    raise BenchError(f"{scenario.name}, {contestant}: {error}") from None
                samples[contestant].append(taken)
    _announce_nothing()
    return _rows(scenario, samples)


def _contestants(scenario: Scenario, servers: Sequence[str]) -> list[_Contestant]:
    if scenario.variant.workers > 1 and not has_workers():
        raise SkippedError("'accessor-host run' has no --workers")
    able = [name for name in servers if not scenario.servers or name in scenario.servers]
    if not able:
        raise SkippedError(f"only for {', '.join(scenario.servers)}")
    variants = [scenario.baseline] if scenario.baseline else []
    variants.append(scenario.variant)
    return [_Contestant(name, variant) for name in able for variant in variants]


@contextmanager
def _start(contestant: _Contestant) -> Iterator[Started]:
    variant = contestant.variant
    cores = two_cores() if variant.all_cores else two_cores()[:1]
    with listening(
        contestant.server, variant.script, cores, variant.workers, variant.options
    ) as server:
        yield server


def _surroundings(
    contestant: _Contestant, seconds: float, load: Load, *, first: bool
) -> Surroundings:
    cores = two_cores() if contestant.variant.all_cores else two_cores()[1:]
    # At first as long as what counts, as compilers and caches need it; then it is warm.
    warm_up = seconds if first else seconds / 5
    return Surroundings(load, cores, seconds, warm_up)


def _rows(scenario: Scenario, samples: dict[_Contestant, list[Sample]]) -> list[Row]:
    rows: list[Row] = []
    for metric in scenario.metrics:
        found = {
            contestant: Row(
                scenario=scenario.name,
                server=contestant.server,
                variant=contestant.variant.label,
                unit=metric.unit,
                higher=metric.higher,
                values=[sample.values[metric.key] for sample in taken],
                shares=_medians([sample.shares for sample in taken]),
                series=scenario.series,
                x=scenario.x,
            )
            for contestant, taken in samples.items()
        }
        for contestant, row in found.items():
            other = _Contestant(NODE, scenario.variant)
            if scenario.baseline is not None:
                other = _Contestant(contestant.server, scenario.baseline)
            if other in found and other != contestant:
                row.compare(found[other])
                row.target = metric.targets.get(contestant.server)
        rows += found.values()
    return rows


def _medians(shares: list[dict[str, float]]) -> dict[str, float]:
    return {name: median([one[name] for one in shares]) for name in shares[0]}


def _announce(scenario: Scenario, contestant: _Contestant, number: int, repeat: int) -> None:
    if sys.stderr.isatty():
        # For a person who waits: a full run takes half an hour.
        words = f"{scenario.name} {number}/{repeat} {contestant}"
        sys.stderr.write(f"\r\033[K{words}")
        sys.stderr.flush()


def _announce_nothing() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
