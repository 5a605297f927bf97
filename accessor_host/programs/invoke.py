"""Running accessors as a whole program: started one after another, until all have wrapped up.

Source: accessor host reference section 8.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from ..errors import AccessorHostError, EngineError, ModuleError, ScriptError
from ..host import CALLBACK_TIMEOUT, MEMORY_LIMIT, Host
from ..scripts.files import read_script
from ..scripts.library import Library, folders_from_environment
from .controls import controls, of_host
from .exit_codes import after_signal
from .loop import run_in_loop
from .until_signal import until_signal

if TYPE_CHECKING:
    from ..core.permissions import Grants, Permissions

__all__ = [
    "MAX_TIMEOUT",
    "NOTHING_TO_RUN",
    "EndAfter",
    "RunScript",
    "Say",
    "Start",
    "Step",
    "named",
    "run_accessors",
]

MAX_TIMEOUT = 2**31 - 1
"""Most milliseconds of :class:`EndAfter`: what timers of scripts can wait, 24 days."""

NOTHING_TO_RUN = "No standalone accessors were instantiated"
ALL_ENDED = "All initialized accessors have wrapped up. Terminating."


@dataclass(frozen=True)
class Start:
    """Make an accessor of a class, at the top, and initialize it."""

    class_name: str


@dataclass(frozen=True)
class RunScript:
    """Run a plain script, which finds ``instantiate`` and its companions as globals."""

    path: Path


@dataclass(frozen=True)
class EndAfter:
    """Wrap up everything after some milliseconds from now."""

    milliseconds: int


@dataclass(frozen=True)
class Say:
    """Print a line."""

    text: str


Step: TypeAlias = Start | RunScript | EndAfter | Say
"""One thing to do at the start; all are done in their order."""


def run_accessors(
    steps: Sequence[Step],
    *,
    parameters: Sequence[tuple[str, str]] = (),
    keep_alive: bool = False,
    library: Sequence[str | Path] | None = None,
    engine: str = "auto",
    loop: str = "auto",
    callback_timeout: float | None = CALLBACK_TIMEOUT,
    memory_limit: int = MEMORY_LIMIT,
    permissions: Permissions | Grants | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run accessors until all have wrapped up, blocking.

    Ctrl-C and SIGTERM wrap up everything; a second one ends at once. After an error, the run also
    ends when nothing is left to happen.

    Args:
        steps: what to do at the start.
        parameters: entries ``(path, value)``: the full name of an accessor, a dot and one of its
            parameters, ``"Thermostat.Room.noise"``; and JSON, or else the text itself. With any,
            all accessors are made before the first step.
        keep_alive: whether to run on when there are no accessors.
        library: as for :class:`~accessor_host.Host`.
        engine: as for :class:`~accessor_host.Host`.
        loop: as for :func:`~accessor_host.programs.loop.loop_factory`.
        callback_timeout: as for :class:`~accessor_host.Host`.
        memory_limit: as for :class:`~accessor_host.Host`.
        permissions: as for :class:`~accessor_host.Host`.
        stdout: as for :class:`~accessor_host.Host`; a run's own lines go there too.
        stderr: as for :class:`~accessor_host.Host`; messages of the run go there too.

    Returns:
        0 when all went well, 1 after an error of an accessor or script, or if a server could not
        listen and no later one did, 2 when a class, a file, a
        parameter, the engine or the loop is not there, 130 after Ctrl-C, 143 after SIGTERM.
    """
    errors = stderr or sys.stderr
    folders = folders_from_environment() if library is None else library

    async def main() -> int:
        _check(steps, Library(folders))
        host = Host(
            engine=engine,
            callback_timeout=callback_timeout,
            memory_limit=memory_limit,
            library=folders,
            permissions=permissions,
            stdout=stdout,
            stderr=stderr,
        )
        loop = asyncio.get_running_loop()
        async with host:
            with controls(loop, *of_host(host)) as hung_up:
                run = _Run(host, steps, parameters, keep_alive, errors)
                return await run.until_over(hung_up)

    if not keep_alive and not any(isinstance(step, Start | RunScript) for step in steps):
        texts = [step.text for step in steps if isinstance(step, Say)]
        (stdout or sys.stdout).write("\n".join([*texts, NOTHING_TO_RUN, ""]))
        return 0
    return run_in_loop(loop, main, errors)


def named(steps: Sequence[Step], library: Sequence[Path]) -> list[Path]:
    """Return the scripts, and the folders of the classes, that steps name.

    Args:
        steps: as for :func:`run_accessors`.
        library: folders with accessor classes.
    """
    classes = Library(library)
    found = [
        step.path if isinstance(step, RunScript) else classes.folder_of(step.class_name)
        for step in steps
        if isinstance(step, RunScript | Start)
    ]
    return [path for path in found if path is not None]


def _check(steps: Sequence[Step], library: Library) -> None:
    """Find everything that the steps name, before anything is started."""
    for step in steps:
        if isinstance(step, RunScript):
            read_script(step.path)
        elif isinstance(step, Start):
            answer = library.find(step.class_name)
            if "missing" in answer:
                raise ModuleError(
                    f"cannot find accessor class '{step.class_name}'{answer['missing']}"
                )


