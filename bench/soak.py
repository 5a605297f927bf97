"""Whether a server stays as it is for as long as it runs: ``python -m bench.soak``.

Round after round, clients come and go, have values stored and timers set; others break the
protocol, and one floods. In the pause behind each round the server holds what it held before:
memory and descriptors. No message may be lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .errors import BenchError
from .load.flood import KINDS
from .load.peers import BROKEN, Counts, Peer, converse
from .machine import two_cores
from .memory import Memory
from .programs import Program
from .servers import SERVERS
from .signals import InterruptedBySignal, handled

__all__ = ["MOST_GROWTH", "MOST_SLOPE", "Soaked", "main", "soak"]

MOST_SLOPE = 1.0
"""MiB an hour by which the memory may grow after the warm-up, in each of two halves."""

MOST_GROWTH = 4.0
"""MiB between the first and the last samples after the warm-up: what a short run can tell. The heap
of the C library grows in steps of some MiB: what was once mapped for itself and freed is a part of
it from then on (mallopt(3), M_MMAP_THRESHOLD)."""

WARM_UP = 0.3
"""Part of the rounds after which caches, pools and heaps have their size; all kinds of floods are
among them."""

ROUND = 3.0
"""Seconds of a round, of which a third is a flood."""

_RESIDENTS, _VISITORS, _BROKEN_AT_ONCE = 5, 4, 3

_VISIT = 20
"""Messages of one visit."""

_SETTLING = 20.0
"""Seconds until all connections of a round have ended."""

_START = 30.0

_MIB = 1024 * 1024

_FLOODS = [kind for kind in KINDS if kind != "garbage for TLS"]

_FEWEST = 2 * len(_FLOODS)
"""Rounds, however slow the machine is."""


@dataclass(slots=True)
class Soaked:
    """What a soak has seen.

    Args:
        counts: of all peers.
        samples: seconds since the start, and bytes in memory, in each pause.
        descriptors: of the server in each pause.
        failures: of peers that behave well, in words.
    """

    counts: Counts
    samples: list[tuple[float, int]] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Return how many messages were not answered."""
        return self.counts.sent - self.counts.answered

    @property
    def slope(self) -> float:
        """Return the growth in MiB an hour after the warm-up: that of the half that grew less.

        A heap that takes another step has one in one half; what leaks does so in both.
        """
        warm = self._warm()
        middle = len(warm) // 2
        return min(_slope(warm[:middle]), _slope(warm[middle:])) * 3600 / _MIB

    @property
    def growth(self) -> float:
        """Return the MiB between the first and the last third after the warm-up, by medians."""
        sizes = [size for _, size in self._warm()]
        third = max(1, len(sizes) // 3)
        return (median(sizes[-third:]) - median(sizes[:third])) / _MIB

    def faults(self, *, is_long: bool) -> list[str]:
        """Return what is not as it must be.

        Args:
            is_long: whether it took long enough for a slope.
        """
        found = list(self.failures)
        if self.lost:
            found.append(f"{self.lost} of {self.counts.sent} messages lost")
        if len(set(self.descriptors)) > 1:
            found.append(f"descriptors between {min(self.descriptors)} and {max(self.descriptors)}")
        if is_long and self.slope >= MOST_SLOPE:
            found.append(f"memory grows by {self.slope:.2f} MiB/h")
        if self.growth > MOST_GROWTH:
            found.append(f"memory has grown by {self.growth:.2f} MiB")
        return found

    def _warm(self) -> list[tuple[float, int]]:
        # Each kind of flood makes the heap as large as it needs it.
        rounds = max(int(WARM_UP * len(self.samples)), len(_FLOODS))
        return self.samples[rounds:]


def _slope(samples: Sequence[tuple[float, int]]) -> float:
    """Return bytes for each second: the median of the slopes between all pairs."""
    pairs = [
        (later[1] - one[1]) / (later[0] - one[0])
        for index, one in enumerate(samples)
        for later in samples[index + 1 :]
    ]
    return median(pairs) if pairs else 0.0


async def soak(
    engine: str, loop: str, seconds: float, cores: Sequence[int], round_time: float = ROUND
) -> Soaked:
    """Soak a server.

    Args:
        engine: ``quickjs`` or ``dukpy``.
        loop: as for ``accessor-host run``.
        seconds: how long, at least.
        cores: for the server, and for the rest.
        round_time: seconds of a round.

    Raises:
        BenchError: the server ended.
    """
    soaked = Soaked(Counts())
    with _listening(engine, loop, cores[0]) as (program, port):
        chance = random.Random(0)  # noqa: S311 - to be repeated
        started = time.monotonic()
        residents = [await Peer.open(port, soaked.counts) for _ in range(_RESIDENTS)]
        number = 0
        expected = _descriptors(program.pid)
        while time.monotonic() - started < seconds or number < _FEWEST:
            end = time.monotonic() + round_time
            await _round(port, number, end, residents, chance, soaked, cores[1:])
            await _rest(program, expected)
            program.check()
            soaked.descriptors.append(_descriptors(program.pid))
            soaked.samples.append((time.monotonic() - started, Memory.of(program.pid).rss))
            number += 1
        for peer in residents:
            await peer.end()
    return soaked


async def _round(
    port: int,
    number: int,
    end: float,
    residents: Sequence[Peer],
    chance: random.Random,
    soaked: Soaked,
    cores: Sequence[int],
) -> None:
    """Let every kind of peer do its part, beside a flood."""
    kind = _FLOODS[number % len(_FLOODS)]
    flood = (end - time.monotonic()) / 3
    command = ["-m", "bench.load.flood", kind, "1", str(port), str(flood)]
    with Program([sys.executable, *command], cores) as flooding:
        work = [
            *(_stay(peer, end, chance) for peer in residents),
            *(_visit(port, end, chance, soaked.counts) for _ in range(_VISITORS)),
            *(_break(port, end, first, soaked.counts) for first in range(_BROKEN_AT_ONCE)),
        ]
        for failed in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(failed, Exception):
                soaked.failures.append(f"round {number}, {kind}: {failed!r}")
            elif failed is not None:
                raise failed
        # Without a flood it would be another soak.
        if (said := flooding.read_line(_START)) != "flooding":
            raise BenchError(f"the flood of {kind} said {said!r}")


async def _stay(peer: Peer, end: float, chance: random.Random) -> None:
    """Have a talk now and then on a connection that stays."""
    while time.monotonic() < end:
        await converse(peer, 0, _VISIT, chance, chance.choice(("echo", "store", "timer")))
        await asyncio.sleep(0.05)


async def _visit(port: int, end: float, chance: random.Random, counts: Counts) -> None:
    """Come, have a talk, and go."""
    while time.monotonic() < end:
        peer = await Peer.open(port, counts)
        await converse(peer, 0, _VISIT, chance, chance.choice(("echo", "store", "timer")))
        await peer.end()


async def _break(port: int, end: float, first: int, counts: Counts) -> None:
    """Break the protocol in one way after the other."""
    at = first
    while time.monotonic() < end:
        # One that is cut off by the server in the middle of its misdeed is welcome.
        with suppress(ConnectionError):
            await BROKEN[at % len(BROKEN)](port, counts)
        at += _BROKEN_AT_ONCE
        await asyncio.sleep(0.02)


async def _rest(program: Program, expected: int) -> None:
    """Wait until the server has no connections but those of the residents, or for long enough."""
    end = time.monotonic() + _SETTLING
    while time.monotonic() < end:
        if _descriptors(program.pid) <= expected:
            return
        await asyncio.sleep(0.02)


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@contextmanager
def _listening(engine: str, loop: str, core: int) -> Iterator[tuple[Program, int]]:
    with tempfile.TemporaryDirectory() as folder:
        source = (Path(__file__).parent / "scripts" / "soak.js").read_text()
        script = Path(folder) / "soak.js"
        script.write_text(source.replace("STORE", json.dumps(f"{folder}/store")))
        command = [sys.executable, "-m", "accessor_host", "run", "--engine", engine]
        with Program([*command, "--loop", loop, str(script)], [core]) as program:
            word, _, port = program.read_line(_START).partition(" ")
            if word != "listening":
                raise BenchError(f"{engine} does not listen: {word}")
            yield program, int(port)
            program.check()


def main(words: Sequence[str] | None = None) -> int:
    """Run it with each engine, and print what it saw; return 1 when something is not as it must be.

    Args:
        words: of the command line; None takes them from the process.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--engine", action="append", choices=("quickjs", "dukpy"))
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each engine; default: 10")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the samples")
    chosen = parser.parse_args(words)
    faults: list[str] = []
    for engine in chosen.engine or ("quickjs", "dukpy"):
        if missing := SERVERS[engine].missing():
            raise BenchError(missing)
        seen = asyncio.run(soak(engine, chosen.loop, chosen.minutes * 60, two_cores()))
        found = seen.faults(is_long=chosen.minutes >= 10)
        print(_line(engine, seen), *(f"  {fault}" for fault in found), sep="\n", flush=True)
        faults += found
        if chosen.json is not None:
            chosen.json.write_text(json.dumps({"engine": engine, "samples": seen.samples}) + "\n")
    return 1 if faults else 0


def _line(engine: str, seen: Soaked) -> str:
    sizes = [size / _MIB for _, size in seen.samples]
    return (
        f"{engine}: {seen.samples[-1][0] / 60:.1f} min, {len(sizes)} rounds, "
        f"{seen.counts.connections:,} connections, {seen.counts.sent:,} messages, "
        f"{seen.lost} lost; {min(seen.descriptors)} to {max(seen.descriptors)} descriptors; "
        f"{sizes[0]:.1f} to {max(sizes):.1f} MiB, {seen.slope:+.2f} MiB/h and "
        f"{seen.growth:+.2f} MiB after the warm-up"
    )


if __name__ == "__main__":
    try:
        with handled():
            sys.exit(main())
    except InterruptedBySignal as signal:
        os._exit(128 + signal.number)
    except BenchError as error:
        sys.exit(f"bench.soak: {error}")
