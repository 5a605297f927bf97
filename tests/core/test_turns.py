"""Turns: one in each iteration of the loop, whatever scripts ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from accessor_host.core.turns import (
    MAX_GATHERED,
    MAX_TURN_EVENTS,
    OPERATIONS_BETWEEN_CHECKS,
    TURN_BUDGET,
    Turns,
)
from accessor_host.engine.protocol import Batch, Event, Operation
from accessor_host.engine.records import make_operation
from accessor_host.errors import EngineError


class Chain:
    """An engine that asks for one more event in each of its first events."""

    name = "chain"

    def __init__(self, length: int) -> None:
        self.left = length
        self.batches: list[int] = []

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Take one event, as if it had used up the budget."""
        self.batches.append(len(events))
        self.left -= 1
        return Batch(handled=1, operations=[make_operation("again")] if self.left > 0 else [])

    def close(self) -> None:
        """Do nothing."""


def test_events_that_a_turn_posts_lead_to_one_turn_more() -> None:
    async def work() -> tuple[list[int], int]:
        engine = Chain(20)
        over = asyncio.Event()
        iterations = 0

        def count() -> None:
            nonlocal iterations
            iterations += 1
            if not over.is_set():
                loop.call_soon(count)

        loop = asyncio.get_running_loop()
        turns = Turns(engine, loop, settled=over.set, failed=lambda error: over.set())
        turns.operations["again"] = lambda: turns.post((0, "continue"))
        turns.post((0, "first"))
        loop.call_soon(count)
        await asyncio.wait_for(over.wait(), 10)
        return engine.batches, iterations

    batches, iterations = asyncio.run(work())
    assert batches == [1] * 20
    # With two turns in an iteration, and then four, nothing else would get its turn.
    assert iterations >= 20


class Batches:
    """An engine that writes down what comes together."""

    name = "batches"

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Take all events."""
        self.batches.append([str(name) for _, name, *_ in events])
        return Batch(handled=len(events))

    def close(self) -> None:
        """Do nothing."""


def gathered(*iterations: str) -> list[list[str]]:
    """Post events, those in capitals patiently, in iterations of the loop; return the batches."""

    async def work() -> list[list[str]]:
        engine = Batches()
        loop = asyncio.get_running_loop()
        turns = Turns(engine, loop, settled=lambda: None, failed=lambda error: None)
        for names in iterations:
            for name in names:
                (turns.post_patiently if name.isupper() else turns.post)((0, name))
            await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)
        return engine.batches

    return asyncio.run(work())


def test_patient_events_wait_as_long_as_there_are_more() -> None:
    assert gathered("A", "B", "CD", "E") == [list("ABCDE")]


def test_an_iteration_without_another_ends_the_wait() -> None:
    assert gathered("A", "", "B", "", "", "C") == [["A"], ["B"], ["C"]]


def test_any_other_event_ends_the_wait_and_keeps_its_place() -> None:
    assert gathered("A", "B", "c", "D") == [["A", "B", "c"], ["D"]]
    assert gathered("aB", "C") == [["a", "B"], ["C"]]


def test_patient_events_do_not_wait_for_ever() -> None:
    batches = gathered(*"A" * (2 * MAX_GATHERED))
    assert [len(batch) for batch in batches] == [MAX_GATHERED] * 2


def test_events_that_wait_are_dropped_when_turns_are_closed() -> None:
    async def work() -> list[list[str]]:
        engine = Batches()
        loop = asyncio.get_running_loop()
        turns = Turns(engine, loop, settled=lambda: None, failed=lambda error: None)
        turns.post_patiently((0, "A"))
        await asyncio.sleep(0)
        turns.close()
        turns.post_patiently((0, "B"))
        for _ in range(3):
            await asyncio.sleep(0)
        return engine.batches

    assert asyncio.run(work()) == []


def test_an_event_that_would_shift_a_batch_is_refused_where_it_is_posted() -> None:
    async def work() -> list[list[str]]:
        engine = Batches()
        loop = asyncio.get_running_loop()
        turns = Turns(engine, loop, settled=lambda: None, failed=lambda error: None)
        turns.post_message(1, "text")
        for post in (turns.post, turns.post_patiently, turns.post_asking):
            for event in ((2, "message", "text", "more"), (2, "closed", 1, 2, 3, 4)):
                with pytest.raises(ValueError, match="for target 2"):
                    post(event)
        turns.post((3, "closed", 1, 2, 3))
        await asyncio.sleep(0)
        return engine.batches

    assert asyncio.run(work()) == [["message", "closed"]]


def test_a_sender_whose_address_no_record_can_hold_is_refused() -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        turns = Turns(Batches(), loop, settled=lambda: None, failed=lambda error: None)
        with pytest.raises(ValueError, match="is no address of a sender"):
            turns.senders["[send] 1"] = print

    asyncio.run(work())


class Slow:
    """An engine that runs a few events in a turn, and writes down which."""

    name = "slow"

    def __init__(self, pace: int) -> None:
        self.pace = pace
        self.ran: list[str] = []
        self.offered: list[int] = []

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Take some of the events."""
        self.offered.append(len(events))
        taken = events[: self.pace]
        self.ran += [str(event[2]) for event in taken]
        return Batch(handled=len(taken))

    def close(self) -> None:
        """Do nothing."""


