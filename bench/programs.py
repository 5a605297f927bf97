"""Processes that the benchmark starts, each on the cores that it gets, and none left behind."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from .errors import BenchError
from .signals import uninterrupted

__all__ = ["REPOSITORY", "Program", "stop_all"]

REPOSITORY = Path(__file__).resolve().parents[1]

_STOP_LIMIT = 5.0
"""Seconds that a program has to end by itself."""

_LINE = 1024 * 1024


class Program:
    """A running program; it has ended when the block is left.

    Args:
        command: program and arguments.
        cores: where it may run.
        env: variables on top of this process's own.
    """

    def __init__(
        self,
        command: Sequence[str],
        cores: Sequence[int],
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._cores = cores
        self._env = _environment() | dict(env or {})
        self._unread = b""
        self.started = 0.0
        """When it was started, by ``time.perf_counter()``."""

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """Return the numbers of the process and of those that it has started."""
        found = []
        for file in Path("/proc").glob("[0-9]*/stat"):
            # It may have ended since.
            with suppress(OSError):
                # After the name: field 3 is the state, field 5 the process group.
                if int(file.read_text().rpartition(") ")[2].split()[2]) == self.pid:
                    found.append(int(file.parent.name))
        return found

    def write_line(self, line: str) -> None:
        """Write to its standard input."""
        try:
            self._input.write(line.encode() + b"\n")
            self._input.flush()
        except BrokenPipeError:
            raise self._error("ended") from None

    def read_line(self, limit: float) -> str:
        """Read from its standard output.

        Args:
            limit: seconds to wait.

        Raises:
            BenchError: it printed nothing, or ended.
        """
        deadline = time.monotonic() + limit
        while b"\n" not in self._unread:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._output], [], [], left)[0]:
                raise self._error(f"said nothing within {limit:g} s")
            data = os.read(self._output.fileno(), _LINE)
            if not data:
                raise self._error("ended")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode(errors="replace")

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            BenchError: it does not.
        """
        if self._process.poll() is not None:
            raise self._error("ended")

    def _error(self, what: str) -> BenchError:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace")[-2000:].strip()
        return BenchError(f"{shlex.join(self._command)} {what}" + (f"\n{said}" if said else ""))

    def __enter__(self) -> Self:
        self._errors = tempfile.TemporaryFile()
        with uninterrupted(), _pinned(self._cores):
            self.started = time.perf_counter()
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                cwd=REPOSITORY,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                # A group of its own: Ctrl-C reaches the benchmark alone, which stops all others.
                start_new_session=True,
            )
            # With PIPE there are both.
            self._input = cast("IO[bytes]", self._process.stdin)
            self._output = cast("IO[bytes]", self._process.stdout)
            _running.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop(gently=kind is None or issubclass(kind, Exception))

    def stop(self, *, gently: bool) -> None:
        """End it, and those that it has started.

        Args:
            gently: whether it has time to end by itself.
        """
        process = self._process
        with uninterrupted():
            if gently:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_STOP_LIMIT)
            # Its children too, if it has any and leaves them.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (self._input, self._output):
                with suppress(BrokenPipeError):
                    stream.close()
            self._errors.close()
            _running.discard(self)


_running: set[Program] = set()


def stop_all() -> None:
    """End what still runs: a signal may come where a block is just being entered."""
    with uninterrupted():
        for program in list(_running):
            program.stop(gently=False)


def _environment() -> dict[str, str]:
    """Return what a program sees: no switch of an interpreter that would slow down its start."""
    switches = ("PYTHON", "NODE_", "UV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(switches)}


@contextmanager
def _pinned(cores: Sequence[int]) -> Iterator[None]:
    """Run on some cores for a moment: what is started then stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
