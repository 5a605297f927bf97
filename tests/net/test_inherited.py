"""Sockets that a program was started with, as systemd does it: LISTEN_FDS and LISTEN_PID."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect, unix_connect

from accessor_host.net.inherited import FIRST, MAX_SOCKETS, Inheritance

from ..support.programs import ACCESSOR_HOST, Program

STARTER = """
import os, socket, sys

count, *command = sys.argv[1:]
os.environ["LISTEN_FDS"] = count
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(command[0], command)
"""
"""A process that hands its descriptors from 3 on to a program, which gets its pid."""

SCRIPT = """
const { Server } = require('@modules/web-socket-server');
const server = new Server(%s);
server.on('listening', (port) => console.log('listening', port));
server.on('error', (error) => console.log('error', error.code));
server.on('connection', (socket) => socket.on('message', (value) => socket.send(value)));
server.start();
"""


@contextmanager
def started_with(sockets: list[socket.socket], script: Path, *options: str) -> Iterator[Program]:
    """Run a script in a program that has inherited sockets."""
    copies = []
    # From 3 on, in this order.
    wrapper = f"""
import fcntl, os, sys
numbers = {[sock.fileno() for sock in sockets]}
kept = [fcntl.fcntl(number, fcntl.F_DUPFD, 100) for number in numbers]
for place, number in enumerate(kept):
    os.dup2(number, {FIRST} + place)
sys.argv = ["-", "{len(sockets)}", *sys.argv[1:]]
{STARTER}
"""
    for sock in sockets:
        sock.set_inheritable(True)
        copies.append(sock.fileno())
    command = [sys.executable, "-c", wrapper, ACCESSOR_HOST, "run", *options, str(script)]
    with Program(command, pass_fds=copies) as program:
        yield program


def _script(folder: Path, options: str) -> Path:
    file = folder / "server.js"
    file.write_text(SCRIPT % options)
    return file


def _echoes(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/") as client:
        client.send("1")
        assert client.recv(10) == "1"


def test_a_server_takes_the_socket_of_its_address(tmp_path: Path, engine: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_server(("127.0.0.1", 0)) as wanted,
    ):
        port = wanted.getsockname()[1]
        script = _script(tmp_path, f"{{ port: {port} }}")
        with started_with([other, wanted], script, "--engine", engine) as program:
            # Nobody could bind it: this process has it.
            program.wait_for(f"listening {port}")
            _echoes(port)


@pytest.mark.slow
def test_workers_share_what_their_supervisor_was_started_with(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
        unix.listen()
        port = tcp.getsockname()[1]
        both = f"{{ port: {port} }}); new Server({{ hostInterface: 'unix:{path}' }}).start("
        script = _script(tmp_path, both)
        with started_with([tcp, unix], script, "--workers", "2") as program:
            program.wait_for(f"listening {port}", times=2)
            _echoes(port)
            with unix_connect(str(path), "ws://localhost/") as client:
                client.close()
    assert path.exists(), "who has made it removes it"


@pytest.mark.slow
def test_a_unix_socket_of_workers_is_an_error_without_one(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    script = _script(tmp_path, f"{{ hostInterface: 'unix:{path}' }}")
    with Program([ACCESSOR_HOST, "run", "--workers", "2", str(script)]) as program:
        program.wait_for("error ENOTSUP", times=1)
    assert not path.exists()


def _inheriting(count: object, process: object) -> Inheritance:
    return Inheritance({"LISTEN_FDS": str(count), "LISTEN_PID": str(process)}, 42)


def test_only_this_process_inherits() -> None:
    assert _inheriting(2, 42)._descriptors == range(3, 5)
    assert _inheriting(2, 41)._descriptors == range(3, 3)
    assert _inheriting("two", 42)._descriptors == range(3, 3)
    assert _inheriting(-1, 42)._descriptors == range(3, 3)
    assert Inheritance({}, 42)._descriptors == range(3, 3)
    assert len(_inheriting(10**12, 42)._descriptors) == MAX_SOCKETS


@contextmanager
def _adopting(sock: socket.socket) -> Iterator[Inheritance]:
    inheritance = Inheritance({}, 0)
    inheritance.adopt([os.dup(sock.fileno())])
    yield inheritance
    # A process has them to its end.
    for adopted in inheritance._all():
        adopted.close()


def _found(inheritance: Inheritance, family: int, address: str, port: int) -> int:
    found = inheritance.find([(socket.AddressFamily(family), address)], port)
    for sock in found:
        sock.close()
    return len(found)


def test_addresses_match_however_they_are_written() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            sock.bind(("::", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        sock.listen()
        port = sock.getsockname()[1]
        with _adopting(sock) as inheritance:
            for family, address, wanted, count in (
                (socket.AF_INET6, "0:0::0", port, 1),
                (socket.AF_INET, "0.0.0.0", port, 1),
                (socket.AF_INET, "127.0.0.1", port, 0),
                (socket.AF_INET6, "::1", port, 0),
                (socket.AF_INET6, "::", port + 1, 0),
                (socket.AF_INET6, "::", 0, 0),
            ):
                assert _found(inheritance, family, address, wanted) == count


def test_one_of_several_addresses_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock, _adopting(sock) as inheritance:
        localhost = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
        (found,) = inheritance.find(localhost, sock.getsockname()[1])
        found.close()
        # It is there again for another start.
        assert _found(inheritance, socket.AF_INET, "127.0.0.1", sock.getsockname()[1]) == 1


def test_what_does_not_listen_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with (
        file.open() as plain,
        socket.socket() as silent,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        silent.bind(("127.0.0.1", 0))
        datagrams.bind(("127.0.0.1", 0))
        inheritance = Inheritance({}, 0)
        inheritance.adopt([plain.fileno(), silent.fileno(), datagrams.fileno(), 10**6])
        assert inheritance.descriptors == []
        assert _found(inheritance, socket.AF_INET, "127.0.0.1", silent.getsockname()[1]) == 0
        assert plain.read() == "x"
        assert silent.getsockname()
