"""A run that a signal ends in order: what it has started and written is gone afterwards."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..programs.exit_codes import after_signal

__all__ = ["Interrupted", "run_until_signal"]

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Say which signal ended a run.

    Args:
        number: the signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"ended by {signal.Signals(number).name}")

    @property
    def exit_code(self) -> int:
        """Exit code of a program that the signal has ended."""
        return after_signal(self.number)


def run_until_signal(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own and return its result.

    SIGINT, SIGTERM and SIGHUP cancel it. Further ones change nothing: its cleaning up takes no
    longer than the limits in ``process.py``.

    Raises:
        Interrupted: a signal came; the coroutine has cleaned up.
    """

    async def main() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        received: list[int] = []

        def take(number: int) -> None:
            received.append(number)
            if len(received) == 1 and task is not None:
                task.cancel()

        # What is ignored from the start stays so: nohup ignores SIGHUP, a shell script's & SIGINT.
        caught = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        for number in caught:
            loop.add_signal_handler(number, take, number)
        try:
            return await work
        except BaseException:
            if received:
                raise Interrupted(received[0]) from None
            raise
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    return asyncio.run(main())
