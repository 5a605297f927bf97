"""One run of a host: a process group, and the reports among what it prints."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .values import decode
from .warm import WarmHost, WarmProcess

__all__ = ["MARKER", "HostEnded", "HostProcess", "Nonsense", "Report"]

MARKER = "@conformance "
"""What a line of the kit begins with; hosts may put a time or a level before it."""

MAX_LINE = 16 * 1024 * 1024
MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes of output after which a host is taken to be running wild."""

TAIL = 4000
"""Bytes of other output that are kept to explain a failure."""

LAST_WORDS_TIMEOUT = 1.0
"""Seconds to read what a killed host had printed."""

REAP_TIMEOUT = 10.0
"""Seconds for a killed process to be gone: only a broken kernel needs more."""


@dataclass(frozen=True)
class Report:
    """One call of ``report`` in a script."""

    name: str
    values: list[Any]


class Nonsense(Exception):
    """Say what a host printed that no host prints."""


class HostEnded(Exception):
    """Say that a host ended while something was still expected of it.

    Args:
        code: its exit code; negative for the number of a signal.
    """

    def __init__(self, code: int) -> None:
        self.code = code
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        super().__init__(f"the host ended {how}")


class HostProcess:
    """A host running a script; everything that it started is killed when the block is left.

    Args:
        command: program and arguments.
        cwd: folder to run it in.
        env: variables on top of this process's own.
        warm: forks for ``command``, which has no program then, only arguments; None starts it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        warm: WarmHost | None = None,
    ) -> None:
        self._warm = warm
        self._command = command
        self.cwd = cwd
        """The folder that it runs in."""
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._reports: deque[Report] = deque()
        self._changed = asyncio.Event()
        self._complete = False
        self._nonsense: Nonsense | None = None
        self._tails = {"stdout": b"", "stderr": b""}
        self._readers: list[asyncio.Task[None]] = []
        self._transports: list[asyncio.ReadTransport] = []

    async def __aenter__(self) -> Self:
        # Pipes of our own: with asyncio's, a grandchild that keeps one open delays wait().
        streams = {}
        ends = []
        for name in ("stdout", "stderr"):
            reading, writing = os.pipe()
            ends.append(writing)
            streams[name] = await self._stream(reading)
        try:
            self._process = await self._start(ends)
        except BaseException:
            for transport in self._transports:
                transport.close()
            raise
        finally:
            for end in ends:
                os.close(end)
        self._readers = [
            asyncio.create_task(self._read_reports(streams["stdout"])),
            asyncio.create_task(self._read_rest(streams["stderr"])),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            # It has ended with all its children, or is so young that it has no group yet.
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
        # Its last words explain a failure; somebody who left its group may hold the pipes open.
        _, unread = await asyncio.wait(self._readers, timeout=LAST_WORDS_TIMEOUT)
        for reader in unread:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for transport in self._transports:
            transport.close()
        await asyncio.wait_for(self._process.wait(), REAP_TIMEOUT)

    async def _start(self, files: Sequence[int]) -> asyncio.subprocess.Process | WarmProcess:
        if self._warm is not None:
            return await self._warm.start(self._command, cwd=self.cwd, env=self._env, files=files)
        return await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self.cwd,
            env=self._env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=files[0],
            stderr=files[1],
            # A group of its own: it can be killed with all that it started.
            start_new_session=True,
        )

    async def next(self) -> Report:
        """Return the next report.

        Raises:
            HostEnded: there is none, and there will be none.
            Nonsense: the host printed something that is not a report but claims to be one.
        """
        while not self._reports:
            if self._nonsense is not None:
                raise self._nonsense
            if self._complete:
                raise HostEnded(await self._process.wait())
            self._changed.clear()
            await self._changed.wait()
        return self._reports.popleft()

    async def ended(self) -> int:
        """Wait until the host has ended by itself, and return its exit code."""
        code = await self._process.wait()
        await asyncio.gather(*self._readers)
        return code

    @property
    def has_ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the host alone."""
        self._process.send_signal(number)

    def tail(self, stream: str) -> str:
        """Return the end of what it printed apart from reports.

        Args:
            stream: ``"stdout"`` or ``"stderr"``.
        """
        return self._tails[stream].decode("utf-8", "replace").strip()

    async def _stream(self, descriptor: int) -> asyncio.StreamReader:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
        )
        self._transports.append(transport)
        return reader

    async def _read_reports(self, stream: asyncio.StreamReader) -> None:
        rest = bytearray()
        total = 0
        while data := await stream.read(65536):
            total += len(data)
            rest += data
            if total > MAX_OUTPUT or len(rest) > MAX_LINE:
                self._nonsense = Nonsense("the host prints without end")
                break
            if b"\n" in data:
                *lines, last = bytes(rest).split(b"\n")
                rest[:] = last
                for line in lines:
                    self._take(line)
            self._changed.set()
        else:
            if rest:
                self._take(bytes(rest))
            self._complete = True
        self._changed.set()

    async def _read_rest(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(65536):
            self._keep("stderr", data)

    def _take(self, line: bytes) -> None:
        _, marker, text = line.decode("utf-8", "replace").partition(MARKER)
        if not marker:
            self._keep("stdout", line + b"\n")
            return
        try:
            parsed = json.loads(text)
            report = Report(parsed["report"], decode(parsed["values"]))
            if not (isinstance(report.name, str) and isinstance(report.values, list)):
                raise TypeError
        except (ValueError, TypeError, KeyError, RecursionError):
            self._nonsense = Nonsense(f"the host printed a report that is none: {text[:100]!r}")
        else:
            self._reports.append(report)

    def _keep(self, stream: str, data: bytes) -> None:
        self._tails[stream] = (self._tails[stream] + data)[-TAIL:]
