"""All accessor classes of Python's in one host, and the accessors that were made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.json_values import from_json
from ...errors import AccessorError, AccessorHostError, DecodingError
from .tracebacks import explain

if TYPE_CHECKING:
    from ...core.services import Services
    from .definitions import Definition, Factory
    from .half import Half, Values

__all__ = ["WRAPUP_TIMEOUT", "PythonClasses"]

WRAPUP_TIMEOUT = 10.0
"""Seconds that coroutines of ``wrapup`` have when the host stops; then they are cancelled."""


class PythonClasses:
    """The part of Python's accessors that a host sees.

    Args:
        services: of the host.
        tell: has the engine take a class, under a class name for scripts or None.
    """

    def __init__(
        self, services: Services, tell: Callable[[dict[str, Any], str | None], None]
    ) -> None:
        self._services = services
        self._tell = tell
        self._definitions: list[Definition] = []
        self._numbers: dict[int, int] = {}
        self._halves: dict[int, Half] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "python.made": self._on_made,
            "python.initialize": self._on_initialize,
            "python.wrapup": self._on_wrapup,
        }

    def number_of(self, factory: Factory) -> int:
        """Return the number of a class, which the engine knows from now on.

        Args:
            factory: what stands for an accessor; the same one has the same number.

        Raises:
            AccessorError: it cannot be an accessor.
            EncodingError: a default of it has no JSON form.
        """
        number = self._numbers.get(id(factory))
        if number is None:
            number = self.define(factory, None)
        self._definitions[number].prepare()
        return number

    def define(self, factory: Factory, class_name: str | None) -> int:
        """Let the engine make accessors of a class, and return its number.

        Args:
            factory: what stands for an accessor.
            class_name: its name for scripts; None for none.

        Raises:
            AccessorError: it cannot be an accessor.
            EncodingError: a default of it has no JSON form.
        """
        # Imported late: most hosts have no accessors of Python's.
        from .definitions import define

        definition = define(self._services, factory)
        number = len(self._definitions)
        self._definitions.append(definition)
        # The definition keeps the factory, and so its identity.
        self._numbers[id(factory)] = number
        self._tell({"number": number, **definition.describe()}, class_name)
        return number

    async def finish(self) -> None:
        """Wait until all accessors that were wrapped up have ended."""
        end = self._services.loop.time() + WRAPUP_TIMEOUT
        while ending := {half.ending: half for half in self._halves.values() if half.ending}:
            left = end - self._services.loop.time()
            done, _ = await asyncio.wait(ending, timeout=max(0, left))
            if done:
                continue
            for half in ending.values():
                reason = f"it took longer than {WRAPUP_TIMEOUT:g} s and was cancelled"
                half.report(AccessorError(reason), "wrapup()")
            return

    def _on_made(self, target: int, number: int, name: str) -> None:
        if not 0 <= number < len(self._definitions):
            raise AccessorError(f"there is no class {number}")
        definition = self._definitions[number]
        try:
            half = definition.make_half()
        except AccessorHostError as error:
            self._services.report(explain(error, f"accessor '{name}'"))
            return
        half.attach(target, name)
        self._halves[target] = half
        # What comes most: text that is spared another encoding.
        self._services.senders[f"python.reaction {target}"] = partial(_react, half)

    def _on_initialize(self, target: int, settings: str) -> None:
        half = self._halves.get(target)
        if half is not None:
            half.initialize(_read(half, settings, "initialize()") or _NO_SETTINGS)

    def _on_wrapup(self, target: int, settings: str) -> None:
        half = self._halves.get(target)
        if half is not None:
            half.wrap_up(_read(half, settings, "wrapup()") or _NO_SETTINGS)


def _react(half: Half, text: str) -> None:
    details = _read(half, text, "a reaction")
    if details is not None:
        half.react(*details)


def _read(half: Half, text: str, part: str) -> Any:
    try:
        return from_json(text, "the value of an input or parameter")
    except DecodingError as error:
        half.report(error, part)
        return None


_NO_SETTINGS: Mapping[str, Values] = {"inputs": {}, "parameters": {}}
