"""Programs that the host starts for its modules: from begin to end, and not for long."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from ..errors import AccessorHostError

__all__ = ["ChildError", "Finished", "run_child"]

_MAX_COMPLAINT = 65_536
"""Bytes of standard error that are kept; the rest is read and dropped."""


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
    try:
        transport, child = await loop.subprocess_exec(
            lambda: _Child(loop, name, max_output),
            *command,
            env=dict(environment),
            # A group of its own: its children end with it, and Ctrl-C is for the host.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        from errno import errorcode

        code = errorcode.get(getattr(error, "errno", None) or 0, "EINVAL")
        text = getattr(error, "strerror", None) or str(error)
        raise ChildError(code, f"cannot start {name!r}: {text}") from None
    try:
        async with asyncio.timeout(seconds):
            child.write(data)
            await child.over
            return Finished(
                transport.get_returncode() or 0,
                bytes(child.output),
                child.complaint.decode("utf-8", "replace"),
            )
    except TimeoutError:
        reason = f"the program {name!r} took more than {seconds:g} seconds"
        raise ChildError("ERR_CHILD_TIMEOUT", reason) from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        transport.close()
        # It has been killed, so this does not take long; no zombie and no pipe must be left.
        await asyncio.shield(child.lost)


class _Child(asyncio.SubprocessProtocol):
    """What a program writes, as far as it is kept, and when it is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, max_output: int) -> None:
        self.output = bytearray()
        self.complaint = bytearray()
        self.over: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._name = name
        self._max_output = max_output
        self._transport: asyncio.SubprocessTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def write(self, data: bytes) -> None:
        """Give the program what it reads; it need not read all of it."""
        transport = self._transport and self._transport.get_pipe_transport(0)
        if transport is not None:
            pipe = cast("asyncio.WriteTransport", transport)
            pipe.write(data)
            pipe.close()

    def pipe_data_received(self, descriptor: int, data: bytes) -> None:
        if descriptor == 2:
            self.complaint += data[: _MAX_COMPLAINT - len(self.complaint)]
        elif len(self.output) + len(data) <= self._max_output:
            self.output += data
        elif not self.over.done():
            reason = f"the program {self._name!r} wrote more than {self._max_output} bytes"
            self.over.set_exception(ChildError("ERR_CHILD_OUTPUT", reason))

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)
        self.lost.set_result(None)
        if not self.over.cancelled():
            # Whoever gave up does not ask.
            self.over.exception()
