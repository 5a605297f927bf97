"""A client with a certificate, and servers that want one: Python's, Node's; names in TLS."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from accessor_host.errors import TlsError
from accessor_host.modules.web_socket_client.client import Client
from accessor_host.net.tls.transport import SecureTransport

from ...support.certificates import DAY, PASSWORD, Certificates, Identity, authority, server
from ...support.clients import client_of
from ...support.peers import node_modules
from ...support.programs import Program
from ...support.scripts import running
from ...support.wire import echo, run, serving

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

CLIENT = """
const { Client } = require('@modules/web-socket-client');
const client = new Client(%s);
client.on('open', () => client.send('hello'));
client.on('message', (message) => { console.log('message', message); client.close(); });
client.on('error', (error) => console.log('error', error.code, error.message));
client.open();
"""

WANTED = "the server wants a certificate from the client, which this client does not have"
REFUSED = "the server does not accept the certificate of this client"


@pytest.fixture(scope="module")
def clients() -> Identity:
    """The authority of clients, which is not that of servers."""
    return authority("Authority of Clients")


@pytest.fixture
def identity(clients: Identity) -> Identity:
    """A good client."""
    return server(clients, "meter-7.example")


async def printed(engine: str, options: dict[str, Any], **settings: Any) -> str:
    """Run a script's client to its end; return what it printed."""
    source = CLIENT % json.dumps({"numberOfRetries": 0, **options})
    async with running(engine, source, **settings) as script:
        await script.ended()
        assert script.stderr.text == ""
        return script.stdout.text.strip()


