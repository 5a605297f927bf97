"""Work that runs until it is done, or until a signal ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Generic, TypeAlias, TypeVar

from .exit_codes import after_signal
from .signals import signals

__all__ = ["Catch", "Ending", "until_signal"]

_Result = TypeVar("_Result")

Catch: TypeAlias = Callable[
    [asyncio.AbstractEventLoop], AbstractContextManager[asyncio.Future[int]]
]
"""Catches signals like :func:`~.signals.signals`: a future has the number of the first."""


class Ending(Generic[_Result]):
    """How some work ended: it is done, or a signal or another event came first.

    Args:
        work: the work.
        received: has the number of the signal, once there is one.
    """

    def __init__(self, work: asyncio.Future[_Result], received: asyncio.Future[int]) -> None:
        self._work = work
        self._received = received
        self.is_done = work.done()
        """Whether the work ended by itself."""

    @property
    def signal(self) -> int | None:
        """Number of the first signal, be it after the work; ``None`` when there is none."""
        return self._received.result() if self._received.done() else None

    def result(self) -> _Result:
        """Return what the work returned, or raise what it raised."""
        return self._work.result()

    def exit_code(self, code: int) -> int:
        """Return the exit code of a program.

        Args:
            code: what it is if no signal has come.
        """
        return code if self.signal is None else after_signal(self.signal)


@asynccontextmanager
async def until_signal(
    work: Coroutine[Any, Any, _Result] | asyncio.Future[_Result],
    *events: asyncio.Future[Any],
    catch: Catch = signals,
) -> AsyncIterator[Ending[_Result]]:
    """Run some work until it is done, or until a signal or another event comes.

    Work that is not done then is cancelled. The block under ``async with`` begins afterwards; as
    long as it stops what the work began, signals are still caught.

    Args:
        work: what is to run.
        events: end the work, too.
        catch: catches the signals.
    """
    with catch(asyncio.get_running_loop()) as received:
        task = asyncio.ensure_future(work)
        happening: list[asyncio.Future[Any]] = [task, received, *events]
        await asyncio.wait(happening, return_when=asyncio.FIRST_COMPLETED)
        ending = Ending(task, received)
        if not ending.is_done:
            task.cancel()
            await asyncio.wait([task])
        yield ending
