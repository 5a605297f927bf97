"""Python callables as accessors: inputs by the names of parameters, one output ``output``.

Coroutines of one function run side by side; their results are sent in the order of the calls.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import AccessorError
from ..ports import Port, type_of_annotation
from .half import MAX_PENDING_REACTIONS, Arrived, Half, Values
from .tracebacks import name_of, place_of

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["OUTPUT", "FunctionHalf", "inputs_of", "rounds"]

OUTPUT = "output"
"""Name of the one output."""


def inputs_of(function: Callable[..., object]) -> dict[str, Port]:
    """Read the inputs of an accessor off the signature of a callable.

    Args:
        function: its parameters become inputs, annotations ``int``, ``float``, ``str`` and
            ``bool``, also with ``| None``, types, and defaults defaults.

    Raises:
        AccessorError: it has no signature, no parameters, or ``*args`` or ``**kwargs``.
    """
    inputs = {}
    for parameter in _signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise AccessorError(
                f"{name_of(function)}() cannot be an accessor: an input needs a name, and "
                f"'{parameter}' has none"
            )
        default = None if parameter.default is parameter.empty else parameter.default
        inputs[parameter.name] = Port(type_of_annotation(parameter.annotation), default)
    if not inputs:
        raise AccessorError(
            f"{name_of(function)}() cannot be an accessor: it needs a parameter for each input, "
            "and has none"
        )
    return inputs


def _signature(function: Callable[..., object]) -> inspect.Signature:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError) as error:
        raise AccessorError(f"{name_of(function)}() cannot be an accessor: {error}") from error
    try:
        return inspect.signature(function, eval_str=True)
    except Exception:
        # An annotation that does not exist at run time, for type checkers only.
        return signature


def rounds(arrived: Arrived, order: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Sort what arrived in one reaction into calls, so that no value is skipped.

    Inputs get their values in the order of their definition; with one that is not after the one
    before, a new round begins. A value stays for the rounds that follow.

    Args:
        arrived: inputs in the order in which their values came.
        order: the position of each input.
    """
    values: dict[str, Any] = {}
    last = -1
    for name, new in arrived:
        if order[name] <= last:
            yield dict(values)
        values.update(new)
        last = order[name]
    if last >= 0:
        yield values


@dataclass(eq=False)
class _Call:
    """One call under way: its result waits for those before it."""

    task: asyncio.Task[None] | None = None
    is_over: bool = False
    result: object = None


class FunctionHalf(Half):
    """A callable as an accessor.

    Args:
        services: of the host that has the other half.
        function: the callable.
        inputs: the names of its inputs, in order.
    """

    def __init__(
        self, services: Services, function: Callable[..., object], inputs: list[str]
    ) -> None:
        super().__init__(services, name_of(function))
        self._function = function
        self._part = f"{name_of(function)}()"
        self._place = place_of(function)
        self._order = {name: position for position, name in enumerate(inputs)}
        kinds = _signature(function).parameters
        self._positional = [
            name for name in inputs if kinds[name].kind is inspect.Parameter.POSITIONAL_ONLY
        ]
        self._named = [name for name in inputs if name not in self._positional]
        self._calls: deque[_Call] = deque()

    def initialize(self, settings: Mapping[str, Values]) -> None:
        """Nothing: a function has no beginning."""

    def react(self, arrived: Arrived, current: Values, settings: Mapping[str, Values]) -> None:
        """Call the function with what arrived."""
        for values in rounds(arrived, self._order):
            self._call({**settings["inputs"], **values})

    def wrap_up(self, settings: Mapping[str, Values]) -> None:
        """Cancel the calls under way; their results are dropped."""
        calls, self._calls = self._calls, deque()
        for call in calls:
            if call.task is not None:
                call.task.cancel()
        self.services.release(self)

    def _call(self, values: Values) -> None:
        if len(self._calls) >= MAX_PENDING_REACTIONS:
            reason = f"{MAX_PENDING_REACTIONS:,} calls are under way; the values are dropped"
            self.report(AccessorError(reason), self._part)
            return
        try:
            result = self._function(
                *(values.get(name) for name in self._positional),
                **{name: values.get(name) for name in self._named},
            )
        except Exception as error:
            self.report(error, self._part)
            return
        if hasattr(type(result), "__await__"):
            self._begin(result)
        elif self._calls:
            self._calls.append(_Call(is_over=True, result=result))
        else:
            self._send(result)

    def _begin(self, result: Any) -> None:
        call = _Call()
        self._calls.append(call)
        self.services.hold(self)
        call.task = self.services.spawn(self._finish(call, result))

        def end(_task: object) -> None:
            # One that was cancelled before it began was not awaited.
            if inspect.iscoroutine(result):
                result.close()
            call.is_over = True
            self._deliver()

        call.task.add_done_callback(end)

    async def _finish(self, call: _Call, result: Awaitable[object]) -> None:
        _, call.result = await self.settle(result, self._part)

    def _deliver(self) -> None:
        if not self._calls:
            return
        while self._calls and self._calls[0].is_over:
            self._send(self._calls.popleft().result)
        if not self._calls:
            self.services.release(self)

    def _send(self, result: object) -> None:
        if result is None:
            return
        try:
            self.post_value(OUTPUT, result, self._place)
        except Exception as error:
            self.report(error, self._part)