def wanting(
    certificates: Certificates, clients: Identity, newest: ssl.TLSVersion
) -> ssl.SSLContext:
    """Return the context of a server that wants clients of an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.folder / "server.pem", certificates.folder / "server.key")
    context.load_verify_locations(cadata=clients.pem().decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = newest
    return context


Forms = dict[str, Callable[[Certificates, Identity], dict[str, str]]]

FORMS: Forms = {
    "PKCS#12": lambda files, one: {
        "pfxKeyCertPath": files.write("client.pfx", one.pfx()),
        "pfxKeyCertPassword": PASSWORD,
    },
    "PEM": lambda files, one: {
        "pemCertPath": files.write("client.pem", one.pem()),
        "pemKeyPath": files.write("client.key", one.pem_key()),
    },
    "PEM in one file, encrypted": lambda files, one: {
        "pemCertPath": files.write("both.pem", one.pem_key(PASSWORD) + one.pem()),
        "pemKeyPassword": PASSWORD,
    },
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_a_server_sees_the_certificate(
    engine: str,
    certificates: Certificates,
    clients: Identity,
    identity: Identity,
    form: str,
    newest: ssl.TLSVersion,
) -> None:
    seen: list[Any] = []

    async def answer(connection: ServerConnection) -> None:
        seen.append(connection.transport.get_extra_info("peercert")["subject"])
        async for message in connection:
            await connection.send(message)

    async def test() -> None:
        context = wanting(certificates, clients, newest)
        async with serve(answer, "127.0.0.1", 0, ssl=context) as listening:
            options: dict[str, Any] = {
                "host": "127.0.0.1",
                "port": next(iter(listening.sockets)).getsockname()[1],
                "sslTls": True,
                "trustedCACertPath": certificates.ca,
                **FORMS[form](certificates, identity),
            }
            assert await printed(engine, options) == "message hello"
            async with Client(options):
                pass

    run(test())
    assert seen == [((("commonName", "meter-7.example"),),)] * 2


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_a_server_that_does_not_like_it_says_so(
    certificates: Certificates, clients: Identity, newest: ssl.TLSVersion
) -> None:
    stranger = FORMS["PEM"](certificates, server(authority("Other"), "x"))
    missing = WANTED if newest is ssl.TLSVersion.TLSv1_3 else "no encryption in common"
    context = wanting(certificates, clients, newest)

    async def test() -> None:
        listening = await asyncio.get_running_loop().create_server(
            lambda: SecureTransport(context, asyncio.Protocol()), "127.0.0.1", 0
        )
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            for given, reason in ((stranger, REFUSED), ({}, missing)):
                assert reason in await why(port, certificates, given)

    run(test())


def test_a_server_that_does_not_say_so_may_want_a_certificate(
    certificates: Certificates, clients: Identity
) -> None:
    stranger = FORMS["PEM"](certificates, server(authority("Other"), "x"))
    context = wanting(certificates, clients, ssl.TLSVersion.TLSv1_3)

    async def answer(_connection: ServerConnection) -> None:
        raise AssertionError("nobody gets here")

    async def test() -> None:
        async with serve(answer, "127.0.0.1", 0, ssl=context) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            for given, other in ((stranger, "another"), ({}, "a")):
                reason = await why(port, certificates, given)
                assert f"(does it want {other} certificate of the client?)" in reason

    run(test())


async def why(port: int, certificates: Certificates, given: dict[str, str]) -> str:
    """Return why a client cannot open."""
    options = {"sslTls": True, "trustedCACertPath": certificates.ca, **given}
    client, events = client_of(port, **options)
    client.open()
    await client.wait_closed()
    return str(events.of("error")[0].reason)


NODE_SERVER = """
const fs = require('fs');
const https = require('https');
const { WebSocketServer } = require('ws');
const [folder] = process.argv.slice(1);
const file = (name) => fs.readFileSync(folder + '/' + name);
const server = https.createServer({
  cert: file('server.pem'), key: file('server.key'), ca: file('clients.pem'),
  requestCert: true, rejectUnauthorized: true
});
new WebSocketServer({ server }).on('connection', (socket, request) => {
  const { subject } = request.socket.getPeerCertificate();
  socket.on('message', () => socket.send(JSON.stringify([subject.CN, request.socket.servername])));
});
server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
"""


def test_a_server_of_node_sees_the_certificate_and_the_name(
    engine: str, certificates: Certificates, clients: Identity, identity: Identity
) -> None:
    certificates.write("clients.pem", clients.pem())
    environment = {"NODE_PATH": str(node_modules())}
    with Program(["node", "-e", NODE_SERVER, str(certificates.folder)], env=environment) as node:
        node.wait_for("\n")
        options = {
            "url": f"wss://127.0.0.1:{node.stdout.split()[1]}",
            "serverName": "localhost",
            "trustedCACertPath": certificates.ca,
            **FORMS["PKCS#12"](certificates, identity),
        }
        said = run(printed(engine, options))
    assert said == "message [ 'meter-7.example', 'localhost' ]"


def test_a_file_that_cannot_be_used_is_an_error_without_an_attempt(
    engine: str, certificates: Certificates, identity: Identity, tmp_path: Path
) -> None:
    expired = server(identity, "x", begins=-2 * DAY, ends=-DAY)
    pfx = FORMS["PKCS#12"](certificates, identity)
    wrong = [
        (pfx | {"pfxKeyCertPassword": "hunter2"}, "ERR_TLS_BAD_PASSWORD pfxKeyCertPath"),
        ({"pfxKeyCertPath": str(tmp_path / "none")}, "ERR_TLS_FILE_MISSING pfxKeyCertPath"),
        ({"pemKeyPath": "x"}, "ERR_TLS_NO_CERTIFICATE pemKeyPath is given without pemCertPath"),
        (pfx | {"pemCertPath": "x"}, "ERR_TLS_TWO_KEYS pfxKeyCertPath and pemCertPath are both"),
        (FORMS["PEM"](certificates, expired), "ERR_TLS_CERT_EXPIRED pemCertPath"),
    ]

    async def test() -> None:
        for given, reason in wrong:
            options = {"sslTls": True, "port": 1, **given}
            said = await printed(engine, options)
            assert said.startswith(f"error {reason}")
            assert "hunter2" not in said
            with pytest.raises(TlsError, match=reason.split()[0]):
                async with Client(options):
                    pass
        # Without TLS they are not looked at, as those of a server.
        assert "connection refused" in await printed(engine, {"port": 1, "pemKeyPath": "x"})

    run(test())


@pytest.mark.parametrize("option", ["pfxKeyCertPath", "pemCertPath", "pemKeyPath"])
def test_files_need_to_be_readable_for_the_script(
    engine: str, certificates: Certificates, identity: Identity, option: str
) -> None:
    form = "PKCS#12" if option == "pfxKeyCertPath" else "PEM"
    options = {"sslTls": True, "port": 1, **FORMS[form](certificates, identity)}
    others = [str(path) for name, path in options.items() if "Path" in name and name != option]
    permissions = {"connect": ["*"], "read": others}
    said = run(printed(engine, options, permissions=permissions))
    path = options[option]
    assert said.startswith(f"error ERR_ACCESS_DENIED reading {path} is not permitted")


# The server's name


def test_the_name_in_tls_and_in_the_certificate_is_the_given_one(
    engine: str, certificates: Certificates
) -> None:
    asked: list[str | None] = []
    named = certificates.options_of(server(certificates.authority, "meter.example"), "named")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(named["pemCertPath"]), str(named["pemKeyPath"]))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    async def answer(connection: ServerConnection) -> None:
        assert connection.request is not None
        assert connection.request.headers["Host"] == f"127.0.0.1:{port}"
        async for message in connection:
            await connection.send(message)

    async def test() -> None:
        nonlocal port
        async with serve(answer, "127.0.0.1", 0, ssl=context) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            options = {
                "host": "127.0.0.1",
                "port": port,
                "sslTls": True,
                "trustedCACertPath": certificates.ca,
            }
            assert "is for another host" in await printed(engine, options)
            named = {**options, "serverName": "meter.example"}
            assert await printed(engine, named) == "message hello"
            other = {**options, "serverName": "other.example"}
            assert "is for another host" in await printed(engine, other)
            none = {**options, "serverName": ".."}
            assert "not a host name" in await printed(engine, none)
            async with Client(named):
                pass

    port = 0
    run(test())
    assert asked == [None, "meter.example", "other.example", "meter.example"]


def test_without_tls_a_name_does_not_matter() -> None:
    async def test() -> None:
        async with serving(echo) as running_server:
            client, _ = client_of(running_server.port, serverName="other.example")
            async with client:
                assert client.is_open()

    run(test())
