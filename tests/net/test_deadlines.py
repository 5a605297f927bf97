"""One timer for many deadlines, on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import pytest

from accessor_host.net.deadlines import STALL, TICK, Deadlines


class Timer:
    def __init__(self, when: float, callback: Callable[..., None], *details: Any) -> None:
        self.when = when
        self.callback = callback
        self.details = details
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """The three methods of a loop that deadlines use."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.read: Callable[[], None] = lambda: None
        """What arrives in each iteration of the loop."""

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., None], *details: Any) -> Timer:
        self.timers.append(Timer(when, callback, *details))
        return self.timers[-1]

    def call_soon(self, callback: Callable[..., None], *details: Any) -> Timer:
        return self.call_at(self.now, callback, *details)

    @property
    def armed(self) -> list[float]:
        return [timer.when for timer in self.timers if not timer.cancelled]

    def advance(self, now: float) -> None:
        self.now = now
        while due := [timer for timer in self.timers if not timer.cancelled and timer.when <= now]:
            self.timers = [timer for timer in self.timers if timer not in due]
            # As uvloop does it: timers, what was scheduled, and only then the sockets.
            for timer in due:
                if not timer.cancelled:
                    timer.callback(*timer.details)
            self.read()


class Item:
    def __init__(self, expired: Callable[[Item, float], Any] = lambda item, now: None) -> None:
        self.deadline = inf
        self.times: list[float] = []
        self._expired = expired

    def expire(self, now: float) -> None:
        self.times.append(now)
        self.deadline = inf
        self._expired(self, now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deadlines(clock: Clock) -> Deadlines:
    return Deadlines(clock)  # type: ignore[arg-type]


def test_nothing_watched_has_no_timer(clock: Clock, deadlines: Deadlines) -> None:
    item = Item()
    deadlines.forget(item)
    assert clock.armed == []
    deadlines.set(item, 5)
    deadlines.forget(item)
    assert clock.armed == []


def test_one_timer_is_armed_for_the_first_deadline(clock: Clock, deadlines: Deadlines) -> None:
    late, early = Item(), Item()
    deadlines.set(late, 9)
    deadlines.set(early, 5)
    assert clock.armed == [5]
    clock.advance(5)
    assert (early.times, late.times) == ([5], [])
    assert clock.armed == [9]
    clock.advance(9)
    assert late.times == [9]
    assert clock.armed == []


def test_a_deadline_that_was_put_off_does_not_expire(clock: Clock, deadlines: Deadlines) -> None:
    item = Item()
    deadlines.set(item, 5)
    deadlines.set(item, 8)
    clock.advance(5)
    assert item.times == []
    clock.advance(8)
    assert item.times == [8]


def test_infinity_is_never(clock: Clock, deadlines: Deadlines) -> None:
    item = Item()
    deadlines.set(item, inf)
    assert clock.armed == []


def test_sweeps_are_a_tick_apart(clock: Clock, deadlines: Deadlines) -> None:
    items = [Item() for _ in range(100)]
    for index, item in enumerate(items):
        deadlines.set(item, 5 + index / 10_000)
    clock.advance(5)
    assert clock.armed == [5 + TICK]
    clock.advance(5 + TICK)
    assert all(item.times for item in items)


def test_an_item_may_set_its_next_deadline(clock: Clock, deadlines: Deadlines) -> None:
    item = Item(lambda item, now: deadlines.set(item, now + 2))
    deadlines.set(item, 1)
    for now in (1, 3, 5):
        clock.advance(now)
    assert item.times == [1, 3, 5]
    assert clock.armed == [7]


def test_one_item_may_forget_another(clock: Clock, deadlines: Deadlines) -> None:
    items: list[Item] = []
    items += [Item(lambda item, now: [deadlines.forget(other) for other in items]) for _ in "ab"]
    for item in items:
        deadlines.set(item, 1)
    clock.advance(1)
    assert sorted(len(item.times) for item in items) == [0, 1]
    assert clock.armed == []


def test_the_others_go_on_when_one_fails(clock: Clock, deadlines: Deadlines) -> None:
    def fail(item: Item, now: float) -> None:
        raise ZeroDivisionError

    deadlines.set(Item(fail), 1)
    other = Item()
    deadlines.set(other, 5)
    with pytest.raises(ZeroDivisionError):
        clock.advance(1)
    clock.advance(5)
    assert other.times == [5]


def test_what_has_come_is_read_before_a_deadline_is_acted_on(
    clock: Clock, deadlines: Deadlines
) -> None:
    item = Item()
    deadlines.set(item, 5)
    # The process slept; the peer has sent something meanwhile, which puts off its deadline.
    clock.read = lambda: deadlines.set(item, 1_010)
    clock.advance(1_000)
    assert item.times == []
    assert clock.armed == [1_010]


@pytest.mark.parametrize("late", [STALL, STALL + 0.001])
def test_a_timer_that_is_late_tells_of_a_stall(
    clock: Clock, deadlines: Deadlines, late: float
) -> None:
    item = Item()
    deadlines.set(item, 4)
    assert deadlines.woke == -inf
    clock.advance(4 + late)
    assert deadlines.woke == (4 + late if late > STALL else -inf)


def test_what_is_forgotten_while_it_is_due_is_not_acted_on(
    clock: Clock, deadlines: Deadlines
) -> None:
    item = Item()
    deadlines.set(item, 5)
    clock.read = lambda: deadlines.forget(item)
    clock.advance(5)
    assert item.times == []
    assert clock.armed == []


def test_a_deadline_that_is_set_while_others_are_due_has_its_timer(
    clock: Clock, deadlines: Deadlines
) -> None:
    item, other = Item(), Item()
    deadlines.set(item, 5)
    clock.read = lambda: deadlines.set(other, 7)
    clock.advance(5)
    assert item.times == [5]
    assert clock.armed == [7]
