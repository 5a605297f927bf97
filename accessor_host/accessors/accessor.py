"""One accessor as Python programs see it: its ports, its life, its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..core.emitter import Emitter
from ..core.json_values import to_json
from ..errors import AccessorError
from .ports import Port, port_options, ports_by_name

__all__ = ["Accessor", "Asked", "Composite"]


class Asked(Protocol):
    """What an accessor asks about itself: all accessors of its host (:mod:`.directory`)."""

    async def ask(self, function: str, *arguments: object) -> Any:
        """Call a function of ``runtime/accessors/bridge/control.js`` and wait for its result."""

    def tell(self, function: str, *arguments: object) -> None:
        """Call such a function without waiting for it."""

    async def contained(self, composite: Accessor) -> list[Accessor]:
        """Return the accessors in a composite."""


class Accessor(Emitter):
    """One accessor of a host; made by :meth:`accessor_host.Host.instantiate`.

    Events: ``output(name, value)`` for every value that is sent, and ``initializeStart``,
    ``initializeEnd``, ``reactStart``, ``reactEnd``, ``wrapupStart``, ``wrapupEnd``, and what its
    script emits. Listeners are functions or coroutine functions; they are called after the turn in
    the engine in which it happened, and stay when the accessor is wrapped up. A listener misses
    nothing that is caused by a later call of this class.

    Values cross as JSON: those of a listener are copies, and a value without a JSON form is an
    uncaught error of the accessor's.

    Methods raise :class:`accessor_host.ScriptError` for what the script throws and for a port that
    does not exist, and :class:`accessor_host.EngineError` when the engine can no longer be used.
    """

    def __init__(self, accessors: Asked, number: int, interface: dict[str, Any]) -> None:
        super().__init__()
        self._accessors = accessors
        self.number = number
        """Its number in the host."""
        self.interface = interface
        """All that is known from outside, as ``schemas/accessor-interface.schema.json`` has it."""
        self._watched: set[str] = set()
        self.add_listener("new_listener", self._watch)

    @property
    def name(self) -> str:
        """The full name: in a composite, that of the composite comes first."""
        return str(self.interface["name"])

    @property
    def accessor_class(self) -> str | None:
        """The class as it was named; None for source text and composites of Python."""
        name: str | None = self.interface["class"]
        return name

    # Ports

    @property
    def inputs(self) -> Mapping[str, Port]:
        """The inputs by name, as they were when last described."""
        return ports_by_name(self.interface["inputs"])

    @property
    def outputs(self) -> Mapping[str, Port]:
        """The outputs by name, as they were when last described."""
        return ports_by_name(self.interface["outputs"])

    @property
    def parameters(self) -> Mapping[str, Port]:
        """The parameters by name, as they were when last described."""
        return ports_by_name(self.interface["parameters"])

    async def describe(self) -> dict[str, Any]:
        """Look at the accessor again, and return :attr:`interface`."""
        self.interface = await self._accessors.ask("describe", self.number)
        return self.interface

    async def set_parameter(self, name: str, value: object) -> None:
        """Set a parameter.

        Args:
            name: the parameter.
            value: what its type takes; None brings the default back.

        Raises:
            ScriptError: there is no such parameter, or its type does not take the value.
            EncodingError: the value has no JSON form.
        """
        await self._call("setParameter", name, self._checked("parameter", name, value))

    async def get_parameter(self, name: str) -> Any:
        """Return the value of a parameter, else its default."""
        return await self._call("getParameter", name)

    async def set_default(self, name: str, value: object) -> None:
        """Replace the default of an input.

        Raises:
            ScriptError: there is no such input, or its type does not take the value.
            EncodingError: the value has no JSON form.
        """
        await self._call("setDefault", name, self._checked("input", name, value))
        await self.describe()

    async def provide_input(self, name: str, value: object) -> None:
        """Give an input a value; the accessor reacts to it when the turn is over.

        Args:
            name: the input.
            value: what its type takes. None means something only to an input with a default.

        Raises:
            ScriptError: there is no such input, or its type does not take the value.
            EncodingError: the value has no JSON form.
        """
        checked = self._checked("input", name, value)
        await self._accessors.ask("provideInput", self.number, name, checked)

    async def latest_output(self, name: str) -> Any:
        """Return what an output sent last; None before the first time.

        Raises:
            ScriptError: there is no such output, or its value has no JSON form.
        """
        return await self._call("latestOutput", name)

    async def connect(self, port: str, other: Accessor, other_port: str) -> None:
        """Connect two ports.

        An output of this accessor with an input of another one, both in the same composite or both
        in none; or an input of this composite with one of an accessor inside; or an output of this
        accessor with one of the composite around it; or an input of this composite with an output
        of its own. In a composite that runs, the order of reactions is worked out anew.

        Args:
            port: where values come from.
            other: the other accessor; a composite may be its own other one.
            other_port: where they go.

        Raises:
            ScriptError: a port does not exist, the accessors do not have the same container, or
                the connection closes a loop in which no output is spontaneous.
        """
        await self._accessors.ask("connect", self.number, port, self._peer(other), other_port)

    async def disconnect(self, port: str, other: Accessor, other_port: str) -> None:
        """Take one connection back; as :meth:`connect`."""
        await self._accessors.ask("disconnect", self.number, port, self._peer(other), other_port)

    # Life

    async def initialize(self) -> None:
        """Begin a run: what is contained first, then the accessor itself.

        Raises:
            ScriptError: an ``initialize`` threw, or there is a loop without a spontaneous output.
        """
        await self._call("initialize")
        await self.describe()

    async def react(self) -> None:
        """React now: input handlers, what is contained, then ``fire``.

        Raises:
            ScriptError: one of them threw.
        """
        await self._call("react")

    async def wrapup(self) -> None:
        """End the run, of what is contained too: timers and input handlers are gone then.

        Raises:
            ScriptError: a ``wrapup`` threw. All were called even so.
        """
        await self._call("wrapup")

    async def stop(self) -> None:
        """Wrap up the outermost composite around it, after the reactions under way."""
        await self._call("stop")

    async def stop_at(self, milliseconds: float) -> None:
        """Stop after some time.

        Args:
            milliseconds: from now.
        """
        await self._call("stopAt", milliseconds)

    async def is_initialized(self) -> bool:
        """Tell whether the accessor is between :meth:`initialize` and :meth:`wrapup`."""
        return bool(await self._call("isInitialized"))

    async def contained(self) -> list[Accessor]:
        """Return the accessors that this composite contains."""
        return await self._accessors.contained(self)

    # Monitoring

    async def start_monitoring(self, *, deep: bool = False) -> None:
        """Measure from now on how often and how long the accessor works.

        Args:
            deep: whether what is contained is measured too.
        """
        await self._call("startMonitoring", deep)

    async def get_monitoring(self) -> dict[str, Any] | None:
        """Return what was measured, times in ms; None if nothing was.

        What is contained is included where :meth:`start_monitoring` was told to measure it.
        """
        measured: dict[str, Any] | None = await self._call("getMonitoring")
        return measured

    async def stop_monitoring(self) -> dict[str, Any] | None:
        """Measure no more, and return what was measured."""
        measured: dict[str, Any] | None = await self._call("stopMonitoring")
        return measured

    def __str__(self) -> str:
        return f"accessor '{self.name}'"

    # Inside

    def receive(self, event: str, details: list[Any]) -> None:
        """Call the listeners of an event that has happened."""
        if self.listeners(event):
            self.emit(event, *details)
        else:
            self._watched.discard(event)
            self._accessors.tell("unwatch", self.number, event)

    def _watch(self, event: str, _listener: object) -> None:
        if event != "new_listener" and event not in self._watched:
            self._watched.add(event)
            self._accessors.tell("watch", self.number, event)

    async def _call(self, method: str, *arguments: object) -> Any:
        return await self._accessors.ask("call", self.number, method, arguments)

    def _checked(self, kind: str, name: str, value: object) -> object:
        to_json(value, f"the value for {kind} '{name}' of {self}")
        return value

    def _peer(self, other: Accessor) -> int:
        if other._accessors is not self._accessors:
            raise AccessorError(f"{self} and {other} are in different hosts")
        return other.number


class Composite(Accessor):
    """A composite that a Python program puts together; made by :meth:`Host.composite`.

    Accessors are put into it with ``container=``, and connected with :meth:`connect`.
    """

    async def add_input(self, name: str, *, type: str | None = None, value: object = None) -> None:
        """Define an input.

        Args:
            name: its name.
            type: its type, as in :class:`Port`.
            value: its default.

        Raises:
            ScriptError: its type does not take the default.
            EncodingError: the default has no JSON form.
        """
        await self._add("input", name, Port(type, self._checked("input", name, value)))

    async def add_output(
        self, name: str, *, type: str | None = None, spontaneous: bool = False
    ) -> None:
        """Define an output.

        Args:
            name: its name.
            type: its type, as in :class:`Port`.
            spontaneous: whether it is sent from callbacks, not in reactions.
        """
        await self._add("output", name, Port(type, spontaneous=spontaneous))

    async def add_parameter(
        self, name: str, *, type: str | None = None, value: object = None
    ) -> None:
        """Define a parameter; as :meth:`add_input`."""
        await self._add("parameter", name, Port(type, self._checked("parameter", name, value)))

    async def _add(self, kind: str, name: str, port: Port) -> None:
        await self._accessors.ask("addPort", self.number, kind, name, port_options(port))
        await self.describe()
