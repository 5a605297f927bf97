"""All accessors of a host.

The accessors themselves live in the engine (``runtime/accessors``); here they are numbers, and
what is asked of them crosses as JSON (``runtime/accessors/bridge/control.js``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..core.json_values import from_json
from ..core.services import Services
from ..core.turns import RUNTIME
from ..errors import AccessorError, DecodingError, EngineError, ScriptError
from ..scripts.files import ScriptFile, script_from_text
from ..scripts.preload import Preloaded
from .python.classes import PythonClasses
from .python.tracebacks import explain

if TYPE_CHECKING:
    from .accessor import Accessor, Composite
    from .python.definitions import Factory

__all__ = ["Accessors"]

Follow: TypeAlias = Callable[[ScriptFile | None, Iterable[str], Iterable[str], bool], Preloaded]

_NOBODY = 0
"""Number of a call whose result nobody waits for."""


class Accessors:
    """All accessors of one host.

    Args:
        services: of the host.
        follow: takes a script or None, names of classes, arguments of ``require``, and whether
            scripts may ask for others; hands over what they require, and returns what was found.
    """

    def __init__(self, services: Services, follow: Follow) -> None:
        self._services = services
        self._follow = follow
        self._accessors: dict[int, Accessor] = {}
        self._python = PythonClasses(services, self._define)
        self._in_use = False
        self.when_ended: Callable[[], object] = lambda: None
        """Called when an accessor at the top has wrapped up."""
        self.operations: Mapping[str, Callable[..., None]] = {
            "accessor.event": self._on_event,
            "accessor.ended": self._on_ended,
            **self._python.operations,
        }

    def follow(
        self,
        script: ScriptFile | None = None,
        *,
        classes: Iterable[str] = (),
        modules: Iterable[str] = (),
        asks: bool = True,
    ) -> None:
        """Hand over the files and classes that scripts will ask for.

        Args:
            script: text that leads to them, if there is one.
            classes: names of accessor classes.
            modules: arguments of ``require``, as if in a file in the current directory.
            asks: whether scripts may ask for others, in the middle of any event from now on, if
                their text does not name all.
        """
        found = self._follow(script, classes, modules, asks)
        self._services.post((RUNTIME, "classes", json.dumps(found.classes)))

    async def control(self, function: str, *arguments: object, asks: bool = False) -> Any:
        """Call a function of ``runtime/accessors/bridge/control.js`` and wait for its result.

        Args:
            function: its name.
            arguments: values with a JSON form.
            asks: whether it may ask Python in the middle of its event, although others may not.

        Raises:
            ScriptError: it threw.
            EngineError: the engine can no longer be used.
        """
        post = self._services.turns.post_asking if asks else self._services.post
        return await self._services.call("control", function, arguments, post)

    async def ask(self, function: str, *arguments: object) -> Any:
        """Call such a function for accessors that are Python's from now on.

        Args:
            function: its name.
            arguments: values with a JSON form.

        Raises:
            ScriptError: it threw.
            EngineError: the engine can no longer be used.
        """
        self._in_use = True
        return await self.control(function, *arguments)

    def tell(self, function: str, *arguments: object) -> None:
        """Call such a function without waiting for it."""
        self._in_use = True
        self._services.post((RUNTIME, "control", _NOBODY, function, json.dumps(arguments)))

    async def instantiate(
        self, name: str | None, accessor_class: str | Factory, container: Accessor | None = None
    ) -> Accessor:
        """Make an accessor of a class; see :meth:`Host.instantiate`."""
        number = self._number(container)
        if isinstance(accessor_class, str):
            self.follow(classes=[accessor_class])
            answer = await self.ask("instantiate", name, accessor_class, number)
        else:
            class_number = self._python.number_of(accessor_class)
            answer = await self.ask("instantiatePython", name, class_number, number)
        return self._introduce(answer)

    async def instantiate_from_code(
        self, name: str | None, source: str, path: str | Path, container: Accessor | None = None
    ) -> Accessor:
        """Make an accessor of source text; see :meth:`Host.instantiate_from_code`."""
        file = script_from_text(source, str(path))
        number = self._number(container)
        self.follow(file)
        answer = await self.ask("instantiateFromFile", name, file, number)
        return self._introduce(answer)

    async def composite(self, name: str, container: Accessor | None = None) -> Composite:
        """Make an empty composite; see :meth:`Host.composite`."""
        from .accessor import Composite

        answer = await self.ask(
            "composite", name, script_from_text("", "Python"), self._number(container)
        )
        composite = Composite(self, answer["id"], answer["interface"])
        self._accessors[composite.number] = composite
        return composite

    async def contained(self, composite: Accessor) -> list[Accessor]:
        """Return the accessors in a composite."""
        return [self._introduce(one) for one in await self.ask("contained", composite.number)]

    def define(self, class_name: str, factory: Factory) -> None:
        """Give scripts a class; see :meth:`Host.define`."""
        self._python.define(factory, class_name)

    async def stop(self) -> None:
        """Wrap up all accessors that were started; what their wrapups throw is reported.

        Timers of accessors are cancelled, and none begins until :meth:`resume`.
        """
        if not self._in_use:
            return
        try:
            await self.ask("closeTimers")
            # One event for each, so that each has its own time.
            while await self._wrap_up_next():
                pass
        except EngineError:
            return
        await self._python.finish()

    def resume(self) -> None:
        """Let accessors run again."""
        if self._in_use:
            self.tell("openTimers")

    async def _wrap_up_next(self) -> bool:
        try:
            return bool(await self.ask("wrapUpNext"))
        except ScriptError:
            # It ran too long and was stopped, which is reported. It goes on after that step.
            return True

    def _define(self, definition: dict[str, Any], class_name: str | None) -> None:
        self.tell("define", definition, class_name)

    def _number(self, container: Accessor | None) -> int | None:
        if container is None:
            return None
        if self._accessors.get(container.number) is not container:
            raise AccessorError(f"{container} is in another host")
        return container.number

    def _introduce(self, answer: dict[str, Any]) -> Accessor:
        # Emitters are for programs that listen; a host that only runs scripts needs none.
        from .accessor import Accessor

        accessor = self._accessors.get(answer["id"])
        if accessor is None:
            accessor = Accessor(self, answer["id"], answer["interface"])
            self._accessors[accessor.number] = accessor
        accessor.interface = answer["interface"]
        return accessor

    def _on_ended(self) -> None:
        self.when_ended()

    def _on_event(self, number: int, event: str, details: str) -> None:
        accessor = self._accessors.get(number)
        if accessor is None:
            raise AccessorError(f"there is no accessor {number}")
        try:
            values = from_json(details, f"what '{event}' of {accessor} tells")
        except DecodingError as error:
            self._services.report(explain(error, f"event '{event}' of {accessor}"))
        else:
            accessor.receive(event, values)
