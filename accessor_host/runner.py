"""Running one script as a whole program: event loop, signals, exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

from .errors import AccessorHostError, EngineError, ModuleError, ScriptError
from .host import CALLBACK_TIMEOUT, MEMORY_LIMIT, Host

__all__ = ["LOOPS", "loop_factory", "run", "run_until_signal", "signals"]

LOOPS = ("auto", "asyncio", "uvloop")
"""Values that the ``loop`` option takes."""

BAD_USAGE = 2


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes an event loop, or ``None`` for asyncio's own.

    Args:
        name: ``"auto"`` (uvloop where it is installed), ``"asyncio"`` or ``"uvloop"``.

    Raises:
        AccessorHostError: the name is unknown, or uvloop is not installed.
    """
    if name not in LOOPS:
        raise AccessorHostError(f"unknown loop {name!r}; expected one of {', '.join(LOOPS)}")
    installed = find_spec("uvloop") is not None
    if name == "asyncio" or (name == "auto" and not installed):
        return None
    if not installed:
        raise AccessorHostError(
            "loop 'uvloop' is not installed; try: pip install 'accessor-host[fast]'"
        )
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def run(
    path: str | Path,
    *,
    engine: str = "auto",
    loop: str = "auto",
    callback_timeout: float | None = CALLBACK_TIMEOUT,
    memory_limit: int = MEMORY_LIMIT,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run a script file until nothing is left to happen, blocking.

    Ctrl-C and SIGTERM stop what the script started, in order; a second one ends at once.

    Args:
        path: the file.
        engine: as for :class:`~accessor_host.Host`.
        loop: as for :func:`loop_factory`.
        callback_timeout: as for :class:`~accessor_host.Host`.
        memory_limit: as for :class:`~accessor_host.Host`.
        stdout: as for :class:`~accessor_host.Host`.
        stderr: as for :class:`~accessor_host.Host`; messages of the run go there too.

    Returns:
        0 when the script ended by itself, 1 after an uncaught error in it, 2 when the file, the
        engine or the loop is not there, 130 after Ctrl-C, 143 after SIGTERM.
    """
    errors = stderr or sys.stderr

    async def main() -> int:
        host = Host(
            engine=engine,
            callback_timeout=callback_timeout,
            memory_limit=memory_limit,
            stdout=stdout,
            stderr=stderr,
        )
        async with host:
            return await run_until_signal(host, path, errors)

    try:
        with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
            return runner.run(main())
    except AccessorHostError as error:
        errors.write(f"accessor-host: {error}\n")
        return BAD_USAGE


async def run_until_signal(host: Host, path: str | Path, errors: TextIO) -> int:
    """Run a script file in a host until it ends or a signal comes.

    Args:
        host: the host, entered.
        path: the file.
        errors: where a failure of the run itself is reported.

    Returns:
        The exit code, as for :func:`run`.

    Raises:
        ModuleError: the file cannot be read.
    """

    async def script() -> None:
        await host.run_file(path)
        await host.wait()

    with signals(asyncio.get_running_loop()) as received:
        work = asyncio.ensure_future(script())
        happening: list[asyncio.Future[Any]] = [work, received]
        await asyncio.wait(happening, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await host.stop()
            return 128 + received.result()
        try:
            work.result()
        except ModuleError:
            raise
        except ScriptError:
            # Reported when it happened.
            pass
        except EngineError as error:
            errors.write(f"accessor-host: {error}\n")
        await host.stop()
    return host.exit_code


@contextmanager
def signals(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Future[int]]:
    """Catch SIGINT and SIGTERM: a future has the number of the first, the second ends at once.

    Args:
        loop: the running loop. Outside the main thread nothing is caught.
    """
    received: asyncio.Future[int] = loop.create_future()

    def handle(number: int, _frame: object) -> None:
        if received.done():
            os._exit(128 + number)
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
