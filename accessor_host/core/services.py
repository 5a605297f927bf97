"""What a host offers its parts: the queue of events, what keeps a run alive, and its failure.

The Python half of a module gets this instead of the host, and so does the Python side of accessors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..engine.protocol import HEAP_FULL, Engine, Event
from ..errors import EngineError, ScriptError
from ..net.flusher import Flusher
from .calls import Calls
from .folders import Folders
from .listens import Listens
from .output import Output
from .timers import Timers
from .turns import RUNTIME, Turns

if TYPE_CHECKING:
    from .doors import Doors
    from .permissions import Permissions

__all__ = ["Services"]


class Services:
    """Serve the parts of one host, from when it is entered until it is closed.

    Args:
        engine: runs the events.
        output: prints what scripts print, and counts their errors.
        loop: the running event loop.
        failed: called once when the scripts cannot go on.
        permissions: of the scripts; None lets them do what modules offer.
        folders: where the scripts come from.
    """

    def __init__(
        self,
        engine: Engine,
        output: Output,
        loop: asyncio.AbstractEventLoop,
        failed: Callable[[EngineError], None],
        *,
        permissions: Permissions | None = None,
        folders: Folders | None = None,
    ) -> None:
        self.loop = loop
        """The event loop of the host."""
        self.permissions = permissions
        """What the scripts may do; None is whatever modules offer."""
        self.folders = folders or Folders()
        """Where the scripts come from."""
        self.is_stopping = False
        """Whether the host is stopping, so that nothing new may start."""
        self.failure: EngineError | None = None
        """Why the scripts cannot go on, if they cannot."""
        self.turns = Turns(engine, loop, settled=self._on_settled, failed=self.fail)
        """The turns: what may be queued patiently, and whether the scripts keep up."""
        self.calls = Calls(self.post, self.spawn)
        """Calls between Python and scripts."""
        self.timers = Timers(loop, lambda timer: self.post((RUNTIME, "timer", timer)))
        """The timers of scripts."""
        self.listens = Listens()
        """Which servers could not listen: the exit code of a run depends on it."""
        self._output = output
        self._failed = failed
        self._idle = asyncio.Event()
        self._idle.set()
        self._holds: set[object] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    # For modules and accessors

    @cached_property
    def doors(self) -> Doors:
        """Where servers hand over connections to servers of other modules."""
        # Imported late: few scripts have a server.
        from .doors import Doors

        return Doors()

    @property
    def flusher(self) -> Flusher:
        """Write what a turn sent, once for each connection."""
        return self.turns.flusher

    @property
    def senders(self) -> dict[str, Callable[[str], object]]:
        """What takes the texts that scripts send, by the address that scripts send to."""
        return self.turns.senders

    def post(self, event: Event) -> None:
        """Queue an event for the next turn.

        Args:
            event: target, type and details.
        """
        if self.failure is None:
            self._idle.clear()
            self.turns.post(event)

    def hold(self, key: object) -> None:
        """Keep the run alive until the key is released.

        Args:
            key: any object; holding it twice is holding it once.
        """
        self._holds.add(key)
        self._idle.clear()

    def release(self, key: object) -> None:
        """Give up a hold; nothing when there is none."""
        self._holds.discard(key)
        self.check_idle()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine that keeps the run alive until it ends.

        Args:
            work: the coroutine; it is cancelled when the host stops.
        """
        task = self.loop.create_task(work)
        self._tasks.add(task)
        self._idle.clear()
        task.add_done_callback(self._on_task_done)
        return task

    def report(self, error: ScriptError) -> None:
        """Print and count an error that no script catches."""
        self._output.report("Uncaught", error.message, error.stack)

    # For the host

    @property
    def operations(self) -> dict[str, Callable[..., None]]:
        """What the runtime itself asks for: calls, timers and its own continuation."""
        return {
            **self.calls.operations,
            "timer": self._on_timer,
            "timer.clear": self.timers.clear,
            "timer.ref": self.timers.reference,
            "immediate": self._on_immediate,
            "continue": self._on_continue,
        }

    async def call(
        self,
        event: str,
        name: str,
        arguments: tuple[object, ...],
        post: Callable[[Event], None] | None = None,
    ) -> Any:
        """Call a function in the engine and wait for its result.

        Args:
            event: as for :meth:`Calls.call`.
            name: the function's name.
            arguments: values with a JSON form.
            post: queues the event; ``None`` queues it as any other.
        """
        self.check_usable()
        try:
            return await self.calls.call(event, name, arguments, post)
        finally:
            self.check_idle()

    def check_usable(self) -> None:
        """Raise the failure, if there is one."""
        if self.failure is not None:
            raise self.failure

    def check_idle(self) -> None:
        """Let :meth:`wait_idle` return if nothing is left to happen."""
        if not (
            self.turns.is_running
            or self.turns.is_pending
            or self._holds
            or self._tasks
            or len(self.timers)
            or self.calls.is_pending
        ):
            self._idle.set()

    async def wait_idle(self) -> None:
        """Wait until nothing is left to happen.

        Raises:
            EngineError: the scripts cannot go on.
        """
        await self._idle.wait()
        self.check_usable()

    async def drain(self) -> None:
        """Wait until no event is queued."""
        if self.turns.is_pending or self.turns.is_running:
            caught_up = asyncio.Event()
            self.turns.when_caught_up(caught_up.set)
            await caught_up.wait()

    async def cancel_tasks(self) -> None:
        """Cancel what was spawned, and what the events of its end spawn."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
            await self.drain()

    def fail(self, error: EngineError) -> None:
        """Give up the scripts: their engine is of no use any more."""
        self.failure = error
        self.turns.close()
        self.timers.close()
        self.calls.fail(error)
        self._failed(error)
        self._idle.set()

    # A host that stops starts nothing: an endless chain of timers would keep it from its end.

    def _on_timer(self, timer: int, delay: float, referenced: bool) -> None:
        if not self.is_stopping:
            self.timers.set(timer, delay / 1000, self.turns.now, referenced=referenced)

    def _on_immediate(self, timer: int) -> None:
        if not self.is_stopping:
            self.post((RUNTIME, "timer", timer))

    def _on_continue(self) -> None:
        """Let what the last event left over go on: in the next one, whichever that is."""
        if not self.turns.is_pending:
            self.post((RUNTIME, "continue"))

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.check_idle()

    def _on_settled(self) -> None:
        if self.failure is None and self.calls.has_lost_answer:
            # Nothing but a full heap keeps the runtime from answering; nobody must wait for ever.
            self.fail(EngineError(HEAP_FULL))
        self.check_idle()
