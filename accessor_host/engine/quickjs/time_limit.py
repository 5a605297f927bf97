"""How the ``quickjs`` engine stops JavaScript that runs too long.

The binding has a limit of its own. It reads the processor's clock for every call into the engine, a
system call that takes a tenth of a short turn, and while it is set, scripts cannot call Python. So
a thread watches instead: there is nothing to set and to read for each call. Where that cannot be
had, the binding's limit is taken.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from ..watcher import Watcher
from .native import library_path, runtime_of

__all__ = ["TimeLimit", "limit_time"]

_LONGEST = 1e9
"""Seconds that the binding can count, more or less: thirty years, which nobody waits for."""


class TimeLimit(Protocol):
    """A limit for what runs in one context."""

    holds_with_python: bool
    """Whether it also holds where scripts may call Python."""

    def begin(self, due: float) -> None:
        """Stop what runs from now on once it is too late, with an error that no script catches.

        Args:
            due: when it is too late, in seconds of the monotonic clock; ``inf`` is never.
        """

    @property
    def is_over(self) -> bool:
        """Whether what runs is being stopped, if the limit holds with Python."""

    def close(self) -> None:
        """Free what belongs to the limit; it is not used again."""


def limit_time(context: Any) -> TimeLimit:
    """Return the limit for a ``_quickjs.Context``."""
    interrupt = _find_interrupt(context)
    return _BindingLimit(context) if interrupt is None else _WatchedLimit(interrupt)


class _BindingLimit:
    """The limit that the binding has, for each call into the engine."""

    holds_with_python = False
    is_over = False

    def __init__(self, context: Any) -> None:
        self._context = context

    def begin(self, due: float) -> None:
        left = due - monotonic()
        self._context.set_time_limit(-1 if left > _LONGEST else max(left, 0))

    def close(self) -> None:
        del self._context


class _WatchedLimit(Watcher):
    """A thread that interrupts the JavaScript whose time has passed."""

    holds_with_python = True


def _find_interrupt(context: Any) -> Callable[[bool], None] | None:
    """Return what interrupts the JavaScript of a context, or lets it run again."""
    runtime = runtime_of(context)
    if runtime is None:
        return None
    try:
        # QuickJS asks its interrupt handler now and then whether to stop, telling it the runtime
        # and what was set with it. The handler must not be Python: it would have to wait for
        # the GIL, and signals would be handled in the middle of a script. The system's own function
        # that compares two identifiers of threads does it: they are equal, or they are not.
        equal = ctypes.CDLL(None).pthread_equal
        set_handler = ctypes.CDLL(library_path()).JS_SetInterruptHandler
    except (AttributeError, OSError, TypeError):
        return None
    set_handler.restype, set_handler.argtypes = None, (ctypes.c_void_p,) * 3
    handler = ctypes.cast(equal, ctypes.c_void_p)

    def interrupt(now: bool) -> None:
        set_handler(runtime, handler, runtime if now else None)

    return interrupt
