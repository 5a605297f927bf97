"""The host: scripts in the current event loop, and what keeps their run alive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from .core.bindings import Bindings
from .core.bundle import accessor_runtime, bootstrap, bundle
from .core.calls import answer
from .core.folders import Folders
from .core.json_values import from_json
from .core.output import Output
from .core.services import Services
from .core.turns import RUNTIME
from .engine import create_engine
from .engine.protocol import EngineSettings
from .errors import AccessorHostError, EngineError, ScriptError
from .manifests import Manifest, module_names
from .scripts.files import ScriptFile, read_script, script_from_text
from .scripts.library import Library, folders_from_environment
from .scripts.loader import Loader
from .scripts.preload import Preloaded, preload

if TYPE_CHECKING:
    from .accessors.accessor import Accessor, Composite
    from .accessors.directory import Accessors
    from .accessors.python.definitions import Factory
    from .core.permissions import Grants, Permissions

__all__ = ["CALLBACK_TIMEOUT", "MEMORY_LIMIT", "Host"]

CALLBACK_TIMEOUT = 10.0
"""Seconds that one JavaScript callback may run: far beyond any sane one, short for a human."""

MEMORY_LIMIT = 128 * 1024 * 1024
"""Bytes of JavaScript heap: what dukpy has built in, so that both engines behave alike."""


_LOOK_UPS = ("locate", "class", "modules")
"""Questions whose answers are what they ask for, as they say themselves when it is missing."""


class Host:
    """Run scripts in the current event loop.

    Use it as an asynchronous context manager; leaving the block stops what the scripts started.

    Args:
        engine: ``"auto"``, ``"quickjs"`` or ``"dukpy"``.
        callback_timeout: seconds that one JavaScript callback may run, or ``None`` for no limit.
        memory_limit: bytes that the JavaScript heap may take (quickjs; dukpy has 128 MiB).
        library: folders with accessor classes, searched in order after the current directory;
            ``None`` takes those that the environment variable ``ACCESSOR_LIBRARY`` names.
        permissions: what scripts may do, for example ``{"listen": ["8082"]}``: for each power its
            rules, and what is not there is refused. ``None`` permits whatever modules offer.
        stdout: where ``console.log`` goes; ``None`` is the process's standard output.
        stderr: where ``console.error``, warnings and uncaught errors go; ``None`` as above.

    Raises:
        EngineError: the engine is unknown, not installed, or did not start.
        OptionError: a permission is none.
    """

    def __init__(
        self,
        *,
        engine: str = "auto",
        callback_timeout: float | None = CALLBACK_TIMEOUT,
        memory_limit: int = MEMORY_LIMIT,
        library: Sequence[str | Path] | None = None,
        permissions: Permissions | Grants | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self._output = Output(stdout, stderr)
        given = folders_from_environment() if library is None else library
        self._folders = Folders([Path(folder) for folder in given])
        self._permissions = _permissions(permissions, self._folders)
        self._library = Library(given, self._permissions)
        self._loader = Loader(self._use, self._permissions, self._library.folders)
        self._questions: dict[str, Callable[..., Any]] = {}
        self._engine = create_engine(
            engine,
            EngineSettings(callback_timeout, memory_limit, bundle(), bootstrap(), self._answer),
        )
        self.engine_name = self._engine.name
        """Name of the engine in use."""
        self._entered: Services | None = None
        self._main: asyncio.Future[None] | None = None
        self._is_closed = False
        self._has_accessors = False

    async def __aenter__(self) -> Self:
        self._entered = services = Services(
            self._engine,
            self._output,
            asyncio.get_running_loop(),
            self._on_failure,
            permissions=self._permissions,
            folders=self._folders,
        )
        self._bindings = Bindings(services)
        self._questions = self._bindings.questions
        self._questions.add(services.calls.questions)
        self._questions.add(
            {"locate": self._loader.locate, "class": self._library.find, "modules": module_names}
        )
        operations = self._bindings.operations
        operations.add(self._output.operations)
        operations.add(services.operations)
        operations.add({"main": self._on_main, "asking": self._on_asking})
        services.turns.operations = operations
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
            self._output.tell_unprinted()
            if self._services.failure is None:
                self._is_closed = True
                self._services.fail(EngineError("the host is closed"))
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
        await self._services.wait_idle()

    async def stop(self) -> None:
        """Wrap up accessors, cancel timers, stop servers in order, and deliver the events of all
        this."""
        services = self._services
        if services.is_stopping:
            return
        services.is_stopping = True
        try:
            await self._stop_everything(services)
        finally:
            services.is_stopping = False
        services.check_idle()

    def reload(self) -> None:
        """Have modules read again what others replace while they run: certificates of servers.

        Nobody is disconnected. What cannot be used is an ``error`` of its server.
        """
        self._bindings.reload()

    def state(self) -> list[str]:
        """Describe what is going on, in lines for people: servers, sockets, clients, timers.

        Each list ends after 100 entries; texts of peers are made printable.
        """
        # Imported late: hardly anybody asks.
        from .net.quoting import escaped

        services = self._services
        lines = [f"host with {self.engine_name}, {self.error_count} uncaught errors"]
        if services.failure is not None:
            lines.append(escaped(f"it cannot go on: {services.failure}"))
        return [*lines, *self._bindings.state(), *services.timers.state()]

    async def _stop_everything(self, services: Services) -> None:
        services.timers.close()
        if self._has_accessors and services.failure is None:
            await self.accessors.stop()
        # What is still queued may start a server that must be stopped with the others.
        await services.drain()
        await asyncio.gather(*(binding.stop() for binding in self._bindings))
        await services.cancel_tasks()
        await services.drain()
        if self._has_accessors:
            self.accessors.resume()

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
        services = self._usable()
        services.calls.expose(name, value)
        services.turns.may_call_python |= services.calls.has_synchronous

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
        return await self._usable().call("call", name, arguments)

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
        """Exit code of a run: 1 after an uncaught error, and if a server could not listen unless
        one that was started later did, whatever the script makes of the error; else 0."""
        services = self._entered
        if self._output.error_count:
            return 1
        if services is None:
            return 0
        has_failed = services.failure is not None and not self._is_closed
        return 1 if has_failed or services.listens.has_failed else 0

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
        self._usable()
        if isinstance(accessor_class, str):
            self.trust_class(accessor_class)
        return await self.accessors.instantiate(name, accessor_class, container)

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
        self._usable()
        return await self.accessors.instantiate_from_code(name, source, path or name, container)

    async def composite(self, name: str, *, container: Accessor | None = None) -> Composite:
        """Make a composite that has nothing in it yet.

        Args:
            name: as for :meth:`instantiate`.
            container: the composite that it becomes a part of.

        Raises:
            EngineError: the engine can no longer be used.
        """
        self._usable()
        return await self.accessors.composite(name, container)

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
        self._usable()
        self.accessors.define(class_name, accessor_class)

    # For programs of ours: the accessors in the engine, and what they need

    @cached_property
    def accessors(self) -> Accessors:
        """The accessors of this host."""
        # Imported late: many scripts do without.
        from .accessors.directory import Accessors

        self._has_accessors = True
        services = self._services
        services.post((RUNTIME, "extend", "accessors/main", accessor_runtime()))
        accessors = Accessors(services, self._follow)
        self._bindings.operations.add(accessors.operations)
        return accessors

    def trust_folder(self, folder: str | Path) -> None:
        """Let scripts read a folder as if it were a script's.

        Args:
            folder: one that the user of the program has named.
        """
        self._folders.add(folder)

    def trust_class(self, class_name: str) -> None:
        """Let scripts read the folder of an accessor class as if it were a script's.

        Args:
            class_name: of the library; one that the user of the program has named.
        """
        folder = self._library.folder_of(class_name)
        if folder is not None:
            self.trust_folder(folder)

    # Inside

    @property
    def _services(self) -> Services:
        if self._entered is None:
            raise EngineError("the host is not running; use it in: async with Host() as host")
        return self._entered

    def _usable(self) -> Services:
        services = self._services
        services.check_usable()
        return services

    async def _run_main(self, script: ScriptFile) -> None:
        services = self._usable()
        self._folders.add(script["directory"])
        found = preload(script, self._loader, self._library)
        self._hand_over(found)
        self._main = services.loop.create_future()
        # Only while it loads can a script ask for files whose names it computes.
        post = services.post if found.is_complete else services.turns.post_asking
        post((RUNTIME, "main", json.dumps(script)))
        services.post((RUNTIME, "loaded"))
        await self._main

    def _follow(
        self,
        script: ScriptFile | None,
        classes: Iterable[str],
        modules: Iterable[str],
        asks: bool,
    ) -> Preloaded:
        if script is not None:
            self._folders.add(script["directory"])
        found = preload(script, self._loader, self._library, classes=classes, modules=modules)
        self._hand_over(found, asks=asks)
        if asks and (found.may_wait or not found.is_complete):
            self._on_asking()
        return found

    def _hand_over(self, found: Preloaded, *, asks: bool = True) -> None:
        if asks and found.needs_answers:
            self._on_asking()
        if found.modules:
            self._services.post((RUNTIME, "preload", json.dumps(found.modules)))

    def _use(self, manifest: Manifest) -> None:
        self._bindings.use(manifest)

    def _on_main(self, loaded: bool) -> None:
        if self._main is None or self._main.done():
            return
        if loaded:
            self._main.set_result(None)
        else:
            self._main.set_exception(self.errors[-1])

    def _on_asking(self) -> None:
        """Let every event from now on call Python in the middle: a module needs the answers."""
        self._services.turns.may_call_python = True

    def _on_failure(self, error: EngineError) -> None:
        if self._main is not None and not self._main.done():
            self._main.set_exception(error)

    def _answer(self, name: str, text: str) -> str:
        """Answer a question that a script asks in the middle of an event."""
        if name not in _LOOK_UPS:
            return answer(self._questions, name, text)
        try:
            return json.dumps(self._questions[name](*from_json(text, "a request")))
        except (AccessorHostError, TypeError) as error:
            return json.dumps({"missing": f": {error}"})


def _permissions(given: Permissions | Grants | None, folders: Folders) -> Permissions | None:
    if given is None:
        return None
    # Imported late: most hosts do without.
    from .core.permissions import Permissions

    permissions = given if isinstance(given, Permissions) else Permissions(given)
    permissions.folders = folders
    return permissions
