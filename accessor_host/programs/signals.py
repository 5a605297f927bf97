"""The signals that end a run."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .exit_codes import after_signal

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

    def handle(number: int, _frame: object) -> None:
        if received.done():
            again(number)
            return
        received.set_result(number)
        # The loop may be asleep: a signal does not wake it by itself.
        loop.call_soon_threadsafe(lambda: None)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    caught = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, handle) for number in caught]
    try:
        yield received
    finally:
        for number, handler in zip(caught, previous, strict=True):
            signal.signal(number, handler)
