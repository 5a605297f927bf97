"""Clients that come, go and break the protocol: a server stays as it is, and no message is lost."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from typing import Any

import pytest

from bench.load.peers import Counts, Peer, converse
from bench.machine import two_cores
from bench.soak import MOST_GROWTH, MOST_SLOPE, Soaked, soak

from ..support.wire import serving

MIB = 1024 * 1024

SECONDS, ROUND = 30.0, 1.5
"""The short form; ``make soak`` takes ten minutes for each engine."""


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it needs two processor cores")
@pytest.mark.parametrize("engine", ["quickjs", "dukpy"])
def test_a_server_stays_as_it_is_for_as_long_as_it_runs(engine: str) -> None:
    seen = asyncio.run(soak(engine, "auto", SECONDS, two_cores(), ROUND))
    assert seen.faults(is_long=False) == []
    assert seen.counts.answered > 1_000
    assert seen.counts.connections > 200


# What it would find.


def soaked(*mebibytes: float, descriptors: tuple[int, ...] = (9,), lost: int = 0) -> Soaked:
    """Return samples, one a minute."""
    counts = Counts()
    counts.sent, counts.answered = 100, 100 - lost
    samples = [(60.0 * at, int(size * MIB)) for at, size in enumerate(mebibytes)]
    return Soaked(counts, samples, list(descriptors))


def test_what_grows_before_it_is_warm_does_not_count() -> None:
    seen = soaked(*range(20, 27), *[30] * 8)
    assert (seen.slope, seen.growth) == (0, 0)
    assert seen.faults(is_long=True) == []


def test_one_large_sample_is_no_slope() -> None:
    seen = soaked(*[30] * 10, 90, *[30] * 5)
    assert (seen.slope, seen.growth) == (0, 0)


@pytest.mark.parametrize("at", [7, 9, 13, 16, 19])
def test_one_step_is_no_slope(at: int) -> None:
    seen = soaked(*[30] * at, *[31] * (20 - at))
    assert seen.faults(is_long=True) == []


def test_a_slope_is_a_fault_of_a_long_soak() -> None:
    seen = soaked(*(30 + at * MOST_SLOPE / 60 for at in range(20)))
    assert seen.slope == pytest.approx(MOST_SLOPE, rel=1e-3)
    steeper = soaked(*(30 + at * 1.1 * MOST_SLOPE / 60 for at in range(20)))
    assert steeper.faults(is_long=True) == ["memory grows by 1.10 MiB/h"]
    assert steeper.faults(is_long=False) == []


def test_growth_is_a_fault_of_any_soak() -> None:
    at_the_edge = soaked(*[30] * 12, *[30 + MOST_GROWTH] * 4)
    assert at_the_edge.faults(is_long=False) == []
    beyond = soaked(*[30] * 12, *[30.5 + MOST_GROWTH] * 4)
    assert beyond.faults(is_long=False) == ["memory has grown by 4.50 MiB"]


def test_lost_messages_and_descriptors_are_faults() -> None:
    seen = soaked(*[30] * 9, descriptors=(9, 9, 10), lost=2)
    assert seen.faults(is_long=False) == [
        "2 of 100 messages lost",
        "descriptors between 9 and 10",
    ]


def test_a_changed_answer_is_a_lost_message() -> None:
    def answer(socket: Any, message: Any) -> None:
        socket.send(message | {"text": "changed"} if message["id"] == 3 else message)

    async def talk() -> Counts:
        counts = Counts()
        async with serving(answer) as running:
            port = await running.events.wait("listening")
            peer = await Peer.open(port, counts)
            await converse(peer, 0, 10, random.Random(1), "echo")
            await peer.end()
        return counts

    counts = asyncio.run(talk())
    assert (counts.connections, counts.sent, counts.answered) == (1, 10, 9)
