"""Errors of Python's functions and classes, told as those of scripts are: with file and line."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import CodeType

from ...errors import AccessorHostError, ScriptError

__all__ = ["explain", "in_one_line", "name_of", "place_of", "place_of_caller"]

_OURS = os.path.join(Path(__file__).parents[2], "")


def explain(error: BaseException, where: str) -> ScriptError:
    """Make an error that says where in a composite it happened.

    Args:
        error: what was raised.
        where: the function and its accessor, in words.
    """
    message = f"Exception in {where}: {in_one_line(error)}"
    lines = [message, *_frames(error)]
    for cause in _causes(error):
        lines += [f"  caused by {in_one_line(cause)}", *_frames(cause)]
    return ScriptError(message, "\n".join(lines))


def in_one_line(error: BaseException) -> str:
    """Say what an exception says, with its class unless it is one of ours.

    Args:
        error: the exception.
    """
    text = " ".join(str(error).split("\n"))
    if isinstance(error, AccessorHostError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def name_of(function: Callable[..., object]) -> str:
    """Return a name for a callable.

    Args:
        function: any callable; without a name of its own, its class counts.
    """
    function = _unwrap(function)
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def place_of(function: Callable[..., object]) -> str:
    """Return the file and line where a callable is defined.

    Args:
        function: any callable; without a line of its own, that of its class counts.
    """
    function = _unwrap(function)
    for one in (function, type(function).__call__):
        code = getattr(one, "__code__", None)
        if isinstance(code, CodeType):
            return f"{code.co_filename}:{code.co_firstlineno}"
    return "not in Python"


def _unwrap(function: Callable[..., object]) -> Callable[..., object]:
    while isinstance(function, partial):
        function = function.func
    # Imported late: hosts without accessors of Python do without.
    import inspect

    unwrapped: Callable[..., object] = inspect.unwrap(function)
    return unwrapped


def place_of_caller() -> str:
    """Return the file and line outside of this package that led here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _frames(error: BaseException) -> list[str]:
    """Return the frames, the innermost first as in scripts, without those of this package."""
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"    at {frame.name} ({frame.filename}:{frame.lineno})"
        for frame in reversed(frames)
        if not frame.filename.startswith(_OURS)
    ]


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    while True:
        cause = error.__cause__
        if cause is None and not error.__suppress_context__:
            cause = error.__context__
        if cause is None or id(cause) in seen:
            return
        seen.add(id(cause))
        yield cause
        error = cause
