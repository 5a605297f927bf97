"""Instances of :class:`PythonAccessor` as accessors: their ports, handlers and reactions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from ...core.json_values import to_json
from ...errors import AccessorError
from ..ports import PORT_TYPES, Port
from .base import PythonAccessor
from .half import MAX_PENDING_REACTIONS, Arrived, Half, Values
from .steps import Part, Step, Worker
from .tracebacks import explain, name_of

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["Interface", "ObjectHalf"]

Interface: TypeAlias = dict[str, dict[str, Port]]
"""Ports by kind (``input``, ``output``, ``parameter``) and name."""


@dataclass(frozen=True, eq=False)
class _Handler:
    identifier: int
    name: str | None
    step: Step


class ObjectHalf(Half):
    """An instance of a :class:`PythonAccessor` as an accessor.

    Args:
        services: of the host that has the other half.
        accessor: the instance; its ``setup`` is run.

    Raises:
        AccessorError: the instance is an accessor already, or its ``setup`` raised.
    """

    def __init__(self, services: Services, accessor: PythonAccessor) -> None:
        super().__init__(services, type(accessor).__qualname__)
        if accessor._half is not None:
            raise AccessorError(f"this {self.name} is accessor '{accessor._half.name}' already")
        self.accessor = accessor
        """The instance."""
        self.interface: Interface = {"input": {}, "output": {}, "parameter": {}}
        """The ports that ``setup`` declared."""
        self._handlers: list[_Handler] = []
        self._next_handler = 0
        self._values: Values = {}
        self._defaults: Values = {}
        self._parameters: Values = {}
        self._worker = Worker(self)
        self._is_set_up = False
        self._is_running = False
        accessor._half = self
        try:
            self._set_up()
        except BaseException:
            accessor._half = None
            raise

    # What the accessor's code asks for

    def declare(self, kind: str, name: str, type_: object, port: Port) -> None:
        """Declare a port; see :meth:`PythonAccessor.input`."""
        if self._is_set_up:
            raise AccessorError(
                f"accessor '{self.name}' declares {kind} '{name}' too late; ports are declared in "
                "setup()"
            )
        if not isinstance(name, str) or not name:
            raise AccessorError(f"{kind}() of '{self.name}' needs a name; got {name!r}")
        what = f"{kind} '{name}' of accessor '{self.name}'"
        to_json([port.value, port.options], what)
        port_type = PORT_TYPES.get(type_, type_) if isinstance(type_, type) else type_
        if port_type is not None and not isinstance(port_type, str):
            raise AccessorError(
                f"the type of {what} is {type_!r}; expected a name such as 'JSON', int, float, str "
                "or bool"
            )
        self.interface[kind][name] = replace(port, type=port_type)

    def add_handler(
        self, name: str | None, function: Callable[..., object], arguments: tuple[object, ...]
    ) -> int:
        """Add an input handler; see :meth:`PythonAccessor.add_input_handler`."""
        if name is not None and name not in self.interface["input"]:
            raise self._missing(("input",), name)
        what = "all inputs" if name is None else f"input '{name}'"
        if not callable(function):
            raise AccessorError(
                f"the handler of {what} of accessor '{self.name}' cannot be called: {function!r}"
            )
        part = f"the handler {name_of(function)} of {what}"
        handler = _Handler(self._next_handler, name, Step(part, function, arguments))
        self._next_handler += 1
        # A new list: a reaction may be on its way through the old one.
        self._handlers = [*self._handlers, handler]
        return handler.identifier

    def remove_handler(self, identifier: int) -> None:
        """Remove an input handler; see :meth:`PythonAccessor.remove_input_handler`."""
        self._handlers = [one for one in self._handlers if one.identifier != identifier]

    def get(self, name: str) -> Any:
        """Return the value of an input or parameter; see :meth:`PythonAccessor.get`."""
        if name in self.interface["input"]:
            value = self._values.get(name)
            return self._defaults.get(name) if value is None else value
        if name in self.interface["parameter"]:
            return self._parameters.get(name)
        raise self._missing(("input", "parameter"), name)

    def get_parameter(self, name: str) -> Any:
        """Return the value of a parameter; see :meth:`PythonAccessor.get_parameter`."""
        if name not in self.interface["parameter"]:
            raise self._missing(("parameter",), name)
        return self._parameters.get(name)

    def send(self, name: str, value: object, place: str) -> None:
        """Send a value; see :meth:`PythonAccessor.send`."""
        known = name in self.interface["output"] or name in self.interface["input"]
        if not known and name != "error":
            raise self._missing(("output", "input"), name)
        self._require_running(f"sent '{name}'")
        self.post_value(name, value, place)

    def stop(self) -> None:
        """Stop the outermost composite; see :meth:`PythonAccessor.stop`."""
        self._require_running("called stop()")
        self.post_stop()

    # What comes from the engine

    def initialize(self, settings: Mapping[str, Values]) -> None:
        """Begin a run."""
        self._is_running = True
        self._worker.add(self._initialize(settings))

    def react(self, arrived: Arrived, current: Values, settings: Mapping[str, Values]) -> None:
        """React, or wait until earlier reactions are over."""
        if len(self._worker) >= MAX_PENDING_REACTIONS:
            reason = f"{MAX_PENDING_REACTIONS:,} reactions wait already; its values are dropped"
            self.report(AccessorError(reason), "a reaction")
            return
        self._worker.add(self._react(arrived, current, settings))

    def wrap_up(self, settings: Mapping[str, Values]) -> None:
        """End a run: what is pending is cancelled, and then ``wrapup`` is called."""
        if not self._is_running:
            return
        self._is_running = False
        self._handlers = []
        self._worker.cancel()
        self._worker.add(self._wrap_up(settings))

    @property
    def ending(self) -> asyncio.Task[None] | None:
        return None if self._is_running else self._worker.task

    # Inside

    def _set_up(self) -> None:
        try:
            result: object = self.accessor.setup()  # type: ignore[func-returns-value]
        except Exception as error:
            told = explain(error, f"setup() of accessor '{self.name}'")
            raise AccessorError(str(told)) from error
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise AccessorError(f"setup() of accessor '{self.name}' cannot be a coroutine function")
        self._is_set_up = True
        self._defaults = {name: port.value for name, port in self.interface["input"].items()}
        self._parameters = {name: port.value for name, port in self.interface["parameter"].items()}

    def _initialize(self, settings: Mapping[str, Values]) -> Part:
        self._take(settings)
        yield Step("initialize()", self.accessor.initialize)

    def _react(self, arrived: Arrived, current: Values, settings: Mapping[str, Values]) -> Part:
        self._take(settings)
        try:
            for name, values in arrived:
                self._values = values
                for handler in self._handlers:
                    if handler.name != name or not self._has(handler):
                        continue
                    if not (yield handler.step):
                        self.remove_handler(handler.identifier)
                        return
            self._values = current
            for handler in self._handlers:
                if handler.name is None and self._has(handler) and not (yield handler.step):
                    self.remove_handler(handler.identifier)
            yield Step("fire()", self.accessor.fire)
        finally:
            self._values = {}

    def _wrap_up(self, settings: Mapping[str, Values]) -> Part:
        self._take(settings)
        yield Step("wrapup()", self.accessor.wrapup)

    def _take(self, settings: Mapping[str, Values]) -> None:
        self._defaults = settings["inputs"]
        self._parameters = settings["parameters"]

    def _has(self, handler: _Handler) -> bool:
        return handler in self._handlers

    def _require_running(self, what: str) -> None:
        if not self._is_running:
            raise AccessorError(
                f"accessor '{self.name}' {what} while it was not initialized; it can from "
                "initialize() until wrapup()"
            )

    def _missing(self, kinds: tuple[str, ...], name: object) -> AccessorError:
        known = "; ".join(f"{kind}s: {', '.join(self.interface[kind]) or 'none'}" for kind in kinds)
        wanted = " or ".join(kinds)
        return AccessorError(f"accessor '{self.name}' has no {wanted} {name!r} ({known})")
