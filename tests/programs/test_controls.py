"""SIGHUP and SIGUSR1: certificates and log files again, the state, and nobody is dropped."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from accessor_host.net.listing import MAX_SHOWN

from ..support.certificates import Certificates, make_certificates, server
from ..support.programs import ACCESSOR_HOST, TIMEOUT, Program
from ..support.scripts import running
from ..support.wire import Raw
from ..support.wire import run as within

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SERVER = """
const { Server } = require('@modules/web-socket-server');
const server = new Server(OPTIONS);
server.on('listening', (port) => console.log('listening', port));
server.on('error', (error) => console.log('error', error.code));
server.on('connection', (socket) => socket.on('message', (value) => socket.send(value)));
server.start();
setTimeout(() => {}, 3600000);
"""


@contextmanager
def serving(folder: Path, *options: Any, **server_options: Any) -> Iterator[tuple[Program, int]]:
    """Run a server; yield it and its port."""
    file = folder / "server.js"
    file.write_text(SERVER.replace("OPTIONS", json.dumps({"port": 0, **server_options})))
    with Program([ACCESSOR_HOST, "run", *options, str(file)]) as program:
        program.wait_for("listening")
        yield program, int(program.stdout.split()[1])


def _echoes(client: ClientConnection) -> None:
    client.send("1")
    assert client.recv(TIMEOUT) == "1"


def test_hangup_has_certificates_read_and_the_log_opened_again(tmp_path: Path, engine: str) -> None:
    files, log = make_certificates(tmp_path), tmp_path / "host.log"
    names = {"pemCertPath": "server.pem", "pemKeyPath": "server.key"}
    tls = {"sslTls": True} | {option: str(tmp_path / name) for option, name in names.items()}
    options = ["--engine", engine, "--log-level", "info", "--log-file", log]
    with serving(tmp_path, *options, **tls) as (program, port):
        trusted = ssl.create_default_context(cafile=files.ca)
        with connect(f"wss://localhost:{port}/", ssl=trusted) as kept:
            log.rename(tmp_path / "host.log.1")
            _replace(files)
            program.send_signal(signal.SIGHUP)
            _wait_for(log, "the certificate was read again")
            with connect(f"wss://localhost:{port}/", ssl=trusted) as new:
                serials = [_serial(client) for client in (kept, new)]
                assert serials[0] != serials[1]
            files.write("server.pem", b"nonsense")
            program.send_signal(signal.SIGHUP)
            program.wait_for("error ERR_TLS_NO_CERTIFICATE")
            _echoes(kept)
        program.send_signal(signal.SIGTERM)
        assert program.wait().code == 143


def _replace(files: Certificates) -> None:
    new = server(files.authority)
    files.write("server.key", new.pem_key())
    files.write("server.pem", new.pem())


def _serial(client: ClientConnection) -> Any:
    assert isinstance(client.socket, ssl.SSLSocket)
    certificate = client.socket.getpeercert()
    assert certificate is not None
    return certificate["serialNumber"]


def _wait_for(file: Path, text: str, times: int = 1) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not (file.exists() and file.read_text().count(text) >= times):
        assert time.monotonic() < deadline, f"no {text!r} in {file}"
        time.sleep(0.01)


def test_the_state_is_shown_and_nobody_is_disturbed(tmp_path: Path, engine: str) -> None:
    options = ["--engine", engine, "--log-level", "error"]
    with serving(tmp_path, *options) as (program, port):
        with connect(f"ws://127.0.0.1:{port}/room?token=secret") as client:
            _echoes(client)
            for times in (1, 2):
                program.send_signal(signal.SIGUSR1)
                program.wait_for("timer 1: in ", stream="stderr", times=times)
            _echoes(client)
        program.send_signal(signal.SIGTERM)
        ended = program.wait()
    assert ended.code == 143
    lines = ended.stderr.splitlines()
    start = "accessor-host: warning: "
    assert all(line.startswith(start) for line in lines)
    said = [line.removeprefix(start) for line in lines[: len(lines) // 2]]
    assert said[0] == f"state of process {program.pid}: 5 lines follow"
    assert said[1] == f"host with {engine}, 0 uncaught errors"
    listening = f"listening at 127.0.0.1 port {port}, 1 connections, refused: nothing"
    assert said[2] == f"server on localhost:0: {listening}"
    assert re.fullmatch(
        r"  connection \d+ from 127\.0\.0\.1:\d+: open, path /room, 0 bytes unsent", said[3]
    )
    assert said[4] == "timers: 1"
    assert re.fullmatch(r"  timer 1: in 3[56]\d\d\.\d{3} s", said[5])


def test_invoke_hears_of_both_too(tmp_path: Path, engine: str) -> None:
    file = tmp_path / "server.js"
    file.write_text(SERVER.replace("OPTIONS", '{"port": 0}'))
    command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--keepalive", "--js", file]
    with Program(command) as program:
        program.wait_for("listening")
        program.send_signal(signal.SIGHUP)
        program.send_signal(signal.SIGUSR1)
        program.wait_for("timers: 1", stream="stderr")
        program.send_signal(signal.SIGTERM)
        assert program.wait().code == 143


MANY = """
    const { Server } = require('@modules/web-socket-server');
    const { Client } = require('@modules/web-socket-client');
    const server = new Server({ port: 0 });
    server.on('listening', (port) => {
      console.log('listening', port);
      const client = new Client({ port: 1, path: '/' });
      client.open();
      client.on('error', () => 0);
    });
    for (let i = 0; i < 150; i++) setTimeout(() => {}, 3600000).unref();
    server.start();
