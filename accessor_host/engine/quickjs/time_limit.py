"""How the ``quickjs`` engine stops JavaScript that runs too long.

The binding has a limit of its own. It reads the processor's clock for every call into the engine, a
system call that takes a tenth of a short turn, and while it is set, scripts cannot call Python. So
a thread interrupts the engine instead: there is nothing to set and to read for each call. Where
that cannot be had (:mod:`.native`), the binding's limit is taken.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from ..deadline_thread import DeadlineThread
from .native import Native

__all__ = ["TimeLimit", "make_time_limit"]

_LONGEST = 1e9
"""Seconds that the binding can count, more or less: thirty years, which nobody waits for."""


class TimeLimit(Protocol):
    """A limit for what runs in one context."""

    holds_with_python: bool
    """Whether it also holds where scripts may call Python."""

    def set_deadline(self, deadline: float) -> None:
        """Stop what runs from now on at a deadline, with an error that no script catches.

        Args:
            deadline: seconds of the monotonic clock; ``inf`` is never.
        """

    @property
    def has_acted(self) -> bool:
        """Whether what runs is being stopped, if the limit holds with Python."""

    def close(self) -> None:
        """Free what belongs to the limit; it is not used again."""


def make_time_limit(
    context: Any, native: Native | None, insist: Callable[[], None] | None = None
) -> TimeLimit:
    """Return the limit for a context.

    Args:
        context: a ``_quickjs.Context``.
        native: the C functions for it, where they may be called.
        insist: called in a thread when the engine has not looked in time whether to stop. It never
            is where the binding's limit is taken.
    """
    interrupt = None if native is None else _find_interrupt(native)
    if interrupt is None:
        return BindingTimeLimit(context)
    return InterruptTimeLimit(interrupt, insist)


class BindingTimeLimit:
    """The limit that the binding has, for each call into the engine."""

    holds_with_python = False
    has_acted = False

    def __init__(self, context: Any) -> None:
        self._context = context

    def set_deadline(self, deadline: float) -> None:
        left = deadline - monotonic()
        self._context.set_time_limit(-1 if left > _LONGEST else max(left, 0))

    def close(self) -> None:
        del self._context


class InterruptTimeLimit(DeadlineThread):
    """A thread that interrupts the JavaScript whose deadline has passed."""

    holds_with_python = True


def _find_interrupt(native: Native) -> Callable[[bool], None] | None:
    """Return what interrupts the JavaScript of a context, or lets it run again."""
    try:
        # QuickJS asks its interrupt handler now and then whether to stop, telling it the runtime
        # and what was set with it. The handler must not be Python: it would have to wait for
        # the GIL, and signals would be handled in the middle of a script. The system's own function
        # that compares two identifiers of threads does it: they are equal, or they are not.
        equal = ctypes.CDLL(None).pthread_equal
        set_handler = native.library.JS_SetInterruptHandler
    except (AttributeError, OSError):
        return None
    set_handler.restype, set_handler.argtypes = None, (ctypes.c_void_p,) * 3
    handler = ctypes.cast(equal, ctypes.c_void_p)
    runtime = native.runtime

    def interrupt(now: bool) -> None:
        set_handler(runtime, handler, runtime if now else None)

    return interrupt
