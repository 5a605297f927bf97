"""What the halves of Python's accessors have in common: names, reports, and what they send.

The other half of each is in the engine (``runtime/accessors/bridge/python.js``).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ...core.json_values import to_json
from .tracebacks import explain

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_PENDING_REACTIONS", "Arrived", "Half", "Values"]

MAX_PENDING_REACTIONS = 1_000
"""Reactions of one accessor that may wait for its coroutines; what arrives beyond is dropped, with
an error. The same number of coroutines of one function may be under way at a time."""

Values: TypeAlias = Mapping[str, Any]
"""Values by the names of ports."""

Arrived: TypeAlias = Sequence[tuple[str, Values]]
"""What arrived in a reaction, in order: an input, and the values of inputs at that moment."""


class Half(ABC):
    """The half of one accessor that is in Python.

    Args:
        services: of the host that has its other half.
        name: name for messages until the accessor has one.
    """

    def __init__(self, services: Services, name: str) -> None:
        self.services = services
        """Where the other half is."""
        self.name = name
        """Full name of the accessor."""
        self._target = 0
        self._unsent: list[str] = []
        # Holds the run while there is something to send.
        self._sending = object()

    def attach(self, target: int, name: str) -> None:
        """Connect with the other half.

        Args:
            target: of its events.
            name: full name of the accessor.
        """
        self._target = target
        self.name = name

    @abstractmethod
    def initialize(self, settings: Mapping[str, Values]) -> None:
        """Begin a run.

        Args:
            settings: ``inputs``, the defaults, and ``parameters``.
        """

    @abstractmethod
    def react(self, arrived: Arrived, current: Values, settings: Mapping[str, Values]) -> None:
        """React, now or when earlier reactions are over.

        Args:
            arrived: the new values.
            current: values of inputs at the end of the reaction, where they have one.
            settings: as for :meth:`initialize`.
        """

    @abstractmethod
    def wrap_up(self, settings: Mapping[str, Values]) -> None:
        """End the run: what is pending is cancelled."""

    @property
    def ending(self) -> asyncio.Task[None] | None:
        """What is left of the end of the run, if it takes time."""
        return None

    def report(self, error: BaseException, part: str) -> None:
        """Report an error that nobody catches.

        Args:
            error: what was raised.
            part: which part of the accessor raised it, in words.
        """
        told = explain(error, f"{part} of accessor '{self.name}'")
        self.services.report(told)

    async def settle(self, awaitable: Awaitable[Any], part: str) -> tuple[bool, Any]:
        """Wait for a coroutine of the accessor's, and report what it raises.

        Args:
            awaitable: the coroutine, or what else can be awaited.
            part: which part of the accessor it is, in words.

        Returns:
            Whether it succeeded, and its result.
        """
        try:
            return True, await awaitable
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody has cancelled it: something that it waited for was cancelled.
            self.report(error, part)
        except Exception as error:
            self.report(error, part)
        return False, None

    def post_value(self, port: str, value: object, place: str) -> None:
        """Send a value, together with what else is sent before the loop goes on.

        Args:
            port: an output, or an own input.
            value: the value.
            place: file and line from where it is sent, for messages.

        Raises:
            EncodingError: the value has no JSON form.
        """
        what = f"the value for '{port}' of accessor '{self.name}'"
        text = to_json([port, value, place], what)
        if not self._unsent:
            self.services.hold(self._sending)
            self.services.loop.call_soon(self.flush)
        self._unsent.append(text)

    def flush(self) -> None:
        """Hand over what was sent."""
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self.services.post((self._target, "send", f"[{','.join(unsent)}]"))
            self.services.release(self._sending)

    def post_stop(self) -> None:
        """Stop the outermost composite, after what was sent before."""
        self.flush()
        self.services.post((self._target, "stop"))
