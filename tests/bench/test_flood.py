"""Clients that send as fast as they can: others are served, memory stays, and the host stops."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.flood import IDLE, LIMITS, MOST_LEFT, bomb, measure
from bench.load.flood import KINDS
from bench.machine import two_cores

from ..support.wire import DEADLINE

pytestmark = pytest.mark.slow

TRIES = 3
"""A busy machine makes a try worse, never better."""

MIB = 1024 * 1024

SCRIPT = """
const { Server } = require('@modules/web-socket-server');
const server = new Server({ port: 0, hostInterface: '127.0.0.1', receiveType: 'text/plain',
                            sendType: 'text/plain', closingTimeout: 1000 });
server.on('listening', (port) => console.log(port));
server.on('connection', (socket) => socket.on('message', (message) => socket.send(message)));
server.start();
"""


@pytest.mark.parametrize("engine", ["quickjs", "dukpy"])
@pytest.mark.parametrize("clients", LIMITS)
@pytest.mark.parametrize("kind", KINDS)
def test_another_client_is_served_beside_a_flood(kind: str, clients: int, engine: str) -> None:
    p50, longest = LIMITS[clients]
    for _ in range(TRIES):
        seen = measure(engine, "auto", kind, clients, 1.0, two_cores())
        if seen["p50"] <= p50 and seen["longest"] <= longest and seen["stayed"] == IDLE:
            return
    raise AssertionError(f"{clients} clients, {kind}: {seen}")


@pytest.mark.parametrize("engine", ["quickjs", "dukpy"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_bombs_leave_no_memory_although_nothing_is_collected(loop: str, engine: str) -> None:
    assert bomb(engine, loop, two_cores()) <= MOST_LEFT


@contextmanager
def listening(loop: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    script = folder / "server.js"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "accessor_host", "run", "--loop", loop, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def resident(process: subprocess.Popen[str]) -> int:
    """Return the bytes of a process that are in memory."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("kind", ["one-byte messages", "empty fragments", "pings"])
def test_a_flood_holds_no_memory_and_does_not_keep_the_host_from_its_end(
    kind: str, loop: str, tmp_path: Path
) -> None:
    clients, seconds = 48, 3.0
    with listening(loop, tmp_path) as (process, port):
        before = resident(process)
        command = [sys.executable, "-m", "bench.load.flood", kind, str(clients), str(port), "60"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flood:
            try:
                assert flood.stdout is not None
                assert flood.stdout.readline() == "flooding\n"
                end = time.monotonic() + seconds
                most = before
                while time.monotonic() < end:
                    most = max(most, resident(process))
                    time.sleep(0.05)
                # One read of each, what the system's buffers bring of answers, and the heap.
                assert most - before < 100 * MIB, f"{(most - before) / MIB:.0f} MiB"
                started = time.monotonic()
                process.send_signal(signal.SIGTERM)
                process.wait(DEADLINE)
                # Who floods does not answer a close frame: the closing timeout, and little more.
                assert time.monotonic() - started < 4
            finally:
                flood.kill()
