"""The signals that end a run."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..engine.last_resort import LAST_RESORT
from .exit_codes import after_signal
from .insistence import end_by_the_next

__all__ = ["end_at_once", "signals"]


def end_at_once(number: int) -> None:
    """End the process now, with the exit code for a signal.

    Args:
        number: the signal.
    """
    os._exit(after_signal(number))


@contextmanager
def signals(
    loop: asyncio.AbstractEventLoop, again: Callable[[int], None] = end_at_once
) -> Iterator[asyncio.Future[int]]:
    """Catch SIGINT and SIGTERM: a future has the number of the first.

    Args:
        loop: the running loop. Outside the main thread nothing is caught.
        again: takes the number of each further signal, inside the signal handler.
    """
    received: asyncio.Future[int] = loop.create_future()
    caught = (signal.SIGINT, signal.SIGTERM)

    def handle(number: int, _frame: object) -> None:
        if received.done():
            again(number)
            return
        received.set_result(number)
        catch()
        # The loop may be asleep: a signal does not wake it by itself.
        loop.call_soon_threadsafe(lambda: None)

    def catch() -> None:
        for number in caught:
            signal.signal(number, handle)
            if again is end_at_once:
                # The handler waits for Python, and an engine may be busy for long.
                end_by_the_next(number)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    previous = [signal.getsignal(number) for number in caught]
    catch()
    try:
        # Who catches its signals is a program: the process is its own.
        with LAST_RESORT.allowed():
            yield received
    finally:
        for number, handler in zip(caught, previous, strict=True):
            signal.signal(number, handler)
