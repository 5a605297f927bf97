"""A Python host that starts quickly: imported once, then forked for each script.

Most of the time that a case takes is Python importing the host. So one process imports it, and
forks for each script; the fork is a process group of its own and runs the same command line.
``python -m accessor_host.conformance.warm`` is that process: its standard input is a socket, and
at the end of that it kills what it has forked and ends.

What to import it learns by a rehearsal: before the second script it runs one of its own in a fork,
and imports what that fork has imported.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import selectors
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["ForkServer", "WarmHost", "WarmProcess"]

REHEARSAL = Path(__file__).with_name("rehearsal.js")

REHEARSAL_TIMEOUT = 5.0
"""Seconds after which a rehearsal is given up: it is there to save time."""


class WarmProcess:
    """One fork, as much of it as ``asyncio.subprocess.Process`` as the kit needs.

    Args:
        pid: of the fork, and of its group.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def end(self, code: int) -> None:
        """Take the exit code; called by :class:`WarmHost`."""
        self.returncode = code
        self._ended.set()

    async def wait(self) -> int:
        """Wait for the end, and return the exit code; negative for the number of a signal."""
        await self._ended.wait()
        assert self.returncode is not None  # noqa: S101 - set before the event
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.returncode is None:
            os.kill(self.pid, number)


class WarmHost:
    """The process that forks, from the kit's side; it ends with the block."""

    def __init__(self) -> None:
        self._starting: asyncio.Queue[asyncio.Future[WarmProcess]] = asyncio.Queue()
        self._running: dict[int, WarmProcess] = {}

    async def __aenter__(self) -> WarmHost:
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    # A session of its own: Ctrl-C reaches the kit alone, which then ends this.
                    *(sys.executable, "-m", __name__),
                    stdin=theirs.fileno(),
                    start_new_session=True,
                )
            # A second descriptor: the stream closes its own, and both are used at a time.
            self._reader, self._writer = await asyncio.open_connection(sock=self._socket.dup())
        except BaseException:
            self._socket.close()
            raise
        self._socket.setblocking(True)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        self._writer.close()
        # The end of the stream ends the process too.
        self._socket.close()
        await self._process.wait()

    async def start(
        self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], files: Sequence[int]
    ) -> WarmProcess:
        """Fork.

        Args:
            words: arguments of ``accessor-host``.
            cwd: folder to run in.
            env: the whole environment.
            files: descriptors for standard output and standard error.
        """
        started: asyncio.Future[WarmProcess] = asyncio.get_running_loop().create_future()
        self._starting.put_nowait(started)
        request = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env)}).encode()
        # One request at a time fits into the socket's buffer, so this does not block for long.
        socket.send_fds(self._socket, [len(request).to_bytes(4, "big") + request], list(files))
        return await started

    async def _read(self) -> None:
        while line := await self._reader.readline():
            answer: dict[str, int] = json.loads(line)
            if "code" in answer:
                self._running.pop(answer["pid"]).end(answer["code"])
            else:
                process = WarmProcess(answer["pid"])
                self._running[process.pid] = process
                started = self._starting.get_nowait()
                if started.cancelled():
                    _kill_group(process.pid)
                else:
                    started.set_result(process)
        while not self._starting.empty():
            started = self._starting.get_nowait()
            if not started.cancelled():
                started.set_exception(OSError("the warm Python host has ended"))


class ForkServer:
    """The process that forks, from its own side.

    Args:
        connection: where requests come from, and answers go.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._running: set[int] = set()
        self._requests: Counter[tuple[str, ...]] = Counter()

    def serve(self) -> None:
        """Fork for each request and tell of each end, until the other side has gone."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            selector.register(reading, selectors.EVENT_READ)
            try:
                while True:
                    for key, _ in selector.select():
                        if key.fd == reading:
                            os.read(reading, 4096)
                            self._reap()
                        elif not self._take():
                            return
            finally:
                for pid in self._running:
                    _kill_group(pid)

    def _take(self) -> bool:
        head, files, _, _ = socket.recv_fds(self._connection, 4, 2)
        if len(head) < 4:
            return False
        body = b""
        size = int.from_bytes(head, "big")
        while len(body) < size:
            body += self._connection.recv(size - len(body))
        request = json.loads(body)
        *words, _ = request["words"]
        self._requests[tuple(words)] += 1
        # Not before the first: a run of a single script would only wait for it.
        if self._requests[tuple(words)] == 2:
            _import_all(_rehearse(words))
        pid = os.fork()
        if pid == 0:
            _run(request, files)
        for file in files:
            os.close(file)
        self._running.add(pid)
        self._tell({"pid": pid})
        return True

    def _reap(self) -> None:
        for pid in list(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._running.remove(pid)
                self._tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})

    def _tell(self, answer: dict[str, int]) -> None:
        # Who has gone needs no answer; the next request is then the end.
        with suppress(BrokenPipeError):
            self._connection.sendall(json.dumps(answer).encode() + b"\n")


def _kill_group(pid: int) -> None:
    """Kill a fork and all that it has started.

    Args:
        pid: of the fork, which leads a group. Nobody has waited for it yet, so the number is its.
    """
    # A young process leads no group yet.
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
            return


def _rehearse(words: Sequence[str]) -> list[str]:
    """Run a script in a fork and return the names of the modules that it has imported.

    Args:
        words: arguments of ``accessor-host`` before the script.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            _become_program((os.open(os.devnull, os.O_WRONLY),) * 2, kept=writing)
            from ..cli import main

            main([*words, str(REHEARSAL)])
            os.write(writing, "\n".join(sys.modules).encode())
        os._exit(0)
    os.close(writing)
    select.select([reading], [], [], REHEARSAL_TIMEOUT)
    _kill_group(pid)
    os.waitpid(pid, 0)
    with open(reading, encoding="utf-8") as pipe:
        return pipe.read().split()


def _import_all(names: Iterable[str]) -> None:
    for name in names:
        # Some names are of no importable module: "__main__", what Cython registers.
        with suppress(Exception):
            import_module(name)
    # What is here now stays: forks then share its memory instead of copying it to count it.
    gc.freeze()


def _run(request: dict[str, Any], files: Sequence[int]) -> NoReturn:
    code = 70
    try:
        _become_program(files)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        from ..cli import main

        code = main(request["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _become_program(files: Sequence[int], kept: int = -1) -> None:
    """Make of this fork what a program finds at its start.

    Args:
        files: standard output and standard error.
        kept: a descriptor to keep open as well.
    """
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in zip((nothing, *files), (0, 1, 2), strict=True):
        os.dup2(source, target)
    for descriptor in range(3, 256):
        if descriptor != kept:
            with suppress(OSError):
                os.close(descriptor)


if __name__ == "__main__":
    ForkServer(socket.socket(fileno=os.dup(0))).serve()
