"""The host: scripts in the current event loop, and what keeps their run alive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from .core.bindings import Bindings
from .core.bundle import accessor_runtime, bootstrap, bundle
from .core.calls import Calls, answer
from .core.output import Output
from .core.timers import Timers
from .core.turns import RUNTIME, Turns
from .engine import create_engine
from .engine.protocol import HEAP_FULL, EngineSettings, Event
from .errors import EngineError, ScriptError
from .net.flusher import Flusher
from .scripts.files import ScriptFile, read_script, script_from_text
from .scripts.library import Library, folders_from_environment
from .scripts.loader import Loader
from .scripts.preload import Preloaded, preload

if TYPE_CHECKING:
    from .accessors.accessor import Accessor, Composite
    from .accessors.directory import Accessors
    from .accessors.python.definitions import Factory

__all__ = ["CALLBACK_TIMEOUT", "MEMORY_LIMIT", "Host"]

CALLBACK_TIMEOUT = 10.0
"""Seconds that one JavaScript callback may run: far beyond any sane one, short for a human."""

MEMORY_LIMIT = 128 * 1024 * 1024
"""Bytes of JavaScript heap: what dukpy has built in, so that both engines behave alike."""


class Host:
    """Run scripts in the current event loop.

    Use it as an asynchronous context manager; leaving the block stops what the scripts started.

    Args:
        engine: ``"auto"``, ``"quickjs"`` or ``"dukpy"``.
        callback_timeout: seconds that one JavaScript callback may run, or ``None`` for no limit.
        memory_limit: bytes that the JavaScript heap may take (quickjs; dukpy has 128 MiB).
        library: folders with accessor classes, searched in order after the current directory;
            ``None`` takes those that the environment variable ``ACCESSOR_LIBRARY`` names.
        stdout: where ``console.log`` goes; ``None`` is the process's standard output.
        stderr: where ``console.error``, warnings and uncaught errors go; ``None`` as above.

    Raises:
        EngineError: the engine is unknown, not installed, or did not start.
    """

    def __init__(
        self,
        *,
        engine: str = "auto",
        callback_timeout: float | None = CALLBACK_TIMEOUT,
        memory_limit: int = MEMORY_LIMIT,
        library: Sequence[str | Path] | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self._output = Output(stdout, stderr)
        self._loader = Loader()
        self._library = Library(folders_from_environment() if library is None else library)
        self._questions: dict[str, Callable[..., Any]] = {}
        self._engine = create_engine(
            engine,
            EngineSettings(callback_timeout, memory_limit, bundle(), bootstrap(), self._answer),
        )
        self.engine_name = self._engine.name
        """Name of the engine in use."""
        self.is_stopping = False
        """Whether the host is stopping, so that nothing new may start."""
        self._main: asyncio.Future[None] | None = None
        self._failure: EngineError | None = EngineError(
            "the host is not running; use it in: async with Host() as host"
        )
        self._is_closed = False
        self._has_accessors = False
        self._holds: set[object] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        self._failure = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._turns = Turns(
            self._engine,
            self.loop,
            settled=self._on_settled,
            failed=self._fail,
        )
        self._calls = Calls(self.post, self.spawn)
        self._timers = Timers(self.loop, lambda timer: self.post((RUNTIME, "timer", timer)))
        self._bindings = Bindings(self)
        self._questions = self._bindings.questions
        self._questions.update(self._calls.questions)
        self._turns.operations = self._bindings.operations
        self._turns.operations |= self._output.operations
        self._turns.operations |= self._calls.operations
        self._turns.operations |= {
            "main": self._on_main,
            "timer": self._on_timer,
            "timer.clear": self._timers.clear,
            "timer.ref": self._timers.reference,
            "immediate": self._on_immediate,
            "asking": self._on_asking,
            "continue": self._on_continue,
        }
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self.stop()
        finally:
            if self._failure is None:
                self._is_closed = True
                self._fail(EngineError("the host is closed"))
            self._engine.close()

    # Running scripts

    async def run_file(self, path: str | Path) -> None:
        """Run a script file as the main script, until its top level has run.

        Args:
            path: the file.

        Raises:
            ModuleError: the file cannot be read.
            ScriptError: the script does not compile, or threw at its top level.
            EngineError: the engine can no longer be used.
        """
        await self._run_main(read_script(Path(path)))

    async def run(self, source: str, *, name: str = "script.js") -> None:
        """Run source text as the main script, until its top level has run.

        Args:
            source: the JavaScript text.
            name: file name for stack traces; relative requests start from its folder.

        Raises:
            ScriptError: the script does not compile, or threw at its top level.
            EngineError: the engine can no longer be used.
        """
        await self._run_main(script_from_text(source, name))

    async def wait(self) -> None:
        """Wait until nothing is left to happen: no server, socket, timer or pending call.

        Raises:
            EngineError: the engine failed, so that the scripts cannot go on.
        """
        await self._idle.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Wrap up accessors, cancel timers, stop servers in order, and deliver the events of all
        this."""
        if self.is_stopping:
            return
        self.is_stopping = True
        try:
            await self._stop_everything()
        finally:
            self.is_stopping = False
        self._check_idle()

    async def _stop_everything(self) -> None:
        self._timers.close()
        if self._failure is None and self._has_accessors:
            await self._accessors.stop()
        # What is still queued may start a server that must be stopped with the others.
        await self._drain()
        await asyncio.gather(*(binding.stop() for binding in self._bindings))
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
            await self._drain()
        await self._drain()
        if self._has_accessors:
            self._accessors.resume()

    # Between Python and scripts

    def expose(self, name: str, value: object) -> None:
        """Give scripts a global: a function of Python's, or a value.

        A coroutine function becomes a JavaScript function that returns a promise. Any other
        callable becomes one that returns its result at once; nothing can stop one that takes
        longer than ``callback_timeout``, so that a watchdog ends the process. Arguments, results
        and values cross as JSON.

        Args:
            name: name of the global.
            value: coroutine function, callable, or a value with a JSON form.

        Raises:
            TypeError: the value has no JSON form.
            EngineError: the engine can no longer be used.
        """
        self._check_usable()
        self._calls.expose(name, value)
        self._turns.may_call_python |= self._calls.has_synchronous

    async def call(self, name: str, *arguments: object) -> Any:
        """Call a function of the script and wait for its result.

        Args:
            name: name of a function that the main script exports, or of a global one.
            arguments: values with a JSON form.

        Returns:
            The result, or what the promise that it returned was resolved with.

        Raises:
            ScriptError: there is no such function, it threw, or its promise was rejected.
            EngineError: the engine can no longer be used.
        """
        return await self._call("call", name, arguments)

    async def _call(
        self,
        event: str,
        name: str,
        arguments: tuple[object, ...],
        post: Callable[[Event], None] | None = None,
    ) -> Any:
        self._check_usable()
        try:
            return await self._calls.call(event, name, arguments, post)
        finally:
            self._check_idle()

    @property
    def errors(self) -> list[ScriptError]:
        """The first uncaught errors of scripts, in order."""
        return self._output.errors

    @property
    def error_count(self) -> int:
        """How many uncaught errors there were in all."""
        return self._output.error_count

    @property
    def exit_code(self) -> int:
        """Exit code of a run: 1 after an uncaught error, else 0."""
        has_failed = self._failure is not None and not self._is_closed
        return 1 if self._output.error_count or has_failed else 0

    # Accessors

    async def instantiate(
        self,
        name: str | None,
        accessor_class: str | Factory,
        *,
        container: Accessor | None = None,
    ) -> Accessor:
        """Make an accessor.

        Args:
            name: its name; in a container, after the container's name and a dot, and with a
                number if it is taken there. None takes the name of the class.
            accessor_class: the name of a class of the library, or one that was given to
                :meth:`define`; a callable; a subclass of :class:`accessor_host.PythonAccessor`; or
                an instance of one.
            container: the composite that it becomes a part of.

        Raises:
            ScriptError: there is no such class, or its script threw.
            AccessorError: what was given cannot be an accessor, or its ``setup`` raised.
            EncodingError: a default has no JSON form.
            EngineError: the engine can no longer be used.
        """
        self._check_usable()
        return await self._accessors.instantiate(name, accessor_class, container)

    async def instantiate_from_code(
        self,
        name: str,
        source: str,
        *,
        path: str | Path | None = None,
        container: Accessor | None = None,
    ) -> Accessor:
        """Make an accessor of source text.

        Args:
            name: as for :meth:`instantiate`.
            source: the JavaScript text.
            path: file name for stack traces, where relative requests start; None takes the name.
            container: the composite that it becomes a part of.

        Raises:
            ScriptError: the script does not compile, or threw.
            EngineError: the engine can no longer be used.
        """
        self._check_usable()
        return await self._accessors.instantiate_from_code(name, source, path or name, container)

    async def composite(self, name: str, *, container: Accessor | None = None) -> Composite:
        """Make a composite that has nothing in it yet.

        Args:
            name: as for :meth:`instantiate`.
            container: the composite that it becomes a part of.

        Raises:
            EngineError: the engine can no longer be used.
        """
        self._check_usable()
        return await self._accessors.composite(name, container)

    def define(self, class_name: str, accessor_class: Factory) -> None:
        """Let scripts instantiate a class of Python's by a name.

        Args:
            class_name: for example ``"python/Double"``; it comes before one of the library's.
            accessor_class: a callable, or a subclass of :class:`accessor_host.PythonAccessor`.

        Raises:
            AccessorError: what was given cannot be an accessor, or its ``setup`` raised.
            EncodingError: a default has no JSON form.
            EngineError: the engine can no longer be used.
        """
        self._check_usable()
        self._accessors.define(class_name, accessor_class)

    async def control(self, function: str, *arguments: object, asks: bool = False) -> Any:
        """Call a function of the runtime for accessors and wait for its result.

        Args:
            function: its name.
            arguments: values with a JSON form.
            asks: whether it may ask Python in the middle, although others may not.
        """
        self.load_accessors()
        post = self._turns.post_asking if asks else self.post
        return await self._call("control", function, arguments, post)

    def load_accessors(self) -> None:
        """Hand over the runtime for accessors, which many scripts do without."""
        if not self._has_accessors:
            self._has_accessors = True
            self.post((RUNTIME, "accessors", accessor_runtime()))

    @cached_property
    def _accessors(self) -> Accessors:
        from .accessors.directory import Accessors

        accessors = Accessors(self)
        self._turns.operations |= accessors.operations
        return accessors

    def follow_script(self, script: ScriptFile, *, asks: bool = True) -> None:
        """Hand over the files and classes that an accessor's script will ask for.

        Args:
            script: text that leads to them.
            asks: whether it may ask for others, in the middle of any event from now on, if its
                text does not name all.
        """
        self.load_accessors()
        found = self._preload(script, asks=asks)
        if asks and (found.may_wait or not found.is_complete):
            self._on_asking()
        self.post((RUNTIME, "classes", json.dumps(found.classes)))

    # For the Python halves of modules

    @property
    def flusher(self) -> Flusher:
        """Writes what a turn sent, once for each connection."""
        return self._turns.flusher

    @property
    def turns(self) -> Turns:
        """The turns, for who must know whether they keep up."""
        return self._turns

    def report(self, error: ScriptError) -> None:
        """Print and count an error that nobody catches."""
        self._output.report("Uncaught", error.message, error.stack)

    def post(self, event: Event) -> None:
        """Queue an event for the next turn."""
        if self._failure is None:
            self._idle.clear()
            self._turns.post(event)

    def hold(self, key: object) -> None:
        """Keep the run alive until the key is released."""
        self._holds.add(key)
        self._idle.clear()

    def release(self, key: object) -> None:
        """Give up a hold."""
        self._holds.discard(key)
        self._check_idle()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine that keeps the run alive until it ends."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        self._idle.clear()
        task.add_done_callback(self._on_task_done)
        return task

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._check_idle()

    # Inside

    async def _run_main(self, script: ScriptFile) -> None:
        self._check_usable()
        found = self._preload(script)
        self._main = self.loop.create_future()
        # Only while it loads can a script ask for files whose names it computes.
        post = self.post if found.is_complete else self._turns.post_asking
        post((RUNTIME, "main", json.dumps(script)))
        self.post((RUNTIME, "loaded"))
        await self._main

    def _preload(self, script: ScriptFile, *, asks: bool = True) -> Preloaded:
        """Hand over the files that a script and what it leads to will ask for."""
        found = preload(script, self._loader, self._library)
        if asks and found.needs_answers:
            self._on_asking()
        if found.modules:
            self.post((RUNTIME, "preload", json.dumps(found.modules)))
        return found

    def _on_main(self, loaded: bool) -> None:
        if self._main is None or self._main.done():
            return
        if loaded:
            self._main.set_result(None)
        else:
            self._main.set_exception(self.errors[-1])

    def _on_continue(self) -> None:
        """Let what the last event left over go on: in the next one, whichever that is."""
        if not self._turns.is_pending:
            self.post((RUNTIME, "continue"))

    def _on_asking(self) -> None:
        """Let every event from now on call Python in the middle: a module needs the answers."""
        self._turns.may_call_python = True

    # A host that stops starts nothing: an endless chain of timers would keep it from its end.

    def _on_immediate(self, timer: int) -> None:
        if not self.is_stopping:
            self.post((RUNTIME, "timer", timer))

    def _on_timer(self, timer: int, delay: int, referenced: bool) -> None:
        if not self.is_stopping:
            self._timers.set(timer, delay / 1000, self._turns.now, referenced=referenced)

    def _answer(self, name: str, text: str) -> str:
        """Answer a question that a script asks in the middle of an event."""
        # These two have an answer to anything that they can be asked.
        if name == "locate":
            return json.dumps(self._loader.locate(*json.loads(text)))
        if name == "class":
            return json.dumps(self._library.find(*json.loads(text)))
        return answer(self._questions, name, text)

    def _on_settled(self) -> None:
        if self._failure is None and self._calls.has_lost_answer:
            # Nothing but a full heap keeps the runtime from answering; nobody must wait for ever.
            self._fail(EngineError(HEAP_FULL))
        self._check_idle()

    def _fail(self, error: EngineError) -> None:
        """Give up the scripts: their engine is of no use any more."""
        self._failure = error
        self._turns.close()
        self._timers.close()
        self._calls.fail(error)
        if self._main is not None and not self._main.done():
            self._main.set_exception(error)
        self._idle.set()

    def _check_usable(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _check_idle(self) -> None:
        if not (
            self._turns.is_running
            or self._turns.is_pending
            or self._holds
            or self._tasks
            or len(self._timers)
            or self._calls.is_pending
        ):
            self._idle.set()

    async def _drain(self) -> None:
        if self._turns.is_pending:
            caught_up = asyncio.Event()
            self._turns.when_caught_up(caught_up.set)
            await caught_up.wait()
