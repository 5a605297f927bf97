"""Servers on Unix sockets: what they replace, what they leave alone, and who may connect."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
import uvloop
from websockets.asyncio.client import unix_connect

from accessor_host.core.permissions import Permissions
from accessor_host.errors import AccessDeniedError, ListenError
from accessor_host.modules.web_socket_server.server import Server
from accessor_host.net import addresses, unix_sockets

from ..support.scripts import running
from ..support.wire import DEADLINE, Events, echo, run, serving


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.sock"


def _listens(path: Path, **options: Any) -> Any:
    return serving(echo, hostInterface=f"unix:{path}", **options)


async def _error(host: str) -> ListenError:
    server = Server(hostInterface=host)
    events = Events(server, "listening", "error")
    server.start()
    error = await events.wait("error")
    assert events.of("listening") == []
    assert isinstance(error, ListenError)
    return error


async def _echoes(path: Path) -> None:
    async with unix_connect(str(path), "ws://localhost/") as client:
        await client.send("1")
        assert await client.recv() == "1"


def test_clients_come_by_a_path_on_uvloop_too(path: Path) -> None:
    async def test() -> None:
        async with _listens(path) as running:
            await _echoes(path)
            sock, _ = await running.socket()
            assert (sock.remote_host(), sock.remote_port()) == ("", 0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test(), DEADLINE))
    assert not path.exists()


def test_clients_come_by_a_path(path: Path) -> None:
    async def test() -> None:
        async with _listens(path) as running:
            assert running.events.of("listening") == [0]
            where = {"address": str(path), "family": "unix", "port": 0}
            assert running.server.address() == where
            assert (running.server.port, str(running.server)) == (0, f"server on unix:{path}")
            await _echoes(path)
            sock, _ = await running.socket()
            assert (sock.remote_host(), sock.remote_port()) == ("", 0)

    run(test())
    assert not path.exists()


def test_plain_http_by_a_path_is_answered_too(path: Path) -> None:
    async def test() -> None:
        async with _listens(path):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 426 ")
            writer.close()

    run(test())


@pytest.mark.parametrize(("mode", "expected"), [(None, 0o660), (0o600, 0o600), (0o666, 0o666)])
def test_the_mode_of_the_file_is_the_option_whatever_the_umask(
    path: Path, mode: int | None, expected: int
) -> None:
    async def test() -> None:
        async with _listens(path, socketMode=mode):
            assert stat.S_IMODE(os.stat(path).st_mode) == expected

    before = os.umask(0o077)
    try:
        run(test())
    finally:
        os.umask(before)


def test_a_socket_that_was_left_behind_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()

    async def test() -> None:
        async with _listens(path):
            await _echoes(path)

    assert path.is_socket()
    run(test())
    assert not path.exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "datagram", "served", "full"])
def test_what_is_not_ours_is_refused_and_left_alone(path: Path, kind: str) -> None:
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "datagram" else 1)
    match kind:
        case "file":
            path.write_text("precious")
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(path.with_name("nowhere"))
        case _:
            held.bind(str(path))
            if kind != "datagram":
                held.listen(0)
    before = path.lstat()
    waiting = []
    if kind == "full":
        for _ in range(3):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            client.connect_ex(str(path))
            waiting.append(client)

    async def test() -> None:
        error = await _error(f"unix:{path}")
        assert error.code == "EADDRINUSE"
        assert str(path) in str(error)

    run(test())
    assert path.lstat().st_ino == before.st_ino
    if kind == "file":
        assert path.read_text() == "precious"
    for sock in (held, *waiting):
        sock.close()


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("unix:", "EINVAL"),
        ("unix:/tmp/", "EINVAL"),
        ("unix:..", "EINVAL"),
        ("unix:/tmp/a\0b", "EINVAL"),
        (f"unix:/tmp/{'x' * 200}", "ENAMETOOLONG"),
        ("unix:/does/not/exist.sock", "ENOENT"),
    ],
)
def test_a_path_that_cannot_be_used(host: str, code: str) -> None:
    assert run(_error(host)).code == code


def test_a_system_without_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(ListenError, match="ENOTSUP"):
        addresses._locate(f"unix:{path}")


def test_a_path_is_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = str(tmp_path.resolve() / "app.sock")

    async def test() -> None:
        async with _listens(Path("app.sock")) as running:
            address = running.server.address()
            assert address is not None
            assert address["address"] == expected

    run(test())


def test_at_its_end_a_server_removes_no_other_socket(path: Path) -> None:
    async def test() -> None:
        async with _listens(path):
            os.unlink(path)
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(str(path))

    run(test())
    assert path.is_socket()


def test_a_server_starts_again_at_its_path(path: Path) -> None:
    async def test() -> None:
        async with _listens(path) as running:
            running.server.stop()
            running.server.start()
            await running.events.wait("listening", 2)
            await _echoes(path)

    run(test())


def test_a_path_that_cannot_listen_leaves_no_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unix_sockets, "BACKLOG", "none")
    with pytest.raises(TypeError):
        unix_sockets.bind_path(str(path), 0o600)
    assert not path.exists()


SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ hostInterface: 'unix:%s', socketMode: 0o600 });
    server.on('listening', (port) => console.log('listening', JSON.stringify(server.address())));
    server.on('error', (error) => console.log('error', error.code, error.permission,
      error.resource, error.message));
    server.on('connection', (socket) => {
      console.log('from', JSON.stringify([socket.remoteHost(), socket.remotePort()]));
      socket.on('message', (value) => socket.send(value));
    });
    server.start();
"""