class _Run:
    """One run in a host.

    Args:
        host: the host, entered.
        steps: as for :func:`run_accessors`.
        parameters: as for :func:`run_accessors`.
        keep_alive: as for :func:`run_accessors`.
        errors: where a failure of the run itself is reported.
    """

    def __init__(
        self,
        host: Host,
        steps: Sequence[Step],
        parameters: Sequence[tuple[str, str]],
        keep_alive: bool,
        errors: TextIO,
    ) -> None:
        self._host = host
        self._steps = steps
        self._parameters = parameters
        self._keep_alive = keep_alive
        self._errors = errors
        self._made: list[int | None] = []
        self._initialized = 0
        self._ended = asyncio.Event()
        self._time_over = asyncio.get_running_loop().create_future()
        host.accessors.when_ended = self._ended.set

    async def until_over(self, hung_up: asyncio.Future[int]) -> int:
        """Take all steps, wait for the end, and return the exit code.

        Args:
            hung_up: has the number of a signal when the terminal is gone.
        """
        async with until_signal(self._work(), self._time_over, hung_up) as ending:
            try:
                if ending.is_done:
                    ending.result()
                elif ending.signal is None and not hung_up.done():
                    await self._say("Maximum time reached. Wrapping up all accessors.")
                await self._wrap_up_all()
            except EngineError as error:
                self._errors.write(f"accessor-host: {error}\n")
            await self._host.stop()
        code = after_signal(hung_up.result()) if hung_up.done() else self._host.exit_code
        return ending.exit_code(code)

    async def _work(self) -> None:
        self._follow_all()
        if self._parameters:
            await self._configure()
        for step in self._steps:
            match step:
                case Start(class_name):
                    await self._start(class_name)
                case RunScript(path):
                    await self._run_script(path)
                case EndAfter(milliseconds):
                    await self._end_after(milliseconds)
                case Say(text):
                    await self._say(text)
        if any(isinstance(step, Start) for step in self._steps):
            await self._until_wrapped_up()
        elif self._keep_alive:
            await self._host.wait()
            await asyncio.Event().wait()
        else:
            if not await self._host.accessors.control("isAnyRunning"):
                await self._say(NOTHING_TO_RUN)
            await self._host.wait()

    def _follow_all(self) -> None:
        names = [step.class_name for step in self._steps if isinstance(step, Start)]
        for name in names:
            self._host.trust_class(name)
        self._host.accessors.follow(classes=names)

    async def _configure(self) -> None:
        for step in self._steps:
            if isinstance(step, Start):
                self._made.append(await self._make(step.class_name))
        problem = await self._host.accessors.control("configure", self._parameters)
        if problem is not None:
            raise AccessorHostError(problem)

    async def _make(self, class_name: str) -> int | None:
        made: int | None = await self._attempt("make", class_name, if_stopped=None)
        return made

    async def _start(self, class_name: str) -> None:
        number = self._made.pop(0) if self._parameters else await self._make(class_name)
        if number is None:
            return
        succeeded = await self._attempt("initialize", number, if_stopped=None)
        if succeeded:
            self._initialized += 1
        elif succeeded is None:
            # The runtime goes on with a wrapup that is stopped in its turn.
            await self._attempt("wrapUp", number, if_stopped=None)

    async def _run_script(self, path: Path) -> None:
        self._host.accessors.follow(read_script(path))
        # Whatever is called there first, it makes the globals for accessors.
        await self._host.accessors.control("isAnyRunning")
        # Reported when it happened.
        with suppress(ScriptError):
            await self._host.run_file(path)

    async def _end_after(self, milliseconds: int) -> None:
        await self._say(f"Setting timeout to stop after {milliseconds} ms.")

        def end() -> None:
            if not self._time_over.done():
                self._time_over.set_result(None)

        asyncio.get_running_loop().call_later(milliseconds / 1000, end)

    async def _until_wrapped_up(self) -> None:
        while True:
            self._ended.clear()
            if not await self._attempt("countRunning", if_stopped=1):
                break
            if not await self._something_ends():
                cause = " after these errors" if self._host.error_count else ""
                self._errors.write(
                    f"accessor-host: nothing is left to happen{cause}; the run ends\n"
                )
                return
        if self._initialized:
            await self._say(ALL_ENDED)

    async def _something_ends(self) -> bool:
        """Wait until an accessor ends; return false if none can any more.

        That is so after errors, and when scripts that are no accessors have run to their end.
        """
        ended = asyncio.ensure_future(self._ended.wait())
        idle = asyncio.ensure_future(self._host.wait())
        try:
            await asyncio.wait([ended, idle], return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                idle.result()
                if not self._keep_alive and await self._is_stuck():
                    return False
            await ended
        finally:
            ended.cancel()
            idle.cancel()
        return True

    async def _is_stuck(self) -> bool:
        if self._host.error_count:
            return True
        return bool(await self._attempt("areAllWithoutSetup", if_stopped=False))

    async def _wrap_up_all(self) -> None:
        while await self._attempt("wrapUpNext", True, if_stopped=True):
            pass
        await self._attempt("closeTimers", if_stopped=None)

    async def _say(self, text: str) -> None:
        await self._host.accessors.control("say", text)

    async def _attempt(self, function: str, *arguments: object, if_stopped: object) -> Any:
        """Call a function that reports errors itself, and may be stopped when it takes too long."""
        try:
            return await self._host.accessors.control(function, *arguments)
        except ScriptError:
            return if_stopped
