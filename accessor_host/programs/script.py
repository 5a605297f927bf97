"""One script as a whole program."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import EngineError, ModuleError, ScriptError
from ..host import CALLBACK_TIMEOUT, MEMORY_LIMIT, Host
from .controls import controls, of_host
from .exit_codes import after_signal
from .loop import run_in_loop
from .signals import signals
from .until_signal import Catch, until_signal

if TYPE_CHECKING:
    from ..core.permissions import Grants, Permissions

__all__ = ["run", "run_script"]


def run(
    path: str | Path,
    *,
    engine: str = "auto",
    loop: str = "auto",
    callback_timeout: float | None = CALLBACK_TIMEOUT,
    memory_limit: int = MEMORY_LIMIT,
    permissions: Permissions | Grants | None = None,
    workers: int = 1,
    confine: str = "auto",
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run a script file until nothing is left to happen, blocking.

    Ctrl-C and SIGTERM stop what the script started, in order; a second one ends at once. SIGHUP has
    certificates read and log files opened again, SIGUSR1 has the state logged.

    Args:
        path: the file.
        engine: as for :class:`~accessor_host.Host`.
        loop: as for :func:`~.loop.loop_factory`.
        callback_timeout: as for :class:`~accessor_host.Host`.
        memory_limit: as for :class:`~accessor_host.Host`.
        permissions: as for :class:`~accessor_host.Host`.
        workers: how many processes run the script and share its ports, each with a state of its
            own. With more than one, the streams have to be files of the operating system.
        confine: whether the kernel holds the permissions of workers: ``"auto"`` as far as it can,
            ``"require"`` or else there is no run, ``"off"``. This process, with whatever else it
            does, is never held.
        stdout: as for :class:`~accessor_host.Host`.
        stderr: as for :class:`~accessor_host.Host`; messages of the run go there too.

    Returns:
        0 when the script ended by itself, 1 after an uncaught error in it, or if a server of it
        could not listen and no later one did, 2 when the file, the engine or the loop is not
        there, 130 after Ctrl-C, 143 after SIGTERM.

    Raises:
        RuntimeError: an asyncio loop is running here, which this would block.
    """
    _check_no_loop()
    errors = stderr or sys.stderr
    settings: dict[str, Any] = {
        "engine": engine,
        "callback_timeout": callback_timeout,
        "memory_limit": memory_limit,
        "permissions": permissions,
    }
    if workers != 1:
        from .workers.supervisor import supervise

        settings["loop"] = loop
        return supervise(path, workers, settings, confine=confine, stdout=stdout, stderr=stderr)

    async def main() -> int:
        async with Host(**settings, stdout=stdout, stderr=stderr) as host:
            return await run_script(host, path, errors)

    return run_in_loop(loop, main, errors)


def _check_no_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "accessor_host.run() blocks, and an asyncio loop is running here: use "
        "'async with Host() as host: await host.run_file(path); await host.wait()' instead"
    )


async def run_script(
    host: Host,
    path: str | Path,
    errors: TextIO,
    *,
    loaded: Callable[[], object] = lambda: None,
    catch: Catch = signals,
) -> int:
    """Run a script file in a host until it ends or a signal comes.

    Args:
        host: the host, entered.
        path: the file.
        errors: where a failure of the run itself is reported.
        loaded: called when the top level of the script has run.
        catch: catches the signals.

    Returns:
        The exit code, as for :func:`run`.

    Raises:
        ModuleError: the file cannot be read.
    """

    async def script() -> None:
        await host.run_file(path)
        loaded()
        await host.wait()

    loop = asyncio.get_running_loop()
    # A worker ends when its supervisor says so.
    with controls(loop, *of_host(host), ends_with_terminal=catch is signals) as hung_up:
        async with until_signal(script(), hung_up, catch=catch) as ending:
            try:
                if ending.is_done:
                    ending.result()
            except ModuleError:
                raise
            except ScriptError:
                # Reported when it happened.
                pass
            except EngineError as error:
                errors.write(f"accessor-host: {error}\n")
            await host.stop()
    return ending.exit_code(after_signal(hung_up.result()) if hung_up.done() else host.exit_code)