def test_a_script_listens_at_a_path(engine: str, path: Path) -> None:
    async def test() -> None:
        async with running(engine, SCRIPT % path) as script:
            said = await script.stdout.until("listening")
            assert said == f'{{"address":"{path}","family":"unix","port":0}}'
            await asyncio.wait_for(_echoes(path), DEADLINE)
            assert await script.stdout.until("from") == '["",0]'

    run(test())
    assert not path.exists()


def test_a_script_needs_the_power_to_listen_there(engine: str, path: Path) -> None:
    async def test(listen: list[str]) -> str:
        permissions = {"listen": listen, "place": "flags"}
        async with running(engine, SCRIPT % path, permissions=permissions) as script:
            return await script.stdout.next()

    assert run(test([f"unix:{path.parent}"])).startswith("listening")
    refused = run(test(["*"]))
    assert refused == (
        f"error ERR_ACCESS_DENIED listen unix:{path} listening on unix:{path} is not permitted; "
        f"allow it with --allow-listen=unix:{path}"
    )
    assert not path.exists()


@pytest.mark.parametrize(
    ("grant", "is_permitted"),
    [
        (True, True),
        ([], False),
        (["unix:/run/app/app.sock"], True),
        (["unix:/run/app"], True),
        (["unix:/run/other"], False),
        (["unix:/run/app/app.sock.old"], False),
        # Interfaces are something else: a rule for all of them makes and removes no files.
        (["*"], False),
        (["*:0"], False),
        ({"allow": True, "deny": ["unix:/run/app"]}, False),
        ({"allow": True, "deny": ["unix:/run/other"]}, True),
        ({"allow": ["unix:/run/app"], "deny": ["*"]}, False),
        ({"allow": ["unix:/run/app"], "deny": ["8082"]}, True),
        ({"allow": ["unix:/run/app"], "deny": True}, False),
    ],
)
def test_what_rules_permit(grant: Any, is_permitted: bool) -> None:
    permissions = Permissions({"listen": grant})
    try:
        permissions.check_listen("unix:/run/app/app.sock", 80, ["/run/app/app.sock"])
    except AccessDeniedError:
        assert not is_permitted
    else:
        assert is_permitted


def test_a_rule_for_a_path_permits_no_interface() -> None:
    permissions = Permissions({"listen": ["unix:/run/app"]})
    with pytest.raises(AccessDeniedError):
        permissions.check_listen("127.0.0.1", 80, ["127.0.0.1"])
    assert (
        Permissions({"listen": {"allow": True, "deny": ["unix:/run"]}}).check_listen(
            "127.0.0.1", 80, ["127.0.0.1"]
        )
        is None
    )
