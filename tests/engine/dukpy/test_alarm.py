"""The alarm: what runs too long is interrupted, and nothing else notices."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from accessor_host.engine.dukpy.alarm import Alarm, Stopped

LIMIT = 0.03
DEADLINE = 10.0


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    """An alarm that interrupts `compute`; it leaves no timer behind."""
    made = Alarm(lambda frame: frame.f_code is compute.__code__)
    yield made
    made.end()
    made.cancel()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def compute(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def wait_for_silence() -> None:
    end = time.monotonic() + DEADLINE
    while signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        assert time.monotonic() < end


def test_what_takes_too_long_is_interrupted(alarm: Alarm) -> None:
    began = time.monotonic()
    alarm.begin(LIMIT)
    with pytest.raises(Stopped):
        compute(DEADLINE)
    assert time.monotonic() - began >= LIMIT


def test_what_may_not_be_interrupted_is_left_until_it_may_be(alarm: Alarm) -> None:
    def other() -> None:
        end = time.monotonic() + 2 * LIMIT
        while time.monotonic() < end:
            pass

    alarm.begin(LIMIT)
    other()
    with pytest.raises(Stopped):
        compute(DEADLINE)


def test_nothing_is_interrupted_after_the_end(alarm: Alarm) -> None:
    alarm.begin(LIMIT)
    alarm.end()
    compute(3 * LIMIT)


def test_each_has_its_whole_time(alarm: Alarm) -> None:
    for _ in range(5):
        alarm.begin(3 * LIMIT)
        compute(LIMIT)
        alarm.end()
    began = time.monotonic()
    alarm.begin(3 * LIMIT)
    with pytest.raises(Stopped):
        compute(DEADLINE)
    assert time.monotonic() - began >= 3 * LIMIT


def test_a_shorter_limit_counts_at_once(alarm: Alarm) -> None:
    alarm.begin(DEADLINE)
    alarm.end()
    alarm.begin(LIMIT)
    began = time.monotonic()
    with pytest.raises(Stopped):
        compute(DEADLINE)
    assert time.monotonic() - began < DEADLINE / 2


@pytest.mark.parametrize("by_itself", [True, False])
def test_timer_and_handler_go_away(alarm: Alarm, by_itself: bool) -> None:
    def mine(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError("it was not mine")

    before = signal.signal(signal.SIGALRM, mine)
    try:
        alarm.begin(LIMIT)
        alarm.cancel()
        assert signal.getsignal(signal.SIGALRM) != mine
        alarm.end()
        if by_itself:
            wait_for_silence()
        else:
            alarm.cancel()
        assert signal.getsignal(signal.SIGALRM) is mine
    finally:
        signal.signal(signal.SIGALRM, before)
