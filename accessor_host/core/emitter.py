"""The emitter under the Python face: pyee's, with listeners that cannot harm each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pyee.asyncio import AsyncIOEventEmitter

__all__ = ["Emitter"]


class Emitter(AsyncIOEventEmitter):
    """An event emitter whose listeners are functions or coroutine functions.

    A listener that raises has a bug that is its author's to see: it is reported to the loop's
    exception handler, with its traceback, and the other listeners run. pyee on its own would
    emit it as ``error``, where it would pass for a fault of the network.
    """

    def _emit_run(
        self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        try:
            result = f(*args, **kwargs)
        except Exception as error:
            self._report(f, error)
        else:
            # As isawaitable() finds coroutines and futures, at a fraction of its cost.
            if hasattr(type(result), "__await__"):
                # pyee runs it as a task, which wait_for_complete() and cancel() know.
                super()._emit_run(self._contained, (f, result), {})

    async def _contained(self, f: Callable[..., Any], awaitable: Awaitable[Any]) -> None:
        try:
            await awaitable
        except Exception as error:
            self._report(f, error)

    def _report(self, f: Callable[..., Any], error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {
                "message": f"listener {getattr(f, '__qualname__', f)!s} of {self} raised",
                "exception": error,
            }
        )
