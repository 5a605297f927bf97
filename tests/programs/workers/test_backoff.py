"""The delays before a worker is started again."""

from __future__ import annotations

import pytest

from accessor_host.programs.workers.backoff import (
    DELAY_FACTOR,
    FIRST_DELAY,
    MAX_DEATHS,
    MAX_DELAY,
    STEADY_AFTER,
    Backoff,
)


def test_each_death_in_a_row_multiplies_the_delay() -> None:
    backoff = Backoff(first_delay=0.5, factor=3, max_delay=100)
    assert [backoff.delay(0) for _ in range(4)] == [0.5, 1.5, 4.5, 13.5]


def test_the_delay_has_a_maximum() -> None:
    backoff = Backoff(first_delay=1, factor=2, max_delay=4, max_deaths=10)
    assert [backoff.delay(0) for _ in range(5)] == [1, 2, 4, 4, 4]


def test_too_many_deaths_in_a_row_are_final() -> None:
    backoff = Backoff(max_deaths=3)
    assert backoff.delay(0) is not None
    assert backoff.delay(0) is not None
    assert backoff.delay(0) is None
    assert backoff.deaths == 3
    assert Backoff(max_deaths=1).delay(0) is None


def test_a_worker_that_lived_long_enough_starts_from_the_beginning() -> None:
    backoff = Backoff(first_delay=1, factor=2, steady_after=10, max_deaths=3)
    assert [backoff.delay(0), backoff.delay(9.999)] == [1, 2]
    assert backoff.delay(10) == 1
    assert backoff.deaths == 1
    assert backoff.delay(9.999) == 2
    assert backoff.delay(9.999) is None


def test_the_defaults_add_up_to_what_they_promise() -> None:
    backoff = Backoff()
    delays = [backoff.delay(STEADY_AFTER / 2) for _ in range(MAX_DEATHS)]
    assert delays.pop() is None
    assert delays[0] == FIRST_DELAY
    assert delays[1] == FIRST_DELAY * DELAY_FACTOR
    assert delays[-1] == MAX_DELAY
    assert len(delays) == 7
    assert sum(delay for delay in delays if delay) == pytest.approx(22.6)
