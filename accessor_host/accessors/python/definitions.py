"""Python's callables and classes as accessor classes: their interfaces, and their accessors."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ...core.json_values import to_json
from ...errors import AccessorError
from ..ports import Port, port_options
from .base import PythonAccessor
from .functions import OUTPUT, FunctionHalf, inputs_of
from .half import Half
from .objects import Interface, ObjectHalf
from .tracebacks import explain, name_of, place_of

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["Definition", "Factory", "define"]

Factory: TypeAlias = Callable[..., object] | PythonAccessor
"""What stands for an accessor in Python: a callable, a subclass of :class:`PythonAccessor`, or an
instance of one, for a single accessor."""


class Definition(ABC):
    """One accessor class of Python's.

    Args:
        services: of the host that has its accessors.
        name: its name.
        path: the file that it is in.
        interface: the ports of its accessors.
        values_only: whether accessors take part only in reactions with new values.
    """

    def __init__(
        self, services: Services, name: str, path: str, interface: Interface, *, values_only: bool
    ) -> None:
        self.services = services
        self.name = name
        self.interface = interface
        self._path = path
        self._values_only = values_only

    @abstractmethod
    def prepare(self) -> None:
        """See to it that one more accessor can be made.

        Raises:
            AccessorError: it cannot.
        """

    @abstractmethod
    def make_half(self) -> Half:
        """Make the half of one more accessor.

        Raises:
            AccessorError: it cannot be made.
        """

    def describe(self) -> dict[str, Any]:
        """Return what ``runtime/accessors/bridge/python.js`` takes, but for the number."""
        ports = {
            f"{kind}s": [{"name": name, **port_options(port)} for name, port in ports.items()]
            for kind, ports in self.interface.items()
        }
        directory = str(Path(self._path).absolute().parent)
        about = {"name": self.name, "path": self._path, "directory": directory}
        return {**about, **ports, "valuesOnly": self._values_only}


def define(services: Services, factory: Factory) -> Definition:
    """Make an accessor class of what stands for one.

    Args:
        services: of the host that will have its accessors.
        factory: the callable, class or instance.

    Raises:
        AccessorError: it cannot be an accessor, or its ``setup`` raised.
        EncodingError: a default has no JSON form.
    """
    if isinstance(factory, PythonAccessor):
        return _SingleAccessor(services, factory)
    if not callable(factory):
        raise AccessorError(
            f"{factory!r} cannot be an accessor; expected the name of a class, a callable, or a "
            "PythonAccessor"
        )
    made = factory
    while isinstance(made, partial):
        made = made.func
    if not isinstance(made, type):
        return _FunctionClass(services, factory)
    if not issubclass(made, PythonAccessor):
        raise AccessorError(
            f"class {made.__qualname__} cannot be an accessor: it does not derive from "
            "PythonAccessor"
        )
    return _ObjectClass(services, cast("Callable[[], PythonAccessor]", factory))


class _FunctionClass(Definition):
    def __init__(self, services: Services, function: Callable[..., object]) -> None:
        inputs = inputs_of(function)
        for name, port in inputs.items():
            to_json(port.value, f"the default of input '{name}' of {name_of(function)}()")
        self._function = function
        super().__init__(
            services,
            _full_name(function),
            place_of(function).rpartition(":")[0] or "Python",
            {"input": inputs, "output": {OUTPUT: Port()}, "parameter": {}},
            values_only=True,
        )

    def prepare(self) -> None:
        """Nothing: a function is ready."""

    def make_half(self) -> Half:
        return FunctionHalf(self.services, self._function, list(self.interface["input"]))


class _ObjectClass(Definition):
    def __init__(self, services: Services, factory: Callable[[], PythonAccessor]) -> None:
        self._factory = factory
        # The setup() of the first accessor tells what all are like.
        half = self._new(services)
        self._ready = [half]
        super().__init__(services, *_origin(half), half.interface, values_only=False)

    def prepare(self) -> None:
        if self._ready:
            return
        half = self._new(self.services)
        if half.interface != self.interface:
            raise AccessorError(f"setup() of {self.name} declared other ports than the first time")
        self._ready.append(half)

    def make_half(self) -> Half:
        self.prepare()
        return self._ready.pop()

    def _new(self, services: Services) -> ObjectHalf:
        try:
            accessor = self._factory()
        except Exception as error:
            told = explain(error, f"{name_of(self._factory)}()")
            raise AccessorError(str(told)) from error
        return ObjectHalf(services, accessor)


class _SingleAccessor(Definition):
    def __init__(self, services: Services, accessor: PythonAccessor) -> None:
        half = self._half = ObjectHalf(services, accessor)
        self._is_taken = False
        super().__init__(services, *_origin(half), half.interface, values_only=False)

    def prepare(self) -> None:
        if self._is_taken:
            raise AccessorError(f"this {self.name} is accessor '{self._half.name}' already")

    def make_half(self) -> Half:
        self.prepare()
        self._is_taken = True
        return self._half


def _origin(half: ObjectHalf) -> tuple[str, str]:
    """Return the full name of a class, and its file."""
    class_ = type(half.accessor)
    return _full_name(class_), inspect.getsourcefile(class_) or "Python"


def _full_name(thing: object) -> str:
    name = name_of(thing) if callable(thing) else repr(thing)
    return f"{getattr(thing, '__module__', None) or 'Python'}.{name}"
