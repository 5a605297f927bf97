"""One run of a program: from its start until nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...core.children import MAX_END, Child, ChildError, end_child, start_child
from ...core.permissions import check_run
from ...core.permissions.programs import find_program
from ...errors import AccessDeniedError
from ...net.quoting import printable
from ..payloads import bytes_of
from .lines import Lines

if TYPE_CHECKING:
    from ...core.permissions import Permissions
    from ...core.services import Services

__all__ = ["GRACE", "Program"]

GRACE = 2.0
"""Seconds that a program has to end after ``SIGTERM``, before it is killed."""

MAX_DRAIN = 1.0
"""Seconds that its output may stay open once it has ended and its group was killed: only one of its
children that left the group can keep it open, and that is none of ours any more."""

_KEPT = frozenset(("HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER"))
"""Variables that a program gets, with those that begin with ``LC_``: where and who it is."""

_EVENTS = {1: "lines", 2: "complaints"}


class _Running(Child):
    """The program itself, as asyncio tells of it."""

    def __init__(self, program: Program, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.exited: asyncio.Future[None] = loop.create_future()
        self._program = program

    def pipe_data_received(self, descriptor: int, data: bytes) -> None:
        self._program.take(descriptor, data)

    def process_exited(self) -> None:
        self.exited.set_result(None)


class Program:
    """One run of a program.

    Args:
        services: of the host.
        target: of its events.
        run: number that its events carry.
        options: as ``schemas/shell.schema.json`` has them, checked.
    """

    def __init__(self, services: Services, target: int, run: int, options: dict[str, Any]) -> None:
        self._services = services
        self._target = target
        self._run = run
        self._options = options
        self._lines = {descriptor: Lines() for descriptor in _EVENTS}
        self._child: _Running | None = None
        self._waiting = bytearray()
        self._is_input_over = False
        self._is_paused = False
        self._stop: asyncio.Future[None] = services.loop.create_future()

    def __str__(self) -> str:
        """Name it, and say how far it is."""
        where = "starting"
        if self._child is not None and self._child.transport is not None:
            where = f"process {self._child.transport.get_pid()}"
        return f"{printable(self._options['cmd'])}: {where}, {self.unsent} bytes unsent"

    @property
    def unsent(self) -> int:
        """Bytes that wait for the program to read."""
        pipe = None if self._child is None else self._child.pipe(0)
        return len(self._waiting) + (pipe.get_write_buffer_size() if pipe is not None else 0)

    # What scripts ask for

    def write(self, line: str) -> None:
        """Write a line, or keep it until the program has been started."""
        data = bytes_of(line)
        limit = self._options["maxUnsentBytes"]
        if self._is_input_over:
            return
        if self.unsent + len(data) > limit:
            reason = f"{len(data)} bytes are not written: more than maxUnsentBytes, {limit}, wait"
            self.fail("ERR_SHELL_QUEUE_FULL", reason, is_over=False)
            return
        if self._child is None:
            self._waiting += data
        elif (pipe := self._child.pipe(0)) is not None:
            pipe.write(data)

    def end_input(self) -> None:
        """Close the input, behind what was written."""
        self._is_input_over = True
        if self._child is not None and (pipe := self._child.pipe(0)) is not None:
            pipe.close()

    def stop(self) -> None:
        """End the program."""
        if not self._stop.done():
            self._stop.set_result(None)

    # Its life

    async def run(self) -> None:
        """Start it, and tell what it writes until it is over."""
        try:
            await self._start()
        except AccessDeniedError as error:
            self.fail(error.code, error.reason, error.permission, error.resource)
        except ChildError as error:
            self.fail(error.code, error.reason)
        if self._child is None:
            return
        child = self._child
        try:
            await self._watch(child)
        finally:
            await end_child(child)
        if not self._stop.done():
            for descriptor, lines in self._lines.items():
                self._tell(descriptor, lines.finish())
        code, name = (child.code, None) if child.code >= 0 else (None, _signal_name(-child.code))
        self._services.post((self._target, "close", self._run, code, name))

    async def _start(self) -> None:
        words = self._words()
        path = _found(words[0], self._services.permissions)
        loop = self._services.loop
        child = await start_child(
            [path, *words[1:]],
            lambda: _Running(self, loop),
            environment=_environment(self._services.permissions),
        )
        self._child = child
        pipe = child.pipe(0)
        if pipe is not None:
            pipe.write(bytes(self._waiting))
            self._waiting.clear()
            if self._is_input_over:
                pipe.close()

    def _words(self) -> list[str]:
        command, arguments = self._options["cmd"], self._options["args"]
        if arguments is not None:
            return [command, *arguments]
        try:
            words = shlex.split(command)
        except ValueError as error:
            reason = f"the command {printable(command)!r} cannot be split: {error}"
            raise ChildError("ERR_INVALID_ARG_VALUE", reason) from None
        if not words:
            raise ChildError("ERR_INVALID_ARG_VALUE", f"the command {command!r} names no program")
        return words

    async def _watch(self, child: _Running) -> None:
        """Wait until it has ended, by itself or not, and has no output left."""
        seconds = self._options["timeout"] / 1000 or None
        await asyncio.wait(
            {child.exited, self._stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if not child.exited.done():
            if not self._stop.done():
                name = printable(os.path.basename(self._options["cmd"].split()[0]))
                reason = f"the program {name!r} took more than {seconds:g} seconds"
                self.fail("ERR_SHELL_TIMEOUT", reason, is_over=False)
            child.signal_group(signal.SIGTERM)
            await asyncio.wait({child.exited}, timeout=GRACE)
        # Its children end with it.
        child.signal_group(signal.SIGKILL)
        await asyncio.wait({child.exited}, timeout=MAX_END)
        while not self._stop.done() and not child.lost.done():
            was_paused = self._is_paused
            await asyncio.wait(
                {child.lost, self._stop}, timeout=MAX_DRAIN, return_when=asyncio.FIRST_COMPLETED
            )
            if not child.lost.done() and not (was_paused or self._is_paused):
                break

    # What it writes

    def take(self, descriptor: int, data: bytes) -> None:
        """Tell the lines of what it wrote, and let it wait until scripts have had them."""
        if not self._stop.done() and self._tell(descriptor, self._lines[descriptor].feed(data)):
            self._pause(is_paused=True)
            self._services.turns.when_served(self._target, self._resume)

    def _resume(self) -> None:
        self._pause(is_paused=False)

    def _pause(self, *, is_paused: bool) -> None:
        self._is_paused = is_paused
        for descriptor in _EVENTS:
            pipe = None if self._child is None else self._child.pipe(descriptor)
            if pipe is not None:
                # uvloop refuses what is so already.
                with suppress(RuntimeError):
                    (pipe.pause_reading if is_paused else pipe.resume_reading)()

    def _tell(self, descriptor: int, shares: Iterable[list[str]]) -> bool:
        has_told = False
        for lines in shares:
            written = json.dumps(lines)
            self._services.post((self._target, _EVENTS[descriptor], self._run, written))
            has_told = True
        return has_told

    def fail(self, code: str, reason: str, *lacks: str, is_over: bool = True) -> None:
        """Tell an error.

        Args:
            code: of the error.
            reason: in words.
            lacks: the permission that is missing, and for what.
            is_over: whether there is no program, nor a ``close``.
        """
        details = json.dumps([self._run, is_over, *lacks])
        self._services.post((self._target, "failed", details, code, reason))


def _found(name: str, permissions: Permissions | None) -> str:
    """Return the path of a program that may be started: it is told that, whatever its file is."""
    path = find_program(name)
    # Whether there is one is nobody's business who may not start it.
    check_run(permissions, path or (os.path.realpath(name) if "/" in name else name))
    if path is None:
        raise ChildError("ENOENT", f"there is no program {printable(name)!r}")
    return path


def _environment(permissions: Permissions | None) -> dict[str, str]:
    """Return the variables that a program gets: who and where it is, and what scripts may read."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT
        or name.startswith("LC_")
        or (permissions is not None and permissions.grants_variable(name))
    }


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
