"""Unhandled promise rejections for the quickjs engine.

QuickJS-NG tells its embedder of every rejected promise, but the Python binding does not pass that
on, and nothing in JavaScript itself can see an async function fail whose promise nobody keeps. The
engine's own C function is therefore set here through ctypes. Where it must not be called
(:mod:`.native`) scripts run all the same; only a rejection that nobody handles stays silent.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from .native import Native

__all__ = ["HANDLED", "REASON", "REJECTED", "track_rejections"]

# Names of the global setters that the engine calls: a value reaches JavaScript by being assigned.
REJECTED = "__accessorHostRejected"
REASON = "__accessorHostReason"
HANDLED = "__accessorHostHandled"


class _JSValue(ctypes.Structure):
    # quickjs.h, 64-bit: a payload and a tag.
    _fields_ = (("payload", ctypes.c_uint64), ("tag", ctypes.c_int64))


_Tracker = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, _JSValue, _JSValue, ctypes.c_bool, ctypes.c_void_p
)


def track_rejections(native: Native, on_change: Callable[[], None]) -> object | None:
    """Make a quickjs context report rejected promises to its global setters.

    Args:
        native: the C functions for a context whose global object has the three setters.
        on_change: called after each report.

    Returns:
        What must be kept alive as long as the context, or ``None`` where a function is missing.
    """
    try:
        library = _declare(native.library)
    except AttributeError:
        return None

    def assign(engine: int, name: str, value: _JSValue) -> None:
        target = library.JS_GetGlobalObject(engine)
        library.JS_SetPropertyStr(engine, target, name.encode(), library.JS_DupValue(engine, value))
        library.JS_FreeValue(engine, target)

    def tracker(
        engine: int, promise: _JSValue, reason: _JSValue, handled: bool, _opaque: int
    ) -> None:
        if handled:
            assign(engine, HANDLED, promise)
        else:
            assign(engine, REJECTED, promise)
            assign(engine, REASON, reason)
        on_change()

    callback = _Tracker(tracker)
    library.JS_SetHostPromiseRejectionTracker(native.runtime, callback, None)
    return callback


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer = ctypes.c_void_p
    for name, result, *arguments in (
        ("JS_GetGlobalObject", _JSValue, pointer),
        ("JS_DupValue", _JSValue, pointer, _JSValue),
        ("JS_FreeValue", None, pointer, _JSValue),
        ("JS_SetPropertyStr", ctypes.c_int, pointer, _JSValue, ctypes.c_char_p, _JSValue),
        ("JS_SetHostPromiseRejectionTracker", None, pointer, _Tracker, pointer),
    ):
        function = getattr(library, str(name))
        function.restype = result
        function.argtypes = arguments
    return library
