"""Many cases, one after the other, in one loop and with one server for each setting."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..loop import FuzzLoop
from .cases import Case
from .comparison import AGREED, compare
from .ours import Answer, Server, serving
from .shrinking import shrink

__all__ = ["Disagreement", "Result", "play"]

_MOST_DISAGREEMENTS = 5
"""After which a run ends: the others are likely to be the same."""


class Disagreement(NamedTuple):
    """A case in which our server and the library differ, in a way that is not known.

    Args:
        name: of the case that was found.
        case: the smallest one that shows it.
        answer: ours.
    """

    name: str
    case: Case
    answer: Answer


class Result:
    """What came of a run."""

    def __init__(self) -> None:
        self.cases = 0
        """How many there were."""
        self.accepted = 0
        """How many of them opened a WebSocket."""
        self.differences: Counter[str] = Counter()
        """How often each known difference showed."""
        self.repeated = 0
        """How many were played twice, as a script's answer came too late."""
        self.disagreements: list[Disagreement] = []
        """What is to be mended, on one side or the other."""


def play(engine: str, cases: Iterable[tuple[str, Case]]) -> Result:
    """Play cases, until there are too many disagreements.

    Args:
        engine: one of :data:`~.ours.ENGINES`.
        cases: each with its name.
    """
    with asyncio.Runner(loop_factory=FuzzLoop) as runner:
        return runner.run(_play(engine, cases))


async def _play(engine: str, cases: Iterable[tuple[str, Case]]) -> Result:
    result = Result()
    async with contextlib.AsyncExitStack() as stack:
        servers = {
            compression: await stack.enter_async_context(serving(engine, compression))
            for compression in (False, True)
        }
        for name, case in cases:
            server = servers[case.compression]
            answer = await server.answer(case)
            result.cases += 1
            result.accepted += answer.accept is not None
            difference = compare(case, answer)
            if difference is None and engine != "none":
                # A machine that stalls ends the turn of a script in the middle; what is left
                # behind a violation is then answered too late.
                result.repeated += 1
                answer = await server.answer(case)
                difference = compare(case, answer)
            if difference is None:
                result.disagreements.append(await _smallest(name, server, case, answer))
                if len(result.disagreements) == _MOST_DISAGREEMENTS:
                    break
            elif difference != AGREED:
                result.differences[difference] += 1
    return result


async def _smallest(name: str, server: Server, case: Case, answer: Answer) -> Disagreement:
    smaller: Case | None = case
    while smaller is not None:
        case, smaller = smaller, None
        for other in shrink(case):
            its_answer = await server.answer(other)
            if compare(other, its_answer) is None:
                smaller, answer = other, its_answer
                break
    return Disagreement(name, case, answer)
