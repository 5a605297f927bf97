"""How a process of ours ends although its engine neither stops nor lets go of the GIL.

dukpy keeps it. A call into the engine itself, such as a search in a long text, looks for no signal
until it returns, and no thread of Python's can run meanwhile. Timers of the system can: each calls
a function of the C library in a thread of its own. ``fflush`` writes a message that waits in the
buffer of a stream, and ``_exit`` ends the process. They count the time for which the main thread
has computed: a process that was suspended has not run too long.

The timers are set with the time limit, seldom, and not taken back at the end of each turn. So they
would also end a process whose own Python computes in C for as long; only programs of this package,
which do nothing of the kind, allow it (:meth:`LastResort.allowed`). It works on 64-bit Linux.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .naming import name_kind
from .protocol import Event
from .watchdog import EXIT_CODE, MESSAGE

__all__ = ["GRACE", "LAST_RESORT", "LastResort"]

GRACE = 2.0
"""Seconds of computing that what runs has to stop: no call of ours into C, as that which decodes an
image with as many pixels as may be, takes as long."""

WRITE_TIME = 0.2
"""Seconds between the message and the end."""

_CLOCK = "CLOCK_THREAD_CPUTIME_ID"

_BUFFER = 1024


class LastResort:
    """End the process when the main thread has computed for too long."""

    def __init__(self) -> None:
        self._is_allowed = False
        self._timers: _Timers | None = None
        self._is_set = False
        self._kind: object = None
        self._message = ""

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let the process be ended in the body of a ``with`` statement: it only runs scripts."""
        self._is_allowed = _is_supported()
        try:
            yield
        finally:
            self._is_allowed = False
            self.cancel()

    def name(self, event: Event, timeout: float) -> None:
        """Say what runs, for the message; it costs little if that is as before.

        Args:
            event: the first of those that run.
            timeout: seconds that its callback may run.
        """
        if event[1] != self._kind:
            self._kind = event[1]
            self._message = MESSAGE.format(name_kind(event), timeout)
            if self._is_set and self._timers is not None:
                self._timers.write(self._message)

    def set(self, left: float) -> None:
        """Set the time, or set it anew.

        Args:
            left: seconds after which what runs has to be over; it has :data:`GRACE` to stop.
        """
        if not self._is_allowed:
            return
        if self._timers is None:
            try:
                self._timers = _Timers()
            except (AttributeError, OSError):
                # A C library of another kind, or nothing to be had.
                self._is_allowed = False
                return
        if not self._is_set:
            self._is_set = True
            self._timers.write(self._message)
        self._timers.set(left + GRACE)

    def cancel(self) -> None:
        """Take the time back."""
        if self._is_set and self._timers is not None:
            self._is_set = False
            self._timers.set(0)
            # What waits in a stream is written when the process ends in order.
            self._timers.write("")


def _is_supported() -> bool:
    # The layouts below are those of 64-bit Linux.
    return sys.platform == "linux" and sys.maxsize > 2**32 and hasattr(time, _CLOCK)


class _Timers:
    """Two timers, and the stream with the message.

    Raises:
        OSError: the system has none to give, or the process has no standard error.
    """

    def __init__(self) -> None:
        # Imported late: a program that is not ours does without.
        import ctypes

        library: Any = ctypes.CDLL(None)
        pointer, number, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
        for name, result, *arguments in (
            ("fdopen", pointer, number, ctypes.c_char_p),
            ("setvbuf", number, pointer, pointer, number, size),
            ("fputs", number, ctypes.c_char_p, pointer),
            ("__fpurge", None, pointer),
            ("timer_create", number, number, pointer, pointer),
            ("timer_settime", number, pointer, number, pointer, pointer),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments

        def create_timer(function: Any, argument: int) -> Any:
            # struct sigevent: the argument, a signal, SIGEV_THREAD, and the function.
            event = struct.pack("@PiiP40x", argument, 0, 2, ctypes.cast(function, pointer).value)
            timer = pointer()
            clock = getattr(time, _CLOCK)
            if library.timer_create(clock, event, ctypes.byref(timer)) != 0:
                raise OSError("the system has no timer to give")
            return timer

        self._library = library
        # By this name, as Python changes names that begin so.
        self._purge = getattr(library, "__fpurge")
        self._stream = library.fdopen(os.dup(2), b"w")
        fully = 0
        library.setvbuf(self._stream, None, fully, _BUFFER)
        self._timers = (
            (create_timer(library.fflush, self._stream), 0.0),
            (create_timer(library._exit, EXIT_CODE), WRITE_TIME),
        )

    def write(self, text: str) -> None:
        """Replace the message."""
        self._purge(self._stream)
        self._library.fputs(text.encode("utf-8", "replace")[: _BUFFER - 1], self._stream)

    def set(self, seconds: float) -> None:
        """Set both timers; 0 takes them back."""
        for timer, later in self._timers:
            left, rest = divmod(seconds + later if seconds else 0, 1)
            # struct itimerspec: interval and value, each in seconds and nanoseconds.
            spec = struct.pack("@4l", 0, 0, int(left), int(rest * 1e9))
            self._library.timer_settime(timer, 0, spec, None)


LAST_RESORT = LastResort()
"""That of the process: there is one main thread."""
