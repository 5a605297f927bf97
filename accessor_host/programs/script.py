"""Running one script as a whole program: event loop, signals, exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import AccessorHostError, EngineError, ModuleError, ScriptError
from ..host import CALLBACK_TIMEOUT, MEMORY_LIMIT, Host
from .signals import signals

if TYPE_CHECKING:
    from .workers.worker import Worker

__all__ = ["LOOPS", "loop_factory", "run", "run_in_loop", "run_until_signal"]

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
    workers: int = 1,
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
        workers: how many processes run the script and share its ports, each with a state of its
            own. With more than one, the streams have to be files of the operating system.
        stdout: as for :class:`~accessor_host.Host`.
        stderr: as for :class:`~accessor_host.Host`; messages of the run go there too.

    Returns:
        0 when the script ended by itself, 1 after an uncaught error in it, 2 when the file, the
        engine or the loop is not there, 130 after Ctrl-C, 143 after SIGTERM.
    """
    errors = stderr or sys.stderr
    settings: dict[str, Any] = {
        "engine": engine,
        "callback_timeout": callback_timeout,
        "memory_limit": memory_limit,
    }
    if workers != 1:
        from .workers.supervisor import supervise

        settings["loop"] = loop
        return supervise(path, workers, settings, stdout=stdout, stderr=stderr)

    async def main() -> int:
        async with Host(**settings, stdout=stdout, stderr=stderr) as host:
            return await run_until_signal(host, path, errors)

    return run_in_loop(loop, main, errors)


def run_in_loop(loop: str, main: Callable[[], Coroutine[Any, Any, int]], errors: TextIO) -> int:
    """Run a program in an event loop of its own.

    Args:
        loop: as for :func:`loop_factory`.
        main: the program, which returns its exit code.
        errors: where it is reported that the program cannot run.

    Returns:
        The exit code: 2 for bad usage, 130 after Ctrl-C where the program does not catch it.
    """
    try:
        with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
            # Not runner.run(): it catches Ctrl-C with a function of the program's task, which
            # signal.signal() then describes at length, for an error that nobody sees.
            return runner.get_loop().run_until_complete(main())
    except KeyboardInterrupt:
        # Before the program is under way, or when it has just ended.
        return 128 + signal.SIGINT
    except AccessorHostError as error:
        errors.write(f"accessor-host: {error}\n")
        return BAD_USAGE


async def run_until_signal(
    host: Host, path: str | Path, errors: TextIO, worker: Worker | None = None
) -> int:
    """Run a script file in a host until it ends or a signal comes.

    Args:
        host: the host, entered.
        path: the file.
        errors: where a failure of the run itself is reported.
        worker: what this process is to a supervisor; ``None`` when there is none.

    Returns:
        The exit code, as for :func:`run`.

    Raises:
        ModuleError: the file cannot be read.
    """

    async def script() -> None:
        await host.run_file(path)
        if worker is not None:
            worker.loaded()
        await host.wait()

    catch = signals if worker is None else worker.signals
    with catch(asyncio.get_running_loop()) as received:
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
