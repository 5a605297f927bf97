"""The Python half of ``@modules/shell``: the programs of scripts.

Scripts start none unless a person allows it, whether permissions are in force or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...net.listing import MAX_SHOWN, more_than_shown
from ...options import validate

if TYPE_CHECKING:
    from ...core.services import Services
    from .program import Program

__all__ = ["MAX_PROGRAMS", "Shells"]

MAX_PROGRAMS = 16
"""Programs of one host at a time: a person who allows one thinks of a few, not of all that a
machine can hold."""


class Shells:
    """All programs of one host's scripts.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._running: dict[tuple[int, int], tuple[Program, asyncio.Task[None]]] = {}
        self._answered: dict[int, int] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "shell.start": self._start,
            "shell.write": self._write,
            "shell.end": self._end,
            "shell.wrapup": self._wrapup,
            "shell.forget": self._forget,
        }

    async def stop(self) -> None:
        """End every program."""
        tasks = [task for _, task in self._running.values()]
        for program, _ in self._running.values():
            program.stop()
        if tasks:
            await asyncio.wait(tasks)

    def state(self) -> list[str]:
        """Describe the programs that run."""
        running = [program for program, _ in self._running.values()]
        shown = [f"  {program}" for program in running[:MAX_SHOWN]]
        return [f"programs: {len(running)}", *shown, *more_than_shown(len(running))]

    def _start(self, target: int, run: int, options: dict[str, Any]) -> None:
        # Imported late: a script may require the module and start nothing.
        from .program import Program

        self._answer(target)
        values = validate("shell", options).values
        if (target, run) in self._running:
            return
        program = Program(self._services, target, run, values)
        if self._services.is_stopping:
            program.fail("ERR_HOST_STOPPING", "the host is stopping; no program can be started")
        elif len(self._running) >= MAX_PROGRAMS:
            reason = f"{MAX_PROGRAMS} programs run already; wait until one has ended"
            program.fail("ERR_SHELL_BUSY", reason)
        else:
            task = self._services.spawn(self._work(program, target, run))
            self._running[target, run] = (program, task)
        self._settle(target)

    async def _work(self, program: Program, target: int, run: int) -> None:
        try:
            await program.run()
        finally:
            del self._running[target, run]
            self._settle(target)

    def _write(self, target: int, run: int, line: str) -> None:
        self._answer(target)
        if (target, run) in self._running:
            self._running[target, run][0].write(line)
        self._settle(target)

    def _end(self, target: int, run: int) -> None:
        self._answer(target)
        if (target, run) in self._running:
            self._running[target, run][0].end_input()
        self._settle(target)

    def _wrapup(self, target: int, run: int) -> None:
        self._answer(target)
        if (target, run) in self._running:
            self._running[target, run][0].stop()
        self._settle(target)

    def _forget(self, target: int) -> None:
        self._answered.pop(target, None)

    def _answer(self, target: int) -> None:
        self._answered[target] = self._answered.get(target, 0) + 1

    def _settle(self, target: int) -> None:
        """Let both halves forget each other when no program runs."""
        if not any(of == target for of, _ in self._running):
            self._services.post((target, "idle", self._answered.get(target, 0)))
