"""Calls between Python and scripts, in both directions. Arguments and results cross as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ..engine.protocol import Event
from ..errors import AccessDeniedError, AccessorHostError, DecodingError, ScriptError
from .json_values import from_json
from .turns import RUNTIME

__all__ = ["Calls", "answer"]


class Calls:
    """The functions of Python's that scripts may call, and the calls under way.

    Args:
        post: queues an event.
        spawn: runs a coroutine in the loop.
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._post = post
        self._spawn = spawn
        self._functions: dict[str, Callable[..., Any]] = {}
        self._results: dict[int, asyncio.Future[Any]] = {}
        # Those that the runtime answers within their event.
        self._prompt: set[int] = set()
        self._next_call = 1
        self.has_synchronous = False
        """Whether scripts can call Python in the middle of an event."""
        self.operations: Mapping[str, Callable[..., None]] = {
            "invoke": self._on_invoke,
            "result": self._on_result,
            "failure": self._on_failure,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {"call": self._on_call}

    @property
    def is_pending(self) -> bool:
        """Whether Python waits for a script's result."""
        return bool(self._results)

    def expose(self, name: str, value: object) -> None:
        """Define a global for scripts; see :meth:`accessor_host.Host.expose`."""
        if not callable(value):
            self._post((RUNTIME, "value", name, json.dumps(value)))
            return
        # Imported late: most hosts expose nothing.
        import inspect

        asynchronous = inspect.iscoroutinefunction(value)
        self.has_synchronous = self.has_synchronous or not asynchronous
        self._functions[name] = value
        self._post((RUNTIME, "function", name, asynchronous))

    async def call(
        self,
        event: str,
        name: str,
        arguments: tuple[object, ...],
        post: Callable[[Event], None] | None = None,
    ) -> Any:
        """Call a function in the engine and wait for its result.

        Args:
            event: ``"call"`` for the script's functions (:meth:`accessor_host.Host.call`),
                ``"control"`` for those of the runtime.
            name: the function's name.
            arguments: values with a JSON form.
            post: queues the event; ``None`` queues it as any other.
        """
        text = json.dumps(arguments)
        call = self._next_call
        self._next_call += 1
        result = self._results[call] = asyncio.get_running_loop().create_future()
        if event == "control":
            self._prompt.add(call)
        (post or self._post)((RUNTIME, event, call, name, text))
        try:
            return await result
        finally:
            del self._results[call]
            self._prompt.discard(call)

    @property
    def has_lost_answer(self) -> bool:
        """Whether a call of the runtime was not answered, now that all events have been handled."""
        # Asked after every turn, mostly for nothing.
        return bool(self._prompt) and any(not self._results[call].done() for call in self._prompt)

    def fail(self, error: AccessorHostError) -> None:
        """Fail every call that waits for a script."""
        for result in self._results.values():
            if not result.done():
                result.set_exception(error)

    def _on_call(self, name: str, values: list[Any]) -> Any:
        return self._functions[name](*values)

    def _on_invoke(self, call: int, name: str, arguments: str) -> None:
        self._spawn(self._invoke(call, name, arguments))

    async def _invoke(self, call: int, name: str, arguments: str) -> None:
        try:
            values = from_json(arguments, "an argument")
            text = json.dumps(await self._functions[name](*values))
        except Exception as error:
            self._post((RUNTIME, "settle", call, False, json.dumps(_describe(error))))
        else:
            self._post((RUNTIME, "settle", call, True, text))

    def _on_result(self, call: int, text: str | None) -> None:
        result = self._results.get(call)
        if result is None or result.done():
            return
        try:
            value = None if text is None else from_json(text, "the result")
        except DecodingError as error:
            result.set_exception(ScriptError(str(error)))
        else:
            result.set_result(value)

    def _on_failure(self, call: int, message: str, stack: str) -> None:
        result = self._results.get(call)
        if result is not None and not result.done():
            result.set_exception(ScriptError(message, stack))


def answer(questions: Mapping[str, Callable[..., Any]], name: str, details: str) -> str:
    """Answer a question of a script with a value or an error, as a JSON text.

    No exception crosses into the engine.

    Args:
        questions: what can be asked, by name.
        name: which question.
        details: its details, a JSON array.
    """
    try:
        return json.dumps({"value": questions[name](*from_json(details, "an argument"))})
    except Exception as error:
        return json.dumps({"error": _describe(error)})


def _describe(error: Exception) -> dict[str, int | str]:
    # Ours say all in their text; others need the name of their class.
    name = "Error" if isinstance(error, AccessorHostError) else type(error).__name__
    code = getattr(error, "code", None)
    described: dict[str, int | str] = {"name": name, "message": str(error)}
    described |= {"code": code} if isinstance(code, int | str) else {}
    if isinstance(error, AccessDeniedError):
        described |= {"permission": error.permission, "resource": error.resource}
    return described
