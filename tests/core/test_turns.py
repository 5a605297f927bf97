"""Turns: one in each iteration of the loop, whatever scripts ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from accessor_host.core.turns import MAX_GATHERED, Turns
from accessor_host.engine.protocol import Batch, Event
from accessor_host.engine.records import make_operation


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
