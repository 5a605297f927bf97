"""Programs that tests start and talk to: ``accessor-host`` above all."""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import IO, Self

ACCESSOR_HOST = str(Path(sysconfig.get_path("scripts"), "accessor-host"))
"""The console script of the environment that runs the tests."""

TIMEOUT = 20.0
"""Seconds that anything may take: far more than it needs, so that a hang ends with a message."""


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it printed."""

    code: int
    stdout: str
    stderr: str


class Program:
    """One running program, killed when the block is left.

    Args:
        command: program and arguments.
        cwd: folder to run it in.
        env: variables on top of this process's own.
        interactive: whether lines will be typed.
        pass_fds: descriptors that it inherits.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        interactive: bool = False,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.command = [str(word) for word in command]
        self._process = subprocess.Popen(
            self.command,
            cwd=cwd,
            # Options for this run of pytest are none for one that a test starts.
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTEST_ADDOPTS": "", **(env or {})},
            stdin=subprocess.PIPE if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # A group of its own: signals reach it alone, and its children end with it.
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self._changed = threading.Condition()
        self._output = {"stdout": "", "stderr": ""}
        self._open = 2
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (
                ("stdout", self._process.stdout),
                ("stderr", self._process.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._output[name] += line
                    self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return self._output["stdout"]

    @property
    def stderr(self) -> str:
        """What it has printed to standard error so far."""
        return self._output["stderr"]

    def wait_for(self, text: str, *, stream: str = "stdout", times: int = 1) -> None:
        """Wait until a text has been printed."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: self._output[stream].count(text) >= times or not self._open, TIMEOUT
            )
        count = self._output[stream].count(text)
        assert found, f"no {text!r} on {stream} within {TIMEOUT:g} s\n{self._describe()}"
        assert count >= times, f"it ended without {text!r} on {stream}\n{self._describe()}"

    def type_line(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def end_input(self) -> None:
        """Say that nothing more will be typed."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    def wait(self) -> Ended:
        """Wait until it has ended by itself."""
        try:
            code = self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"it did not end within {TIMEOUT:g} s\n{self._describe()}"
            ) from None
        for reader in self._readers:
            reader.join(TIMEOUT)
        return Ended(code, self.stdout, self.stderr)

    def _describe(self) -> str:
        return f"$ {shlex.join(self.command)}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        for reader in self._readers:
            reader.join(TIMEOUT)


def run(command: Sequence[str | Path], **options: Path | Mapping[str, str] | None) -> Ended:
    """Run a program to its end; options as for :class:`Program`."""
    with Program(command, **options) as program:  # type: ignore[arg-type]
        return program.wait()


DOCUMENTED_PORT = 8082
"""The port that the specification's snippet names."""


@contextmanager
def fixed_port(port: int) -> Iterator[int]:
    """Have a certain port for one test alone, other runs of these tests included."""
    lock = Path(gettempdir(), f"accessor-host-tests-{port}.lock")
    with lock.open("w") as file:
        _until(lambda: _try_lock(file), f"another run of these tests holds {lock}")
        _until(lambda: _is_free(port), f"port {port} is taken by another program")
        yield port


def documented_port() -> AbstractContextManager[int]:
    """Have the documented port for one test alone."""
    return fixed_port(DOCUMENTED_PORT)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            # A machine without IPv6 has no ::1 that could be taken.
            if error.errno == errno.EADDRINUSE:
                return False
    return True


def _until(condition: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + 3 * TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, failure
        time.sleep(0.05)