"""


def test_a_state_is_bounded_and_harmless(engine: str) -> None:
    async def test() -> None:
        async with running(engine, MANY) as script:
            port = await script.port()
            raws = [await Raw.connect(port) for _ in range(MAX_SHOWN + 5)]
            path = b"/\x1b[2J" + b"x" * 400
            for raw in raws:
                raw.send(
                    b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
                )
                assert (await raw.reader.readline()).startswith(b"HTTP/1.1 101 ")
            lines = script.host.state()
            assert all(line.isprintable() and len(line) < 500 for line in lines)
            assert sum(line.startswith("  connection ") for line in lines) == MAX_SHOWN
            assert "\\x1b[2Jx" in lines[2]
            assert "  ... and 5 more" in lines
            assert sum(line.startswith("  timer ") for line in lines) == MAX_SHOWN
            assert lines[-1] == "  ... and 50 more"
            assert "(unreferenced)" in lines[-2]
            assert "clients: 1" in lines
            for raw in raws:
                raw.kill()

    within(test())


@pytest.mark.slow
def test_a_supervisor_passes_signals_on(tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    options = ["--workers", "2", "--log-level", "info", "--log-file", log]
    with serving(tmp_path, *options) as (program, port):
        program.wait_for("listening", times=2)
        with connect(f"ws://127.0.0.1:{port}/") as client:
            log.rename(tmp_path / "old.log")
            program.send_signal(signal.SIGHUP)
            _wait_for(log, "")
            program.send_signal(signal.SIGUSR1)
            _wait_for(log, f"supervisor (pid {program.pid}) of worker 1 (pid ")
            _wait_for(log, "1 connections")
            _wait_for(log, "state of process", times=2)
            _echoes(client)
        # All of them at once, as pkill does it.
        os.killpg(program.pid, signal.SIGHUP)
        os.killpg(program.pid, signal.SIGUSR1)
        with connect(f"ws://127.0.0.1:{port}/") as client:
            _echoes(client)
        program.send_signal(signal.SIGTERM)
        ended = program.wait()
    assert (ended.code, ended.stderr) == (143, "")


@pytest.mark.slow
def test_a_worker_that_does_not_catch_signals_yet_is_not_ended_by_them(tmp_path: Path) -> None:
    file = tmp_path / "server.js"
    file.write_text(SERVER.replace("OPTIONS", '{"port": 0}'))
    with Program([ACCESSOR_HOST, "run", "--workers", "2", file]) as program:
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        deadline = time.monotonic() + TIMEOUT
        while not (pids := children.read_text().split()):
            assert time.monotonic() < deadline
        for number in (signal.SIGHUP, signal.SIGUSR1):
            os.kill(int(pids[0]), number)
        program.wait_for("listening", times=2)
        program.wait_for("state of process", stream="stderr")
        assert "was killed" not in program.stderr


IN_TERMINAL = """
import os, signal, sys
ignored, *command = sys.argv[1:]
if ignored == "ignored":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(command[0], command)
"""


@pytest.mark.parametrize(
    "option",
    ["--workers=1", "--allow-listen=0", pytest.param("--workers=2", marks=pytest.mark.slow)],
)
def test_a_program_ends_with_its_terminal(tmp_path: Path, option: str) -> None:
    code = _in_a_terminal_that_closes(tmp_path, "caught", option)
    assert code == 128 + signal.SIGHUP


def test_a_program_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    assert _in_a_terminal_that_closes(tmp_path, "ignored") == 128 + signal.SIGTERM


def _in_a_terminal_that_closes(folder: Path, hangup: str, *options: str) -> int:
    """Run a server in a terminal of its own, close that, and return how the program ended."""
    file, out = folder / "server.js", folder / "out"
    file.write_text(SERVER.replace("OPTIONS", '{"port": 0}'))
    ours, theirs = pty.openpty()
    with out.open("w") as output:
        command = [sys.executable, "-c", IN_TERMINAL, hangup, ACCESSOR_HOST, "run", *options, file]
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=theirs,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
    os.close(theirs)
    try:
        _wait_for(out, "listening")
        # A hangup while the terminal is there is not its end.
        process.send_signal(signal.SIGHUP)
        os.close(ours)
        if hangup == "ignored":
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
        return process.wait(TIMEOUT)
    finally:
        process.kill()
        process.wait()


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
