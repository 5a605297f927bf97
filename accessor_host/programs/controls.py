"""The signals of an administrator: read certificates and open log files again, show the state."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import logs

if TYPE_CHECKING:
    from ..host import Host

__all__ = ["controls", "of_host"]


@contextmanager
def controls(
    loop: asyncio.AbstractEventLoop,
    reload: Callable[[], None],
    show: Callable[[], None],
    *,
    ends_with_terminal: bool = True,
) -> Iterator[asyncio.Future[int]]:
    """Catch SIGHUP and SIGUSR1 as long as the block runs.

    A terminal that is closed sends SIGHUP, too. Then there is nobody left to serve: a future has
    the number of the signal. A SIGHUP that is ignored at the start (``nohup``) stays ignored.

    Args:
        loop: the running loop. Outside the main thread nothing is caught.
        reload: called in the loop for SIGHUP.
        show: called in the loop for SIGUSR1. What comes before it was called is one call.
        ends_with_terminal: whether the program ends with its terminal.
    """
    hung_up: asyncio.Future[int] = loop.create_future()
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield hung_up
        return
    had_terminal = ends_with_terminal and _has_terminal()

    def hang_up() -> None:
        if not had_terminal or _has_terminal():
            reload()
        elif not hung_up.done():
            hung_up.set_result(signal.SIGHUP)

    actions = {signal.SIGUSR1: show}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        actions[signal.SIGHUP] = hang_up
    waiting: set[int] = set()

    def handle(number: int, _frame: object) -> None:
        if number not in waiting:
            waiting.add(number)
            # The loop may be asleep: a signal does not wake it by itself.
            loop.call_soon_threadsafe(act, number)

    def act(number: int) -> None:
        waiting.discard(number)
        actions[signal.Signals(number)]()

    previous = {number: signal.signal(number, handle) for number in actions}
    # A supervisor starts its workers with these blocked, until here.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, actions)
    try:
        yield hung_up
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def of_host(host: Host) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what the signals do in a process with a host.

    Args:
        host: the host, entered.
    """

    def reload() -> None:
        logs.reopen()
        host.reload()

    def show() -> None:
        lines = host.state()
        logs.state_logger.warning("state of process %d: %d lines follow", os.getpid(), len(lines))
        for line in lines:
            logs.state_logger.warning("%s", line)

    return reload, show


def _has_terminal() -> bool:
    """Tell whether the process belongs to a terminal that is still there."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    os.close(descriptor)
    return True
