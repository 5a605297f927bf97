"""The code of one accessor, run piece by piece: never two pieces at a time, coroutines included."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from .half import Half

__all__ = ["Part", "Step", "Worker"]


@dataclass(frozen=True, eq=False)
class Step:
    """One call of the accessor's code.

    Args:
        what: which part of the accessor it is, in words.
        function: what is called; it may be a coroutine function.
        arguments: with what.
    """

    what: str
    function: Callable[..., object]
    arguments: tuple[object, ...] = ()


Part: TypeAlias = Generator[Step, bool, None]
"""Steps that belong together; each is answered with whether it succeeded."""


class Worker:
    """Runs parts one after another, at once as long as none has to wait.

    Args:
        half: the accessor; errors are reported in its name, and its run is held while parts wait.
    """

    def __init__(self, half: Half) -> None:
        self._half = half
        self._services = half.services
        self._parts: deque[Part] = deque()
        self.task: asyncio.Task[None] | None = None
        """The coroutine that the parts wait for."""

    def __len__(self) -> int:
        """Count the parts that are not over."""
        return len(self._parts)

    def add(self, part: Part) -> None:
        """Run a part, now or when those before it are over."""
        self._parts.append(part)
        if self.task is None:
            self._advance(None)

    def cancel(self) -> None:
        """Drop all parts; what is added next waits until a coroutine under way has ended."""
        parts, self._parts = self._parts, deque()
        for part in parts:
            part.close()
        if self.task is not None:
            self.task.cancel()

    def _advance(self, answer: bool | None) -> None:
        while self._parts:
            part = self._parts[0]
            try:
                step = next(part) if answer is None else part.send(answer)
            except StopIteration:
                self._parts.popleft()
                answer = None
                continue
            try:
                result = step.function(*step.arguments)
            except Exception as error:
                self._half.report(error, step.what)
                answer = False
                continue
            if hasattr(type(result), "__await__"):
                self._wait(part, step, result)
                return
            answer = True
        self._services.release(self)

    def _wait(self, part: Part, step: Step, result: Any) -> None:
        succeeded = False

        async def wait() -> None:
            nonlocal succeeded
            succeeded, _ = await self._half.settle(result, step.what)

        def end(_task: object) -> None:
            # One that was cancelled before it began was not awaited.
            if inspect.iscoroutine(result):
                result.close()
            self.task = None
            is_current = bool(self._parts) and self._parts[0] is part
            self._advance(succeeded if is_current else None)

        self._services.hold(self)
        self.task = self._services.spawn(wait())
        self.task.add_done_callback(end)
