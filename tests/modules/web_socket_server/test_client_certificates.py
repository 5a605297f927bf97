"""Certificates of clients: good, expired, of a foreign authority, and none."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidMessage

from accessor_host.errors import OptionError, TlsError
from accessor_host.modules.web_socket_server.server import Server

from ...conftest import RunJs
from ...support.certificates import DAY, Certificates, Identity, authority, server
from ...support.peers import node_modules, run_node
from ...support.scripts import DEADLINE, running
from ...support.wire import echo, run, serving

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

DEVICES = authority("Devices")

CLIENTS: dict[str, Identity | None] = {
    "good": server(DEVICES, "meter-7"),
    "expired": server(DEVICES, "meter-8", begins=-2 * DAY, ends=-DAY),
    "early": server(DEVICES, "meter-9", begins=DAY, ends=2 * DAY),
    "foreign": server(authority("Devices"), "meter-7"),
    "none": None,
}

REFUSED = (ssl.SSLError, OSError, EOFError, InvalidHandshake, InvalidMessage)

ECHO = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server(%s);
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => socket.on('message', (m) => socket.send(m)));
    server.start();
"""


def options(certificates: Certificates, asks: str) -> dict[str, Any]:
    path = certificates.write("devices.pem", DEVICES.pem())
    return certificates.options | {"clientCACertPath": path, "requestClientCert": asks, "port": 0}


def context_of(certificates: Certificates, client: Identity | None, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.ca)
    if client is not None:
        paths = certificates.options_of(client, name)
        context.load_cert_chain(str(paths["pemCertPath"]), str(paths["pemKeyPath"]))
    return context


async def echoes(client: ClientConnection) -> bool:
    await client.send("1")
    return await asyncio.wait_for(client.recv(), DEADLINE) == "1"


async def gets_in(port: int, context: ssl.SSLContext) -> bool:
    """Tell whether a client is served; it hears of a refusal once it reads (TLS 1.3)."""
    try:
        async with connect(f"wss://localhost:{port}", ssl=context) as client:
            return await echoes(client)
    except REFUSED:
        return False


@pytest.mark.parametrize("asks", ["require", "request"])
def test_only_good_certificates_get_in(engine: str, certificates: Certificates, asks: str) -> None:
    async def main() -> None:
        source = ECHO % json.dumps(options(certificates, asks))
        async with running(engine, source) as script:
            port = await script.port()
            found = {
                name: await gets_in(port, context_of(certificates, client, name))
                for name, client in CLIENTS.items()
            }
            assert found == {
                "good": True,
                "expired": False,
                "early": False,
                "foreign": False,
                "none": asks == "request",
            }

    asyncio.run(asyncio.wait_for(main(), 3 * DEADLINE))


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_in_both_versions_of_tls(certificates: Certificates, newest: ssl.TLSVersion) -> None:
    async def test() -> None:
        async with serving(echo, **options(certificates, "require")) as served:
            for name, client in CLIENTS.items():
                context = context_of(certificates, client, name)
                context.maximum_version = newest
                assert await gets_in(served.port, context) is (name == "good"), name

    run(test())


def test_nobody_is_asked_unless_that_is_wanted(certificates: Certificates) -> None:
    async def test() -> None:
        async with serving(echo, **certificates.options) as served:
            for name, client in CLIENTS.items():
                assert await gets_in(served.port, context_of(certificates, client, name)), name

    run(test())


NODE = """
    const fs = require('fs');
    const WebSocket = require('ws');
    const [port, ca, clients] = process.argv.slice(1);
    const found = {};
    const attempts = Object.entries(JSON.parse(clients)).map(([name, files]) =>
      new Promise((resolve) => {
        const [cert, key] = (files || []).map((path) => fs.readFileSync(path));
        const given = { ca: fs.readFileSync(ca), cert, key };
        const socket = new WebSocket('wss://localhost:' + port, given);
        socket.on('open', () => socket.send('1'));
        socket.on('message', () => { found[name] = true; socket.close(); });
        socket.on('error', () => { found[name] = false; });
        socket.on('close', resolve);
      }));
    Promise.all(attempts).then(() => console.log(JSON.stringify(found)));
"""


def test_node_is_told_the_same(certificates: Certificates) -> None:
    node_modules("ws")
    files = {
        name: client
        and list(map(str, list(certificates.options_of(client, f"node-{name}").values())[1:]))
        for name, client in CLIENTS.items()
    }

    async def test() -> None:
        async with serving(echo, **options(certificates, "require")) as served:
            arguments = (str(served.port), certificates.ca, json.dumps(files))
            found = await asyncio.to_thread(run_node, NODE, *arguments)
            assert found == {name: name == "good" for name in CLIENTS}

    run(test())


def test_the_certificate_can_be_had_from_the_transport(certificates: Certificates) -> None:
    async def test() -> None:
        async with serving(echo, **options(certificates, "request")) as served:
            for name in ("good", "none"):
                context = context_of(certificates, CLIENTS[name], name)
                async with connect(f"wss://localhost:{served.port}", ssl=context) as client:
                    assert await echoes(client)
            subjects = []
            for sock in served.sockets:
                tls = sock._peer._transport.get_extra_info("ssl_object")
                subjects.append((tls.getpeercert() or {}).get("subject"))
            assert subjects == [((("commonName", "meter-7"),),), None]

    run(test())


