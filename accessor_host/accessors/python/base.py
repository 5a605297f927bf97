"""Accessors that are Python classes: what a program derives its own from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...errors import AccessorError
from ..ports import Port
from .tracebacks import place_of_caller

__all__ = ["Bound", "PythonAccessor"]


class Bound(Protocol):
    """What a Python accessor is bound to once a host has it (:mod:`.objects`)."""

    name: str
    """The accessor's full name."""

    def declare(self, kind: str, name: str, type_: object, port: Port) -> None:
        """Declare a port."""

    def add_handler(
        self, name: str | None, function: Callable[..., object], arguments: tuple[object, ...]
    ) -> int:
        """Add an input handler, and return its number."""

    def remove_handler(self, identifier: int) -> None:
        """Remove an input handler."""

    def get(self, name: str) -> Any:
        """Return the value of an input or parameter."""

    def get_parameter(self, name: str) -> Any:
        """Return the value of a parameter."""

    def send(self, name: str, value: object, place: str) -> None:
        """Send a value; ``place`` is where the program did so."""

    def stop(self) -> None:
        """Wrap the accessor up."""


class PythonAccessor:
    """Base of accessors that are written in Python.

    A subclass declares its ports in :meth:`setup` and overrides what else it needs of
    :meth:`initialize`, :meth:`fire` and :meth:`wrapup`. These three, and the input handlers, may be
    coroutine functions; those of one accessor run one after another, never two at a time.

    Python runs after the reaction in the engine, not inside it: :meth:`get` has the values of that
    reaction, and what is sent arrives downstream later, in a reaction of its own, as what the
    callback of a timer sends would. All outputs are therefore ``spontaneous``. What is sent without
    an ``await`` in between arrives together.

    Values cross as JSON, so an accessor gets copies. ``None`` stands for no value.

    Coroutines keep the run alive while they work. What is to be sent from a callback of the loop,
    or of another library, does not: nobody knows of it until it is sent.
    """

    _half: Bound | None = None

    # To override

    def setup(self) -> None:
        """Declare the ports, with :meth:`input`, :meth:`output` and :meth:`parameter`."""
        raise AccessorError(f"{type(self).__qualname__} has no setup(): it declares no ports")

    def initialize(self) -> object:
        """Begin: add input handlers, and send first values if there are any."""

    def fire(self) -> object:
        """React, after the input handlers; called in every reaction, with new values or without."""

    def wrapup(self) -> object:
        """End; nothing can be sent any more."""

    # In setup()

    def input(
        self,
        name: str,
        *,
        type: str | type[object] | None = None,
        value: object = None,
        options: Sequence[object] | None = None,
        visibility: str | None = None,
    ) -> None:
        """Declare an input.

        Args:
            name: its name.
            type: a type of :class:`accessor_host.Port`, or ``int``, ``float``, ``str``, ``bool``.
            value: its default, as the other options in :class:`accessor_host.Port`.
            options: values to choose from.
            visibility: a hint for user interfaces.

        Raises:
            AccessorError: this is not :meth:`setup`, or the name or the type is none.
            EncodingError: the default has no JSON form.
        """
        self._bound.declare("input", name, type, Port(None, value, options, visibility))

    def output(
        self,
        name: str,
        *,
        type: str | type[object] | None = None,
        options: Sequence[object] | None = None,
        visibility: str | None = None,
    ) -> None:
        """Declare an output; as :meth:`input`, without a default."""
        self._bound.declare("output", name, type, Port(None, None, options, visibility))

    def parameter(
        self,
        name: str,
        *,
        type: str | type[object] | None = None,
        value: object = None,
        options: Sequence[object] | None = None,
        visibility: str | None = None,
    ) -> None:
        """Declare a parameter; as :meth:`input`."""
        self._bound.declare("parameter", name, type, Port(None, value, options, visibility))

    # From initialize() on

    def add_input_handler(
        self, name: str | None, handler: Callable[..., object], *arguments: object
    ) -> int:
        """Call a function in each reaction in which an input has a new value.

        One that raises is reported and, as in JavaScript, not called again.

        Args:
            name: the input; None for every reaction, whatever is new.
            handler: a function or coroutine function.
            arguments: what to call it with; the value is read with :meth:`get`.

        Returns:
            What :meth:`remove_input_handler` takes.

        Raises:
            AccessorError: there is no such input, or the handler cannot be called.
        """
        return self._bound.add_handler(name, handler, arguments)

    def remove_input_handler(self, handler: int) -> None:
        """Call a handler no more; an unknown one is ignored."""
        self._bound.remove_handler(handler)

    def get(self, name: str) -> Any:
        """Return the value of an input in this reaction, else its default, else None.

        Args:
            name: an input; of a parameter, the value is returned too.

        Raises:
            AccessorError: there is no such input or parameter.
        """
        return self._bound.get(name)

    def get_parameter(self, name: str) -> Any:
        """Return the value of a parameter, else its default, else None.

        Raises:
            AccessorError: there is no such parameter.
        """
        return self._bound.get_parameter(name)

    def send(self, name: str, value: object) -> None:
        """Send a value from an output, or to an own input; never waits.

        Args:
            name: the output or input.
            value: what has a JSON form. It is written down now: later changes are not sent.

        Raises:
            AccessorError: there is no such port, or the accessor is not initialized.
            EncodingError: the value has no JSON form.
        """
        self._bound.send(name, value, place_of_caller())

    def stop(self) -> None:
        """Wrap up the outermost composite around this accessor, after what was sent before.

        Raises:
            AccessorError: the accessor is not initialized.
        """
        self._bound.stop()

    @property
    def name(self) -> str:
        """The accessor's full name; that of its class until it has one."""
        return self._bound.name

    @property
    def _bound(self) -> Bound:
        if self._half is None:
            raise AccessorError(
                f"{type(self).__qualname__} belongs to no host yet; it has ports and a name from "
                "setup() on"
            )
        return self._half
