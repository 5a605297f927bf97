"""Programs that the host starts for its modules: nothing of them is alive once they are over."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import errorcode
from typing import Any, TypeVar, cast

from ..errors import AccessorHostError

__all__ = ["Child", "ChildError", "Finished", "end_child", "run_child", "start_child"]

MAX_COMPLAINT = 65_536
"""Bytes of standard error that are kept; the rest is read and dropped."""

MAX_END = 5.0
"""Seconds that a program may take to be gone after it was killed: one that waits for a device that
does not answer cannot be killed, and nobody waits for it any longer."""

_C = TypeVar("_C", bound="Child")


class ChildError(AccessorHostError):
    """Report that a program could not be started, or did not end in order.

    Args:
        code: stable machine-readable name: of the operating system, ``"ERR_CHILD_TIMEOUT"`` or
            ``"ERR_CHILD_OUTPUT"``.
        reason: the program and the fault in words.
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Finished:
    """What a program left.

    Args:
        code: its exit code, or the negative number of the signal that ended it.
        output: standard output.
        complaint: standard error, as text; its beginning if it is long.
    """

    code: int
    output: bytes
    complaint: str


class Child(asyncio.SubprocessProtocol):
    """A program that was started, in a group of its own; its children are in it, too.

    Args:
        loop: the running event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lost: asyncio.Future[None] = loop.create_future()
        """Done when the program has ended and its pipes are closed."""
        self.transport: asyncio.SubprocessTransport | None = None
        """Set when it was started."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.SubprocessTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    @property
    def code(self) -> int:
        """Its exit code, or the negative number of the signal that ended it; 0 until it has one."""
        return (self.transport and self.transport.get_returncode()) or 0

    def pipe(self, descriptor: int) -> Any:
        """Return the transport of a pipe; None once it is closed, or closes."""
        # What uvloop has closed raises whatever is done with it.
        pipe: Any = self.transport and self.transport.get_pipe_transport(descriptor)
        return None if pipe is None or pipe.is_closing() else pipe

    def signal_group(self, number: int) -> None:
        """Send a signal to the program and to its children."""
        if self.transport is not None:
            # They may have ended, or be somebody else's: a program with more rights.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.transport.get_pid(), number)


async def start_child(
    command: Sequence[str],
    make: Callable[[], _C],
    *,
    environment: Mapping[str, str],
) -> _C:
    """Start a program; whoever gives up meanwhile leaves nothing of it behind.

    Args:
        command: path of the program, and its arguments; no shell reads them.
        make: returns what is told of it.
        environment: all of its variables.

    Raises:
        ChildError: it cannot be started.
    """
    loop = asyncio.get_running_loop()
    start = loop.create_task(
        loop.subprocess_exec(
            make,
            *command,
            env=dict(environment),
            # A group of its own: its children end with it, and Ctrl-C is for the host.
            start_new_session=True,
        )
    )
    # asyncio must not be interrupted here: it would kill the program without its children, and
    # wait for pipes that it connects afterwards and that these keep open.
    interrupted = await _done(start)
    try:
        child = start.result()[1]
    except (OSError, ValueError) as error:
        if interrupted:
            raise asyncio.CancelledError from None
        code = errorcode.get(getattr(error, "errno", None) or 0, "EINVAL")
        text = getattr(error, "strerror", None) or str(error)
        reason = f"cannot start '{os.path.basename(command[0])}': {text}"
        raise ChildError(code, reason) from None
    if interrupted:
        await end_child(child)
        raise asyncio.CancelledError
    return child


async def end_child(child: Child) -> None:
    """Kill a program with its children, and wait until nothing of it is left.

    Args:
        child: the program; it may have ended.

    Raises:
        CancelledError: whoever waits has been cancelled meanwhile; it is over all the same.
    """
    child.signal_group(signal.SIGKILL)
    if child.transport is not None:
        stdin: Any = child.transport.get_pipe_transport(0)
        if stdin is not None and stdin.get_write_buffer_size():
            # Closing waits for what was not written, which nobody need read.
            stdin.abort()
        child.transport.close()
    if await _done(child.lost, MAX_END):
        raise asyncio.CancelledError


async def run_child(
    command: Sequence[str],
    data: bytes,
    *,
    seconds: float,
    max_output: int,
    environment: Mapping[str, str],
) -> Finished:
    """Run a program to its end: what it reads is given, and what it writes is returned.

    Neither it nor its own children are alive afterwards, however this ends.

    Args:
        command: path of the program, and its arguments; no shell reads them.
        data: its standard input.
        seconds: that it may take.
        max_output: bytes that it may write.
        environment: all of its variables.

    Raises:
        ChildError: it cannot be started, takes too long, or writes too much.
    """
    name = os.path.basename(command[0])
    loop = asyncio.get_running_loop()
    child = await start_child(
        command, lambda: _Collecting(loop, name, max_output), environment=environment
    )
    try:
        async with asyncio.timeout(seconds):
            child.write(data)
            await child.over
    except TimeoutError:
        reason = f"the program {name!r} took more than {seconds:g} seconds"
        raise ChildError("ERR_CHILD_TIMEOUT", reason) from None
    finally:
        await end_child(child)
    complaint = child.complaint.decode("utf-8", "replace")
    return Finished(child.code, bytes(child.output), complaint)


async def _done(future: asyncio.Future[Any], seconds: float | None = None) -> bool:
    """Wait until a future is done, whatever happens; return whether it was to be given up."""
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    interrupted = False
    while not future.done():
        left = None if end is None else end - loop.time()
        if left is not None and left <= 0:
            break
        try:
            await asyncio.wait([future], timeout=left)
        except asyncio.CancelledError:
            interrupted = True
    return interrupted


class _Collecting(Child):
    """What a program writes, as far as it is kept, and when it is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, max_output: int) -> None:
        super().__init__(loop)
        self.output = bytearray()
        self.complaint = bytearray()
        self.over: asyncio.Future[None] = loop.create_future()
        self._name = name
        self._max_output = max_output

    def write(self, data: bytes) -> None:
        """Give the program what it reads; it need not read all of it."""
        pipe = self.pipe(0)
        if pipe is not None:
            pipe.write(data)
            pipe.close()

    def pipe_data_received(self, descriptor: int, data: bytes) -> None:
        if descriptor == 2:
            self.complaint += data[: MAX_COMPLAINT - len(self.complaint)]
        elif len(self.output) + len(data) <= self._max_output:
            self.output += data
        elif not self.over.done():
            reason = f"the program {self._name!r} wrote more than {self._max_output} bytes"
            self.over.set_exception(ChildError("ERR_CHILD_OUTPUT", reason))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)
        super().connection_lost(error)
        if not self.over.cancelled():
            # Whoever gave up does not ask.
            self.over.exception()
