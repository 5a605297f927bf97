"""How the quickjs engine stops what takes too long: by its own interrupt, or the binding's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from math import inf
from time import monotonic

import pytest

from accessor_host.engine import deadline_thread
from accessor_host.engine.deadline_thread import DeadlineThread
from accessor_host.engine.quickjs.native import open_native
from accessor_host.engine.quickjs.time_limit import TimeLimit, make_time_limit

_quickjs = pytest.importorskip("_quickjs")

LONG = 3.0
"""Seconds that what is interrupted would take otherwise."""


@pytest.fixture(autouse=True)
def threads() -> Callable[[], set[threading.Thread]]:
    """Return the deadline threads that a test has started and that are still there."""

    def all_of_them() -> set[threading.Thread]:
        running = threading.enumerate()
        return {thread for thread in running if thread.name == "accessor-host-deadline"}

    before = all_of_them()
    return lambda: all_of_them() - before


@pytest.fixture
def context() -> object:
    made: object = _quickjs.Context()
    return made


@pytest.fixture
def limit(context: object) -> Iterator[TimeLimit]:
    made = make_time_limit(context, open_native(context))
    yield made
    made.close()


@pytest.fixture
def spin(context: object) -> Callable[[float], str]:
    """Run JavaScript for some seconds, and say how it ended."""

    def run(seconds: float) -> str:
        milliseconds = "Infinity" if seconds == inf else seconds * 1000
        source = (
            f"const end = Date.now() + {milliseconds}; while (Date.now() < end); return 'done';"
        )
        try:
            return str(context.eval(f"(() => {{ {source} }})()"))  # type: ignore[attr-defined]
        except _quickjs.JSException as error:
            return str(error).partition("\n")[0]

    return run


INTERRUPTED = "InternalError: interrupted"


def test_the_engine_of_this_machine_is_interrupted_from_outside(limit: TimeLimit) -> None:
    assert limit.holds_with_python


@pytest.mark.usefixtures("binding_limit")
def test_elsewhere_the_limit_is_the_one_of_the_binding(
    limit: TimeLimit, spin: Callable[[float], str], threads: Callable[[], set[threading.Thread]]
) -> None:
    assert not limit.holds_with_python
    limit.set_deadline(monotonic() + 0.1)
    assert spin(LONG) == INTERRUPTED
    for never in (inf, monotonic() + 1e300):
        limit.set_deadline(never)
        assert spin(0.2) == "done"
    assert threads() == set()


def test_what_takes_too_long_is_interrupted_and_what_comes_next_is_not(
    limit: TimeLimit, spin: Callable[[float], str]
) -> None:
    for _ in range(3):
        due = monotonic() + 0.1
        limit.set_deadline(due)
        assert spin(LONG) == INTERRUPTED
        assert monotonic() >= due
        limit.set_deadline(monotonic() + 60)
        assert spin(0.01) == "done"


def test_time_that_passes_while_nothing_runs_interrupts_nothing(
    limit: TimeLimit, spin: Callable[[float], str]
) -> None:
    limit.set_deadline(monotonic())
    threading.Event().wait(0.05)
    limit.set_deadline(monotonic() + 60)
    assert spin(0.1) == "done"
    limit.set_deadline(monotonic())
    limit.set_deadline(inf)
    assert spin(0.1) == "done"


def test_a_limit_may_end_before_the_one_that_was_begun_first(
    limit: TimeLimit, spin: Callable[[float], str]
) -> None:
    limit.set_deadline(monotonic() + 60)
    limit.set_deadline(monotonic() + 0.1)
    assert spin(LONG) == INTERRUPTED


def test_the_thread_looks_again_before_a_system_can_wait_no_longer(
    limit: TimeLimit, spin: Callable[[float], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline_thread, "LONGEST_SLEEP", 0.01)
    limit.set_deadline(monotonic() + 1e300)
    assert spin(0.1) == "done"
    limit.set_deadline(monotonic() + 0.1)
    assert spin(LONG) == INTERRUPTED


def test_no_thread_is_needed_without_a_limit_and_none_is_left(
    threads: Callable[[], set[threading.Thread]],
) -> None:
    context = _quickjs.Context()
    limit = make_time_limit(context, open_native(context))
    limit.set_deadline(inf)
    assert threads() == set()
    for seconds in (60.0, 0.0):
        limit.set_deadline(monotonic() + seconds)
    assert len(threads()) == 1
    limit.close()
    assert threads() == set()


# Whoever runs JavaScript does not wait for the thread: something may begin between any two steps
# of it. Each test lets it begin when the thread looks at the clock.


@pytest.fixture
def begin_meanwhile(
    monkeypatch: pytest.MonkeyPatch, threads: Callable[[], set[threading.Thread]]
) -> Callable[[int, float], list[bool]]:
    """Begin something when the thread looks at the clock; return all interrupts until it is due."""

    def run(look: int, seconds: float) -> list[bool]:
        interrupts: list[bool] = []
        interrupted = threading.Event()

        def interrupt(now: bool) -> None:
            interrupts.append(now)
            interrupted.set()

        looks = iter(range(1000))

        def clock() -> float:
            now = monotonic()
            if threading.current_thread() in threads() and next(looks) == look:
                limit.set_deadline(now + seconds)
            return now

        monkeypatch.setattr(deadline_thread, "monotonic", clock)
        limit = DeadlineThread(interrupt)
        limit.set_deadline(monotonic() if seconds > 1 else monotonic() + 60)
        interrupted.wait(0.3 if seconds > 1 else LONG)
        limit.close()
        return interrupts

    return run


@pytest.mark.parametrize("look", [0, 1])
def test_what_begins_while_the_thread_wakes_is_not_interrupted(
    begin_meanwhile: Callable[[int, float], list[bool]], look: int
) -> None:
    assert begin_meanwhile(look, 60) == []


def test_what_begins_while_the_thread_goes_to_sleep_is_interrupted_in_time(
    begin_meanwhile: Callable[[int, float], list[bool]],
) -> None:
    assert begin_meanwhile(0, 0.05) == [True]


def test_nothing_is_over_before_the_thread_knows_it(
    monkeypatch: pytest.MonkeyPatch, threads: Callable[[], set[threading.Thread]]
) -> None:
    seen: list[bool] = []
    reader = threading.Thread(target=lambda: seen.append(limit.has_acted))
    looks = iter(range(1000))
    looked = threading.Event()

    def clock() -> float:
        now = monotonic()
        if threading.current_thread() in threads():
            look = next(looks)
            if look == 1:
                limit.set_deadline(now + 60)
            elif look == 2:
                # It has woken too late for what it waited for, and finds something else.
                reader.start()
                reader.join(0.1)
                looked.set()
        return now

    monkeypatch.setattr(deadline_thread, "monotonic", clock)
    limit = DeadlineThread(lambda _now: None)
    limit.set_deadline(monotonic())
    assert looked.wait(LONG)
    reader.join(LONG)
    limit.close()
    assert seen == [False]


@pytest.fixture
def grace(monkeypatch: pytest.MonkeyPatch) -> float:
    """A short time for what was stopped to end."""
    monkeypatch.setattr(deadline_thread, "GRACE", 0.05)
    return 0.05


def test_who_does_not_stop_is_insisted_on(grace: float) -> None:
    insisted = threading.Event()
    interrupts: list[bool] = []
    limit = DeadlineThread(interrupts.append, insisted.set)
    began = monotonic()
    limit.set_deadline(began)
    assert insisted.wait(LONG)
    assert monotonic() - began >= grace
    assert interrupts == [True]
    limit.close()


def test_who_stops_in_time_is_not_insisted_on(
    threads: Callable[[], set[threading.Thread]],
) -> None:
    insisted = threading.Event()
    interrupted = threading.Event()
    limit = DeadlineThread(lambda _now: interrupted.set(), insisted.set)
    limit.set_deadline(monotonic())
    assert interrupted.wait(LONG)
    limit.set_deadline(inf)
    limit.close()
    assert not threads()
    assert not insisted.is_set()
