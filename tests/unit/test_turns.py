"""Turns: one in each iteration of the loop, whatever scripts ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from accessor_host.engine.protocol import Batch, Event
from accessor_host.engine.records import record
from accessor_host.turns import Turns


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
        return Batch(handled=1, operations=[record("again")] if self.left > 0 else [])

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
