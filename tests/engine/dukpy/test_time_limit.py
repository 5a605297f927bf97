"""How the dukpy engine stops what takes too long: by a signal, and nothing else notices."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from accessor_host.engine.dukpy.time_limit import SignalTimeLimit, Stopped

SECONDS = 0.03
DEADLINE = 10.0


@pytest.fixture
def limit() -> Iterator[SignalTimeLimit]:
    """A limit that interrupts `compute`; it leaves no timer behind."""
    made = SignalTimeLimit(lambda frame: frame.f_code is compute.__code__)
    yield made
    made.end()
    made.cancel()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def compute(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def wait_for_handler(handler: object) -> None:
    # Not for the end of the timer: that shows none for as long as its signal is on the way.
    end = time.monotonic() + DEADLINE
    while signal.getsignal(signal.SIGALRM) is not handler:
        assert time.monotonic() < end


def test_what_takes_too_long_is_interrupted(limit: SignalTimeLimit) -> None:
    began = time.monotonic()
    limit.begin(SECONDS)
    with pytest.raises(Stopped):
        compute(DEADLINE)
    assert time.monotonic() - began >= SECONDS


def test_what_may_not_be_interrupted_is_left_until_it_may_be(limit: SignalTimeLimit) -> None:
    def other() -> None:
        end = time.monotonic() + 2 * SECONDS
        while time.monotonic() < end:
            pass

    limit.begin(SECONDS)
    other()
    with pytest.raises(Stopped):
        compute(DEADLINE)


def test_nothing_is_interrupted_after_the_end(limit: SignalTimeLimit) -> None:
    limit.begin(SECONDS)
    limit.end()
    compute(3 * SECONDS)


def test_each_has_its_whole_time(limit: SignalTimeLimit) -> None:
    for _ in range(5):
        limit.begin(3 * SECONDS)
        compute(SECONDS)
        limit.end()
    began = time.monotonic()
    limit.begin(3 * SECONDS)
    with pytest.raises(Stopped):
        compute(DEADLINE)
    assert time.monotonic() - began >= 3 * SECONDS


def test_a_shorter_limit_counts_at_once(limit: SignalTimeLimit) -> None:
    limit.begin(DEADLINE)
    limit.end()
    limit.begin(SECONDS)
    began = time.monotonic()
    with pytest.raises(Stopped):
        compute(DEADLINE)
    assert time.monotonic() - began < DEADLINE / 2


@pytest.mark.parametrize("by_itself", [True, False])
def test_timer_and_handler_go_away(limit: SignalTimeLimit, by_itself: bool) -> None:
    def mine(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError("it was not mine")

    before = signal.signal(signal.SIGALRM, mine)
    try:
        limit.begin(SECONDS)
        limit.cancel()
        assert signal.getsignal(signal.SIGALRM) != mine
        limit.end()
        if by_itself:
            wait_for_handler(mine)
        else:
            limit.cancel()
        assert signal.getsignal(signal.SIGALRM) is mine
    finally:
        signal.signal(signal.SIGALRM, before)