def test_a_certificate_that_expires_while_the_server_runs(certificates: Certificates) -> None:
    async def test() -> None:
        short = server(DEVICES, "meter-10", ends=timedelta(seconds=3))
        context = context_of(certificates, short, "short")
        good = context_of(certificates, CLIENTS["good"], "good")
        async with serving(echo, **options(certificates, "require")) as served:
            url = f"wss://localhost:{served.port}"
            async with connect(url, ssl=context) as stays, connect(url, ssl=good) as other:
                assert await echoes(stays)
                while await gets_in(served.port, context):
                    pass
                assert await echoes(stays), "who is in stays in"
                assert await echoes(other)
                assert await gets_in(served.port, good)

    run(test())


def resumed(port: int, context: ssl.SSLContext, session: Any = None) -> tuple[Any, bool] | None:
    """Ask for something in a session; return it, and whether it was an earlier one's."""
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as tls,
    ):
        # Tickets come with the first data.
        tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if not tls.recv(100).startswith(b"HTTP/1.1 426 "):
            return None
        return tls.session, bool(tls.session_reused)


def test_no_session_is_resumed_as_that_would_show_no_certificate(
    certificates: Certificates,
) -> None:
    context = context_of(certificates, CLIENTS["good"], "good")

    def twice(port: int) -> bool:
        first = resumed(port, context)
        assert first is not None
        again = resumed(port, context, first[0])
        assert again is not None
        return again[1]

    async def test() -> None:
        async with serving(echo, **options(certificates, "require")) as served:
            assert not await asyncio.to_thread(twice, served.port)
        async with serving(echo, **certificates.options) as served:
            assert await asyncio.to_thread(twice, served.port), "the test would not notice"

    run(test())


def test_a_session_of_tls_1_2_ends_with_the_certificate(certificates: Certificates) -> None:
    short = server(DEVICES, "meter-11", ends=timedelta(seconds=3))
    context = context_of(certificates, short, "short")
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def until_refused(port: int) -> bool:
        was_reused = False
        found = resumed(port, context)
        while found is not None:
            try:
                found = resumed(port, context, found[0])
            except OSError:
                break
            was_reused |= found is not None and found[1]
        return was_reused

    async def test() -> None:
        async with serving(echo, **options(certificates, "require")) as served:
            assert await asyncio.to_thread(until_refused, served.port)

    run(test())


def test_the_log_says_why(certificates: Certificates, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving(echo, **options(certificates, "require")) as served:
            for name, reason in (
                ("none", "the client shows no certificate, which is required"),
                ("expired", "the client's certificate is not accepted: certificate has expired"),
                ("foreign", "the client's certificate is not accepted: "),
            ):
                caplog.clear()
                assert not await gets_in(served.port, context_of(certificates, CLIENTS[name], name))
                assert reason in caplog.text

    with caplog.at_level(logging.DEBUG, "accessor_host.tls"):
        run(test())


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"clientCACertPath": ""}, "ERR_TLS_NO_CLIENT_CA", "'require' needs clientCACertPath"),
        ({"requestClientCert": "none"}, "ERR_TLS_CLIENT_CA_UNUSED", "no client is asked"),
        ({"clientCACertPath": "/no/such"}, "ERR_TLS_FILE_MISSING", "clientCACertPath '/no/such'"),
        ({"clientCACertPath": "KEY"}, "ERR_TLS_NO_CERTIFICATE", "no PEM certificate inside"),
    ],
)
def test_what_would_let_strangers_in_is_an_error(
    certificates: Certificates, wrong: dict[str, str], code: str, says: str
) -> None:
    wrong = {
        name: wrong[name].replace("KEY", f"{certificates.folder}/server.key") for name in wrong
    }

    async def test() -> None:
        served = Server(options(certificates, "require") | wrong)
        served.start()
        with pytest.raises(TlsError, match=says) as refused:
            await served.wait_listening()
        assert refused.value.code == code

    run(test())


def test_without_tls_nobody_can_show_one() -> None:
    with pytest.raises(OptionError, match="'requestClientCert': 'require' is not allowed"):
        Server(requestClientCert="require")
    with pytest.raises(OptionError, match="'requestClientCert': 'maybe' is not allowed"):
        Server(requestClientCert="maybe")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("requestClientCert: 'require'", "option 'requestClientCert': 'require' is not allowed;"),
        ("trustedProxies: ['::1/129']", "option 'trustedProxies': '::1/129' is not allowed;"),
    ],
)
def test_what_only_python_can_check_is_an_error_event(run_js: RunJs, given: str, says: str) -> None:
    outcome = run_js(f"""
        const {{ Server }} = require('@modules/web-socket-server');
        const server = new Server({{ port: 0, {given} }});
        server.on('listening', () => console.log('listening'));
        server.on('error', (error) => console.log(error.code, error.message));
        server.start();
        setTimeout(() => server.start());
    """)
    lines = outcome.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"ERR_INVALID_ARG_VALUE {says}") for line in lines)
    assert outcome.stderr == ""
