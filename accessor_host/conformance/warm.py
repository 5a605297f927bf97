"""A Python host that starts quickly: imported once, then forked for each script.

Most of the time that a case takes is Python importing the host. So one process imports it, and
forks for each script; the fork is a process group of its own and runs the same command line.
``python -m accessor_host.conformance.warm`` is that process: its standard input is a socket.
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["WarmHost", "WarmProcess", "serve"]

MAX_MESSAGE = 1 << 20
"""Bytes of a request: the environment is the largest part of it."""


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
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=theirs.fileno()
            )
        # A second descriptor: the stream closes its own, and both are used at a time.
        self._reader, self._writer = await asyncio.open_connection(sock=self._socket.dup())
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
                self._starting.get_nowait().set_result(process)
        while not self._starting.empty():
            self._starting.get_nowait().set_exception(OSError("the warm Python host has ended"))


def serve(connection: socket.socket) -> None:
    """Fork for each request, and tell of each end, until the other side has gone.

    Args:
        connection: where requests come from.
    """
    # What every script needs, once; an engine is made anew in each fork.
    from ..core import bundle
    from ..programs import script as runner  # noqa: F401

    bundle.bundle()
    bundle.bootstrap()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(reading, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == reading:
                    os.read(reading, 4096)
                    _reap(connection)
                elif not _fork(connection):
                    return


def _fork(connection: socket.socket) -> bool:
    head, files, _, _ = socket.recv_fds(connection, 4, 2)
    if len(head) < 4:
        return False
    body = b""
    size = int.from_bytes(head, "big")
    while len(body) < size:
        body += connection.recv(size - len(body))
    pid = os.fork()
    if pid == 0:
        _run(json.loads(body), files, connection)
    for file in files:
        os.close(file)
    _tell(connection, {"pid": pid})
    return True


def _run(request: dict[str, Any], files: list[int], connection: socket.socket) -> None:
    code = 70
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in zip((nothing, *files), (0, 1, 2), strict=True):
            os.dup2(source, target)
        connection.close()
        os.closerange(3, 256)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        from ..cli import main

        code = main(request["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _reap(connection: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(connection, {"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(connection: socket.socket, answer: dict[str, int]) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    serve(socket.socket(fileno=os.dup(0)))
