"""Certificates that are replaced while their server goes on."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from accessor_host.errors import AccessDeniedError, TlsError
from accessor_host.modules.web_socket_server.server import Server
from accessor_host.net.tls import contexts, renewal
from accessor_host.net.tls.renewal import LOOK_INTERVAL, Renewal
from accessor_host.net.tls.settings import ServerTls

from ...support.certificates import DAY, Certificates, Identity, make_certificates, server
from ...support.scripts import running
from ...support.wire import DEADLINE, echo, run, serving

CLIENTS = 200
REPLACEMENTS = 10


@pytest.fixture
def files(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have servers look at their files at each handshake."""
    monkeypatch.setattr(renewal, "LOOK_INTERVAL", 0.0)


@cache
def _trust(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - of states that nobody tells of
            await asyncio.sleep(0.01)


def _options(files: Certificates) -> dict[str, Any]:
    return {
        "sslTls": True,
        "pemCertPath": str(files.folder / "server.pem"),
        "pemKeyPath": str(files.folder / "server.key"),
    }


def _replace(files: Certificates, identity: Identity) -> None:
    """Replace key and certificate as those who renew them do: each file at once."""
    for name, data in (("server.key", identity.pem_key()), ("server.pem", identity.pem())):
        files.write(f"{name}.new", data)
        os.replace(files.folder / f"{name}.new", files.folder / name)


def _connect(port: int, files: Certificates) -> connect:
    trusted = _trust(files.ca)
    return connect(f"wss://localhost:{port}/", ssl=trusted, ping_interval=None)


def _serial(client: ClientConnection) -> int:
    secure = client.transport.get_extra_info("ssl_object")
    return int(secure.getpeercert()["serialNumber"], 16)


async def _serial_of_new(port: int, files: Certificates) -> int:
    async with _connect(port, files) as client:
        return _serial(client)


@pytest.mark.usefixtures("always")
def test_ten_replacements_under_connected_clients_drop_nobody(files: Certificates) -> None:
    async def test() -> None:
        async with serving(echo, **_options(files)) as running:
            clients = [await _connect(running.port, files) for _ in range(CLIENTS)]
            for number in range(REPLACEMENTS):
                identity = server(files.authority)
                _replace(files, identity)
                seen = await asyncio.gather(
                    *(_serial_of_new(running.port, files) for _ in range(5))
                )
                assert set(seen) == {identity.certificate.serial_number}, number
            for number, client in enumerate(clients):
                await client.send(f'"{number}"')
            assert [await client.recv() for client in clients] == [
                f'"{number}"' for number in range(CLIENTS)
            ]
            assert running.events.of("error") == []
            await asyncio.gather(*(client.close() for client in clients))

    run(test(), timeout=90.0)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("broken", ["not a certificate", "of another key", "missing", "expired"])
def test_broken_files_keep_the_old_certificate_and_are_one_error(
    files: Certificates, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(renewal, "SETTLING_TIME", 0.05)

    async def test() -> None:
        async with serving(echo, **_options(files)) as running:
            old = files.identity.certificate.serial_number
            async with _connect(running.port, files) as kept:
                match broken:
                    case "not a certificate":
                        files.write("server.pem", b"nonsense")
                    case "of another key":
                        files.write("server.pem", server(files.authority).pem())
                    case "missing":
                        (files.folder / "server.pem").unlink()
                    case "expired":
                        _replace(files, server(files.authority, begins=-2 * DAY, ends=-DAY))
                assert await _serial_of_new(running.port, files) == old
                error = await running.events.wait("error")
                assert isinstance(error, TlsError)
                assert "pemCertPath" in str(error)
                assert await _serial_of_new(running.port, files) == old
                await kept.send("1")
                assert await kept.recv() == "1"
            assert len(running.events.of("error")) == 1
            good = server(files.authority)
            _replace(files, good)
            assert await _serial_of_new(running.port, files) == good.certificate.serial_number
            assert len(running.events.of("error")) == 1

    run(test())


@pytest.mark.usefixtures("always")
def test_a_key_whose_certificate_follows_is_no_error(
    files: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "SETTLING_TIME", 0.2)

    async def test() -> None:
        new = server(files.authority)
        async with serving(**_options(files)) as running:
            files.write("server.key", new.pem_key())
            old = files.identity.certificate.serial_number
            assert await _serial_of_new(running.port, files) == old
            files.write("server.pem", new.pem())
            renewed = running.server._lifecycle._listener.port.renewal
            assert renewed is not None
            before = renewed.context
            # Nobody comes: it is found all the same, as there was something wrong.
            await _until(lambda: renewed.context is not before)
            assert running.events.of("error") == []

    run(test())


class _Looks:
    """Count how often files are looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._real = renewal._stamp_of
        monkeypatch.setattr(renewal, "_stamp_of", self._look)

    def _look(self, path: str) -> Any:
        self.count += 1
        return self._real(path)


def test_files_are_looked_at_no_more_than_once_in_an_interval(
    files: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        looks = _Looks(monkeypatch)
        certificate = Renewal(_settings(files), _unexpected)
        await certificate.start()
        loop = asyncio.get_running_loop()
        began, passed = loop.time(), 0.0
        monkeypatch.setattr(loop, "time", lambda: began + passed)
        certificate._looked_at, looks.count = began, 0
        passed = LOOK_INTERVAL - 0.01
        for _ in range(3):
            assert certificate.look() is None
        assert looks.count == 0
        passed = LOOK_INTERVAL
        for _ in range(3):
            assert certificate.look() is None
        assert looks.count == len(certificate._paths) == 2
        certificate.close()

    run(test())


def _settings(files: Certificates) -> ServerTls:
    paths = (str(files.folder / name) for name in ("server.key", "server.pem"))
    key, certificate = paths
    return ServerTls(pem_key_path=key, pem_path=certificate)


def _unexpected(error: Exception) -> None:
    raise AssertionError(error)


@pytest.mark.usefixtures("always")
def test_a_handshake_waits_for_files_no_longer_than_its_patience(
    files: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "PATIENCE", 0.05)
    hangs = threading.Event()
    real = contexts.server_context

    def slow(settings: ServerTls) -> ssl.SSLContext:
        hangs.wait(20)
        return real(settings)

    async def test() -> None:
        new = server(files.authority)
        async with serving(**_options(files)) as running:
            monkeypatch.setattr(renewal, "server_context", slow)
            _replace(files, new)
            old = files.identity.certificate.serial_number
            try:
                assert await _serial_of_new(running.port, files) == old
                assert await _serial_of_new(running.port, files) == old
            finally:
                hangs.set()
            renewed = running.server._lifecycle._listener.port.renewal
            assert renewed is not None
            assert renewed._work is not None
            await renewed._work
            assert await _serial_of_new(running.port, files) == new.certificate.serial_number

    run(test())


@pytest.mark.usefixtures("always")
def test_the_time_for_files_begins_anew_with_each_of_them(
    files: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "PATIENCE", 1.0)

    async def test() -> None:
        certificate = Renewal(_settings(files), _unexpected)
        await certificate.start()
        certificate.renew()
        first = certificate._patience
        assert first is not None
        assert certificate._work is not None
        await certificate._work
        assert first.cancelled()
        certificate.close()

    run(test())


@pytest.mark.usefixtures("always")
def test_clients_that_leave_or_a_server_that_stops_while_files_are_read(
    files: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, goes_on = threading.Event(), threading.Event()
    real = contexts.server_context

    def slow(settings: ServerTls) -> ssl.SSLContext:
        reading.set()
        goes_on.wait(20)
        return real(settings)

    async def test() -> None:
        async with serving(**_options(files)) as running:
            monkeypatch.setattr(renewal, "server_context", slow)
            _replace(files, server(files.authority))
            waiting = asyncio.ensure_future(_serial_of_new(running.port, files))
            await asyncio.to_thread(reading.wait, 20)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            other = asyncio.ensure_future(_serial_of_new(running.port, files))
            await _until(lambda: running.server.statistics().connections > 0)
            running.server.stop()
            await running.server.wait_closed()
            assert isinstance((await asyncio.gather(other, return_exceptions=True))[0], OSError)
            goes_on.set()

    run(test())


def test_reload_reads_the_files_at_once(files: Certificates) -> None:
    async def test() -> None:
        new = server(files.authority)
        async with serving(**_options(files)) as running:
            _replace(files, new)
            running.server.reload()
            assert await _serial_of_new(running.port, files) == new.certificate.serial_number
            files.write("server.pem", b"nonsense")
            running.server.reload()
            assert isinstance(await running.events.wait("error"), TlsError)
            assert await _serial_of_new(running.port, files) == new.certificate.serial_number

    run(test())


@pytest.mark.usefixtures("always")
def test_handshakes_wait_for_new_files_on_uvloop_too(files: Certificates) -> None:
    async def test() -> None:
        async with serving(echo, **_options(files)) as running:
            for _ in range(3):
                new = server(files.authority)
                _replace(files, new)
                seen = await asyncio.gather(
                    *(_serial_of_new(running.port, files) for _ in range(3))
                )
                assert set(seen) == {new.certificate.serial_number}

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test(), DEADLINE))


def test_reload_of_a_server_without_tls_or_that_does_not_listen_does_nothing() -> None:
    async def test() -> None:
        async with serving() as running:
            running.server.reload()
            assert running.server._lifecycle._listener.port.renewal is None
        running.server.reload()
        assert running.events.of("error") == []

    run(test())


def test_a_broken_file_without_a_listener_is_one_line_in_the_log(
    files: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with Server({"port": 0, **_options(files)}) as quiet:
            files.write("server.pem", b"nonsense")
            quiet.reload()
            await _until(lambda: bool(caplog.records))

    run(test())
    assert "pemCertPath" in caplog.text


SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, ...%s });
    server.on('listening', (port) => console.log('listening', port));
    server.on('error', (error) => console.log('error', error.code, error instanceof Error));
    server.on('connection', (socket) => socket.on('message', (value) => socket.send(value)));
    server.start();
"""


def test_a_script_goes_on_with_a_new_certificate_and_hears_of_a_broken_one(
    engine: str, files: Certificates
) -> None:
    async def test() -> None:
        async with running(engine, SCRIPT % json.dumps(_options(files))) as script:
            port = await script.port()
            async with _connect(port, files) as kept:
                new = server(files.authority)
                _replace(files, new)
                script.host.reload()
                assert await _serial_of_new(port, files) == new.certificate.serial_number
                files.write("server.pem", b"nonsense")
                script.host.reload()
                assert await script.stdout.until("error") == "ERR_TLS_NO_CERTIFICATE true"
                assert await _serial_of_new(port, files) == new.certificate.serial_number
                await kept.send('"on"')
                assert await kept.recv() == '"on"'
            assert script.host.exit_code == 0

    run(test())


def test_a_certificate_that_leads_elsewhere_may_not_be_read(
    engine: str, files: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A rule holds for the file that is read, not for the link that was there at the start."""
    elsewhere = make_certificates(tmp_path_factory.mktemp("elsewhere"))
    permissions = {"listen": ["localhost:0"], "read": [str(files.folder)]}

    async def test() -> None:
        source = SCRIPT % json.dumps(_options(files))
        async with running(engine, source, permissions=permissions) as script:
            port = await script.port()
            for name in ("server.key", "server.pem"):
                (files.folder / name).unlink()
                (files.folder / name).symlink_to(elsewhere.folder / name)
            script.host.reload()
            assert await script.stdout.until("error") == "ERR_ACCESS_DENIED true"
            old = files.identity.certificate.serial_number
            assert await _serial_of_new(port, files) == old

    run(test())


def test_access_denied_is_what_a_permit_raises(files: Certificates) -> None:
    class Closed:
        def check_listen(self, host: str, port: int, addresses: Any) -> None: ...

        def check_files(self, paths: Any) -> None:
            raise AccessDeniedError("read", paths[0], "no")

    async def test() -> None:
        failures: list[Exception] = []
        certificate = Renewal(_settings(files), failures.append, Closed())
        await certificate.start()
        before = certificate.context
        certificate.renew()
        assert certificate._work is not None
        await certificate._work
        assert [type(failure) for failure in failures] == [AccessDeniedError]
        assert certificate.context is before
        certificate.close()

    run(test())