def slow_turns(pace: int) -> tuple[Slow, Turns, asyncio.Event]:
    """Return a slow engine, its turns, and what tells that all is done."""
    engine, over = Slow(pace), asyncio.Event()
    turns = Turns(
        engine, asyncio.get_running_loop(), settled=over.set, failed=lambda error: over.set()
    )
    return engine, turns, over


def test_a_quiet_peer_of_a_slow_script_waits_behind_one_message_of_each_other() -> None:
    peers, share = 10, 64

    async def work() -> list[str]:
        engine, turns, over = slow_turns(pace=1)
        for peer in range(peers):
            for number in range(share):
                turns.post_message(-1 - peer, f"{peer}.{number}")
        await asyncio.sleep(0)
        turns.post_message(-100, "quiet 1")
        turns.post_message(-100, "quiet 2")
        turns.post((0, "timer", "timer"))
        await asyncio.wait_for(over.wait(), 10)
        return engine.ran

    ran = asyncio.run(work())
    assert len(ran) == peers * share + 3
    # What is left of the round that has begun, and a place in the next one.
    assert ran.index("quiet 1") <= 2 * peers
    assert ran.index("timer") <= 2 * peers + 1
    assert ran.index("quiet 2") <= 3 * peers + 2
    for peer in range(peers):
        of_peer = [text for text in ran if text.startswith(f"{peer}.")]
        assert of_peer == [f"{peer}.{number}" for number in range(share)]


def test_a_turn_that_gets_all_its_events_done_has_them_in_the_order_in_which_they_came() -> None:
    async def work() -> list[str]:
        engine, turns, over = slow_turns(pace=MAX_TURN_EVENTS)
        for text in "aabba":
            turns.post_message(-ord(text), text)
        await asyncio.wait_for(over.wait(), 10)
        return engine.ran

    assert asyncio.run(work()) == list("aabba")


def test_a_long_queue_is_in_rounds_too_and_never_offered_whole() -> None:
    async def work() -> Slow:
        engine, turns, over = slow_turns(pace=MAX_TURN_EVENTS)
        for _ in range(2 * MAX_TURN_EVENTS):
            turns.post_message(-1, "loud")
        turns.post_message(-2, "quiet")
        await asyncio.wait_for(over.wait(), 10)
        return engine

    engine = asyncio.run(work())
    assert engine.offered == [MAX_TURN_EVENTS, MAX_TURN_EVENTS, 1]
    assert engine.ran.index("quiet") == 1


def test_who_has_a_message_served_goes_on_although_others_wait() -> None:
    async def work() -> tuple[list[str], bool]:
        engine, turns, over = slow_turns(pace=1)
        for _ in range(5):
            turns.post_message(-1, "loud")
        await asyncio.sleep(0)
        turns.post_message(-2, "quiet")
        turns.when_served(-2, lambda: turns.post_message(-2, "quiet again"))
        turns.when_served(-1, lambda: engine.ran.append("loud is served"))
        was_held = turns.holds(-1)
        await asyncio.wait_for(over.wait(), 10)
        return engine.ran, was_held and not turns.holds(-1)

    ran, held = asyncio.run(work())
    # Each waits for one message of the other.
    assert ran == [
        *("loud", "loud", "quiet", "loud", "quiet again", "loud", "loud"),
        "loud is served",
    ]
    assert held


