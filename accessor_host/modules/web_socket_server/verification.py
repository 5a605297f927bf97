"""The hook ``verify_client`` of the Python face: who asks it, and what its answers mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from .request import Request

if TYPE_CHECKING:
    from ...websocket.opening import Applicant

__all__ = ["FunctionVerifier"]

_REFUSAL = frozenset(("status", "reason", "headers"))
_ADMISSION = frozenset(("data", "subprotocol"))

_UNAUTHORIZED = 401
_FAILED = 500


class FunctionVerifier:
    """Let a function, plain or asynchronous, decide who may connect.

    What it raises is reported to the loop's exception handler, and so is an answer that means
    nothing; the client gets an HTTP 500. A coroutine whose client leaves is cancelled.

    Args:
        function: takes a :class:`~.request.Request`.
    """

    def __init__(self, function: Callable[[Request], Any]) -> None:
        self._function = function
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def verify(self, applicant: Applicant) -> None:
        """Ask the function."""
        try:
            answer = self._function(Request(applicant))
            if not hasattr(type(answer), "__await__"):
                _decide(applicant, answer)
                return
        except Exception as error:
            self._fail(applicant, error)
            return
        task = asyncio.get_running_loop().create_task(self._await(applicant, answer))
        self._tasks[applicant.id] = task

    def forget(self, applicant: Applicant) -> None:
        """Ask no longer."""
        task = self._tasks.pop(applicant.id, None)
        if task is not None:
            task.cancel()

    async def _await(self, applicant: Applicant, answer: Awaitable[Any]) -> None:
        try:
            _decide(applicant, await answer)
        except Exception as error:
            self._fail(applicant, error)
        finally:
            self._tasks.pop(applicant.id, None)

    def _fail(self, applicant: Applicant, error: Exception) -> None:
        applicant.context = None
        applicant.refuse(_FAILED)
        name = getattr(self._function, "__qualname__", repr(self._function))
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"verify_client {name} of {applicant}: {error}", "exception": error}
        )


def _decide(applicant: Applicant, answer: object) -> None:
    """Do what an answer says.

    Raises:
        TypeError: it is none.
        ValueError: what it says cannot be done.
    """
    if answer is True:
        applicant.admit()
        return
    if answer is False:
        applicant.refuse(_UNAUTHORIZED)
        return
    fields: Mapping[str, Any] = cast("Mapping[str, Any]", answer)
    names = frozenset(fields) if isinstance(answer, Mapping) else frozenset()
    if "status" in names and names <= _REFUSAL:
        applicant.refuse(fields["status"], fields.get("reason") or "", fields.get("headers"))
    elif names and names <= _ADMISSION:
        # Where the handler looks for it once the client is connected.
        applicant.context = fields.get("data")
        applicant.admit(fields.get("subprotocol"))
    else:
        raise TypeError(
            f"verify_client returned {_shown(answer)}; expected True, False, "
            "{'status', 'reason', 'headers'}, {'data', 'subprotocol'}, or an awaitable of these"
        )


def _shown(answer: object) -> str:
    # Not its values, which may be secrets.
    if isinstance(answer, Mapping):
        return f"a mapping with {', '.join(map(repr, answer)) or 'nothing'}"
    return "None" if answer is None else f"an object of type {type(answer).__name__}"
