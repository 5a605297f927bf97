"""Standard output and standard error of a program whose reader may stop to read.

A pipe holds 64 KiB. When it is full, a write waits until somebody reads, and with it everything in
the event loop. So what does not go into the pipe at once waits here, and a thread writes it. A
program ends when all of it has been read, as any other; after a signal it does not wait for long.

Files and terminals are left as they are.
"""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from .exit_codes import FAILED, after_signal

__all__ = ["FLUSH_TIME", "MAX_UNREAD", "PATIENCE", "Pipe", "Stream", "run_with_streams"]

MAX_UNREAD = 16 * 1024 * 1024
"""Bytes that wait for the reader of a pipe: as many as for a peer that does not read."""

PATIENCE = 1.0
"""Seconds that a write waits for the reader when so much waits already, before it is dropped. One
that reads, however slowly, gets everything; where it does not, only the first write waits."""

FLUSH_TIME = 1.0
"""Seconds without a reader after which a program that a signal ends does so."""

_CHUNK = getattr(select, "PIPE_BUF", 512)
"""Bytes that the thread writes at once, in whole lines if it can, so that those of several workers
are not mixed in their pipe (POSIX, write())."""

_IS_FULL = (errno.EAGAIN, errno.EWOULDBLOCK)


class Pipe:
    """Write to a pipe, and wait for its reader in a thread.

    Args:
        descriptor: the pipe, or a socket. It stays as it is: other processes have it, too.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()
        self._written = 0
        self._is_stalled = False
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None
        self._changed = threading.Condition()

    def write(self, data: bytes) -> bool:
        """Write, or keep for later; return false for what is dropped, as nobody reads.

        Raises:
            OSError: an earlier write failed; ``BrokenPipeError`` when nobody can read any more.
        """
        with self._changed:
            self._check()
            if self._thread is None:
                data = data[self._write_at_once(data) :]
                if not data:
                    return True
            elif not self._has_room(len(data)):
                return False
            self._check()
            self._waiting += data
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="accessor-host-output", daemon=True
                )
                self._thread.start()
            return True

    def finish(self, patience: float | None) -> bool:
        """Wait until everything is written; return false if something is left.

        Args:
            patience: seconds without a reader after which it is given up; None for ever.

        Raises:
            OSError: as for :meth:`write`.
        """
        with self._changed:
            while self._thread is not None:
                written = self._written
                self._changed.wait(patience)
                if self._written == written and self._thread is not None and patience is not None:
                    return False
            self._check()
            return True

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _write_at_once(self, data: bytes) -> int:
        """Write what the pipe takes without a wait; return how much."""
        try:
            return os.pwritev(self._descriptor, [data], -1, os.RWF_NOWAIT)
        except AttributeError:
            pass
        except OSError as error:
            if error.errno in _IS_FULL:
                return 0
            if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ESPIPE):
                raise
        # An older system. What it says has room takes so much at once (POSIX), unless another
        # process comes in between.
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        if not poll.poll(0):
            return 0
        return os.write(self._descriptor, data[:_CHUNK])

    def _has_room(self, size: int) -> bool:
        """Wait for room while the reader reads."""
        while self._waiting and len(self._waiting) + size > MAX_UNREAD:
            written = self._written
            if not self._is_stalled:
                self._changed.wait(PATIENCE)
            if self._written == written and self._thread is not None:
                self._is_stalled = True
                return False
        return True

    def _run(self) -> None:
        # Signals are for the main thread.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                end = self._waiting.rfind(b"\n", 0, _CHUNK) + 1
                data = bytes(self._waiting[: end or _CHUNK])
            try:
                count = os.write(self._descriptor, data)
            except BlockingIOError:
                # Another process has made the pipe so.
                select.select([], [self._descriptor], [])
                continue
            except OSError as error:
                with self._changed:
                    self._error = error
                    self._waiting.clear()
                continue
            with self._changed:
                del self._waiting[:count]
                self._written += count
                self._is_stalled = False
                self._changed.notify_all()


class Stream(io.TextIOBase):
    """What takes the place of ``sys.stdout`` or ``sys.stderr``.

    Args:
        name: what it is, for messages.
        original: what has been there.
        pipe: where it leads.
        has_messages: whether messages of the program go there, too.
    """

    def __init__(self, name: str, original: TextIO, pipe: Pipe, *, has_messages: bool) -> None:
        self._name = name
        self._original = original
        self._pipe = pipe
        self._has_messages = has_messages
        self._dropped = 0
        self._coding = (original.encoding, original.errors or "strict")

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As it has been."""
        return self._original.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """As it has been."""
        return self._original.errors

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._original.fileno()

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Write a text, or drop all of it.

        Raises:
            OSError: as for :meth:`Pipe.write`.
        """
        if self._dropped and self._has_messages:
            # In its place, between what came before and what comes after.
            text = self._gap + text
        if not self._pipe.write(text.encode(*self._coding)):
            self._dropped += 1
            if self._dropped == 1 and not self._has_messages:
                _warn(f"nobody reads {self._name}; what comes is dropped until somebody does")
        elif self._dropped:
            self._tell_gap()
        return len(text)

    def finish(self, patience: float | None) -> None:
        """Wait for the reader, and say what it did not get.

        Args:
            patience: as for :meth:`Pipe.finish`.

        Raises:
            OSError: as for :meth:`Pipe.write`.
        """
        is_read = self._pipe.finish(patience)
        if self._dropped:
            if self._has_messages:
                self._pipe.write(self._gap.encode(*self._coding))
                is_read = self._pipe.finish(patience)
            self._tell_gap()
        if not is_read and not self._has_messages:
            _warn(f"nobody reads {self._name}; what waited for it is dropped")

    @property
    def _gap(self) -> str:
        texts = "text was" if self._dropped == 1 else "texts were"
        return _MESSAGE.format(f"{self._dropped} {texts} dropped, as nobody read {self._name}")

    def _tell_gap(self) -> None:
        if not self._has_messages:
            sys.stderr.write(self._gap)
        self._dropped = 0


def run_with_streams(program: Callable[[], int]) -> int:
    """Run a program whose event loop does not wait for readers of standard output and error.

    Args:
        program: returns its exit code.
    """
    originals = {name: getattr(sys, name) for name in _NAMES}
    streams = _streams(originals)
    if not streams:
        return program()
    for name, stream in streams.items():
        setattr(sys, name, stream)
    try:
        try:
            code = program()
        except BaseException:
            with suppress(OSError):
                _finish(streams, FLUSH_TIME)
            raise
        try:
            # Whoever reads may take the time, as with any other program.
            _finish(streams, None if code < after_signal(0) else FLUSH_TIME)
        except BrokenPipeError:
            # As when a script prints and nobody can read it any more.
            with suppress(OSError):
                sys.stderr.write("accessor-host: the output was closed\n")
            return code or FAILED
        return code
    finally:
        for name, original in originals.items():
            setattr(sys, name, original)


_NAMES = {"stdout": "standard output", "stderr": "standard error"}
_MESSAGE = "accessor-host: warning: {}\n"


def _streams(originals: dict[str, Any]) -> dict[str, Stream]:
    """Make the streams that lead to pipes; standard output first."""
    pipes: dict[tuple[int, int], Pipe] = {}
    places: dict[str, tuple[int, int]] = {}
    if not hasattr(select, "poll"):
        # Windows, where pipes are of another kind.
        return {}
    for name, original in originals.items():
        # A program may have closed it, or put something else there.
        with suppress(OSError, ValueError, AttributeError):
            status = os.fstat(original.fileno())
            if stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode):
                original.flush()
                # One pipe, as with 2>&1, has one order.
                places[name] = place = (status.st_dev, status.st_ino)
                pipes.setdefault(place, Pipe(original.fileno()))
    return {
        name: Stream(
            _NAMES[name], originals[name], pipes[place],
            has_messages=place == places.get("stderr"),
        )
        for name, place in places.items()
    }  # fmt: skip


def _finish(streams: dict[str, Stream], patience: float | None) -> None:
    for stream in streams.values():
        stream.finish(patience)


def _warn(text: str) -> None:
    sys.stderr.write(_MESSAGE.format(text))