def test_while_the_end_of_the_queue_is_waited_for_nobody_goes_on() -> None:
    async def work() -> list[str]:
        engine, turns, over = slow_turns(pace=1)
        for _ in range(3):
            turns.post_message(-1, "loud")
        turns.post_message(-2, "quiet")
        turns.when_served(-2, lambda: engine.ran.append("served"))
        turns.when_caught_up(lambda: engine.ran.append("caught up"))
        await asyncio.wait_for(over.wait(), 10)
        return engine.ran

    assert asyncio.run(work())[-2:] == ["caught up", "served"]


class Asking:
    """An engine whose one event asks for many operations."""

    name = "asking"

    def __init__(self, operations: list[Operation], failure: EngineError | None = None) -> None:
        self._operations = operations
        self._failure = failure
        self.dispatched: list[str] = []

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Take all events; the first asks."""
        self.dispatched += [str(event[1]) for event in events]
        operations, self._operations = self._operations, []
        return Batch(handled=len(events), operations=operations, failure=self._failure)

    def close(self) -> None:
        """Do nothing."""


class Clock(asyncio.SelectorEventLoop):
    """A loop whose clock can be set forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


MILLISECOND = 0.001
MANY = 1_000


def applied(failure: EngineError | None = None) -> tuple[Asking, list[object], list[bool]]:
    """Let operations of a millisecond each be applied.

    Returns:
        the engine; all that happened, with "loop" for each iteration; and in each of these, whether
        the turn was under way.
    """
    seen: list[object] = []
    running: list[bool] = []
    loop = Clock()

    async def work() -> Asking:
        over = asyncio.Event()

        def fail(error: EngineError) -> None:
            seen.append(str(error))
            over.set()

        def count() -> None:
            seen.append("loop")
            running.append(turns.is_running and turns.is_behind)
            if not over.is_set():
                loop.call_soon(count)

        def do(number: int) -> None:
            loop.ahead += MILLISECOND
            seen.append(number)

        engine = Asking([make_operation("do", number) for number in range(MANY)], failure)
        turns = Turns(engine, loop, settled=over.set, failed=fail)
        turns.operations["do"] = do
        turns.post((0, "first"))
        loop.call_soon(count)
        loop.call_soon(lambda: turns.post((0, "second")))
        await asyncio.wait_for(over.wait(), 60)
        return engine

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work()), seen, running


def test_others_are_served_while_what_a_turn_asked_for_is_done() -> None:
    engine, seen, running = applied()
    assert [number for number in seen if number != "loop"] == list(range(MANY))
    longest = max(len(part.split()) for part in " ".join(map(str, seen)).split("loop"))
    assert longest <= TURN_BUDGET / MILLISECOND + OPERATIONS_BETWEEN_CHECKS
    assert all(running[: MANY // longest])
    # What came meanwhile has waited for it.
    assert engine.dispatched == ["first", "second"]
    assert running[-1] is False


def test_what_was_asked_for_before_the_engine_failed_is_done_before_that_is_told() -> None:
    engine, seen, _ = applied(EngineError("it failed"))
    assert [one for one in seen if one != "loop"] == [*range(MANY), "it failed"]
    assert engine.dispatched == ["first"]


def test_what_is_not_done_is_dropped_when_turns_are_closed() -> None:
    loop = Clock()

    async def work() -> tuple[int, bool]:
        done: list[int] = []
        engine = Asking([make_operation("do", number) for number in range(MANY)])
        turns = Turns(engine, loop, settled=lambda: None, failed=lambda error: None)

        def do(number: int) -> None:
            loop.ahead += MILLISECOND
            done.append(number)

        turns.operations["do"] = do
        turns.post((0, "first"))
        await asyncio.sleep(0)
        turns.close()
        for _ in range(3):
            await asyncio.sleep(0)
        return len(done), turns.is_running

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        done, is_running = runner.run(work())
    assert (
        TURN_BUDGET / MILLISECOND <= done <= TURN_BUDGET / MILLISECOND + OPERATIONS_BETWEEN_CHECKS
    )
    assert not is_running
