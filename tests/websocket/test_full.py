"""A server whose process may open no more files: one line in the log, and service at once."""

from __future__ import annotations

import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from ..support.wire import DEADLINE, handshake

FILES = 64

CLIENTS = 94

SCRIPT = """
const { Server } = require('@modules/web-socket-server');
const server = new Server({ port: 0, hostInterface: '127.0.0.1' });
server.on('listening', (port) => console.log(port));
server.start();
"""


@contextmanager
def listening(loop: str, folder: Path) -> Iterator[tuple[int, Path]]:
    """Run a server that may have few files open; return its port and its log."""
    script, log = folder / "server.js", folder / "log"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "accessor_host", "run", "--loop", loop, str(script)]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, preexec_fn=limit
        )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), log
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) in (0, 143)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), DEADLINE)
    with suppress(OSError):
        client.sendall(handshake())
    return client


def answer(client: socket.socket, seconds: float) -> bytes:
    """Return what the server says within a time; nothing when it says nothing, or drops us."""
    if not select.select([client], [], [], seconds)[0]:
        return b""
    try:
        return client.recv(100)
    except OSError:
        return b""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_service_goes_on_at_once_and_the_log_has_one_line(loop: str, tmp_path: Path) -> None:
    with listening(loop, tmp_path) as (port, log):
        with ExitStack() as stack:
            clients = [stack.enter_context(ask(port)) for _ in range(CLIENTS)]
            served = [client for client in clients if answer(client, 0.1).startswith(b"HTTP/1.1 1")]
            assert FILES // 2 < len(served) < FILES
        started = time.monotonic()
        while time.monotonic() - started < DEADLINE:
            with ask(port) as client:
                if answer(client, DEADLINE).startswith(b"HTTP/1.1 101"):
                    break
        assert time.monotonic() - started < 1
        text = log.read_text()
    reason = re.escape(os.strerror(24).lower())
    assert re.fullmatch(rf".*clients are not served until others leave: {reason}\n", text), text
