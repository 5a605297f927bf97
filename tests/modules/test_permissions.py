"""Permissions where modules meet the network: servers, clients and requests, on both engines."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from accessor_host import AccessDeniedError
from accessor_host.core.permissions import Permissions
from accessor_host.modules.resources.resource import ResourceError
from accessor_host.modules.resources.web import WebRequest, fetch_waiting

from ..support.certificates import Certificates
from ..support.resolver import fill_in
from ..support.scripts import running
from ..support.web import serving_web
from ..support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SERVER = """
const { Server } = require('@modules/web-socket-server');
const server = new Server(%s);
server.on('listening', (port) => { console.log('listening', port); server.stop(); });
server.on('error', (error) => {
  console.log('error', [error.code, error.permission, error.resource, error.message].join(' | '));
});
server.start();
"""

CLIENT = """
const { Client } = require('@modules/web-socket-client');
const client = new Client(%s);
client.on('open', () => { console.log('open'); client.close(); });
client.on('error', (error) => {
  console.log('error', [error.code, error.permission, error.resource, error.message].join(' | '));
});
client.open();
"""


def first_line(engine: str, source: str, **settings: Any) -> str:
    """Run a script until it has printed a line, and to its end."""

    async def main() -> str:
        async with running(engine, source, **settings) as script:
            line = await script.stdout.next()
            await script.ended()
            assert script.stdout.text.count("\n") == 1
            assert script.stderr.text == ""
            return line

    line: str = run(main())
    return line


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A resolver that tests fill in, and that counts its look-ups."""
    return fill_in(monkeypatch)


def test_a_server_that_may_not_listen_gets_an_error(engine: str) -> None:
    line = first_line(engine, SERVER % "{ port: 0, hostInterface: '0.0.0.0' }", permissions={})
    assert line == (
        "error ERR_ACCESS_DENIED | listen | *:0 | listening on 0.0.0.0:0 is not permitted; "
        "allow it with permissions={'listen': ['*:0']}"
    )


def test_a_server_that_may_listen_does(engine: str) -> None:
    granted = {"listen": ["localhost:0"]}
    assert first_line(engine, SERVER % "{ port: 0 }", permissions=granted).startswith("listening")


def test_files_of_tls_need_to_be_readable(engine: str, certificates: Certificates) -> None:
    source = SERVER % json.dumps({"port": 0, **certificates.options})
    key = certificates.options["pfxKeyCertPath"]
    line = first_line(engine, source, permissions={"listen": ["0"]})
    assert line.startswith(f"error ERR_ACCESS_DENIED | read | {key}")
    granted = {"listen": ["0"], "read": [str(certificates.folder)]}
    assert first_line(engine, source, permissions=granted).startswith("listening")
    elsewhere = str(certificates.folder.parent / "devices.pem")
    asking = {"clientCACertPath": elsewhere, "requestClientCert": "require"}
    source = SERVER % json.dumps({"port": 0, **certificates.options, **asking})
    line = first_line(engine, source, permissions=granted)
    assert line.startswith(f"error ERR_ACCESS_DENIED | read | {elsewhere}")
    source = CLIENT % f"{{ sslTls: true, trustedCACertPath: '{certificates.ca}' }}"
    line = first_line(engine, source, permissions={"connect": ["*"]})
    assert line.startswith(f"error ERR_ACCESS_DENIED | read | {certificates.ca}")


def test_a_client_that_may_not_connect_does_not_try_again(
    engine: str, names: dict[str, list[str]]
) -> None:
    names["denied.test"] = ["93.184.216.34"]
    options = "{ host: 'denied.test', port: 80, numberOfRetries: 1000 }"
    line = first_line(engine, CLIENT % options, permissions={"connect": ["other.test", "10.0.0.1"]})
    assert line == (
        "error ERR_ACCESS_DENIED | connect | denied.test:80 | connecting to denied.test:80 is not "
        "permitted; allow it with permissions={'connect': ['denied.test:80']}"
    )
    # As addresses were granted too, it took a look. By names alone it does not.
    assert names["looked up"] == ["denied.test"]
    first_line(engine, CLIENT % options, permissions={"connect": ["other.test"]})
    assert names["looked up"] == ["denied.test"]


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.1.1"])
def test_a_name_that_is_allowed_leads_neither_here_nor_to_the_link(
    engine: str, address: str, names: dict[str, list[str]]
) -> None:
    """P2."""
    names["allowed.test"] = [address]
    options = "{ host: 'allowed.test', port: 80, numberOfRetries: 1000 }"
    line = first_line(engine, CLIENT % options, permissions={"connect": ["allowed.test"]})
    assert line.startswith(f"error ERR_ACCESS_DENIED | connect | {address}:80 | ")


def test_what_was_checked_is_what_is_connected_to(engine: str, names: dict[str, list[str]]) -> None:
    names["server.test"] = ["127.0.0.2", "127.0.0.1"]

    async def main() -> None:
        server = SERVER.replace("server.stop();", "") % "{ port: 0, hostInterface: '127.0.0.1' }"
        async with running("quickjs", server) as script:
            options = f"{{ host: 'server.test', port: {await script.port()} }}"
            granted = {"connect": ["127.0.0.0/8"]}
            async with running(engine, CLIENT % options, permissions=granted) as client:
                assert await client.stdout.next() == "open"
                await client.ended()

    run(main())
    assert names["looked up"] == ["server.test"]


ACCESSOR = """
exports.setup = function () {};
exports.initialize = function () {
  getResource(%r, { timeout: 10000 }, (status, text) => console.log(status, text));
};
"""


@pytest.mark.parametrize(
    ("rule", "expected"), [("public", "ERR_ACCESS_DENIED null"), ("loopback", "null arrived")]
)
def test_a_resource_of_the_web(engine: str, rule: str, expected: str) -> None:
    async def main(url: str) -> None:
        async with running(engine, "", permissions={"connect": [rule]}) as script:
            accessor = await script.host.instantiate_from_code("a", ACCESSOR % url)
            await accessor.initialize()
            assert await script.stdout.next() == expected

    with serving_web() as web:
        run(main(f"{web.url}/hops/2"))


def test_every_redirect_is_checked(names: dict[str, list[str]]) -> None:
    names["first.test"] = ["127.0.0.1"]
    with serving_web() as web:
        port = web.server_port
        request = WebRequest(f"http://first.test:{port}/to/http://127.0.0.1:{port}/hops/0", 20)
        here = {"connect": ["127.0.0.1"]}
        assert fetch_waiting(request, Permissions(here)).data == b"arrived"
        denied = {"connect": {"allow": ["*"], "deny": ["second.test"]}}
        target = f"http://second.test:{port}/hops/0"
        request = WebRequest(f"http://first.test:{port}/to/{target}", 20)
        with pytest.raises(AccessDeniedError, match=r"second\.test"):
            fetch_waiting(request, Permissions(denied))
    assert names["looked up"] == ["first.test", "first.test"]


def test_tls_to_an_address_that_was_checked(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = Permissions({"connect": ["localhost"]})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity = certificates.identity
    context.load_cert_chain(certificates.write("checked.pem", identity.pem() + identity.pem_key()))
    with serving_web(context) as web:
        request = WebRequest(f"https://localhost:{web.server_port}/hops/1", 20)
        with pytest.raises(ResourceError) as caught:
            fetch_waiting(request, granted)
        assert caught.value.code == "ERR_TLS"
        monkeypatch.setenv("SSL_CERT_FILE", certificates.ca)
        assert fetch_waiting(request, granted).data == b"arrived"


TCP = """
const { SocketServer, SocketClient } = require('@modules/socket');
const tell = (error) => {
  console.log('error', [error.code, error.permission, error.resource].join(' | '));
};
%s
"""

TCP_SERVER = """
const server = new SocketServer(%s);
server.on('listening', (port) => { console.log('listening', port); server.stop(); });
server.on('error', tell);
server.start();
"""

TCP_CLIENT = """
const client = new SocketClient(%s);
client.on('open', () => { console.log('open'); client.close(); });
client.on('error', tell);
client.open();
"""


def test_tcp_needs_to_be_permitted(engine: str, names: dict[str, list[str]]) -> None:
    source = TCP % TCP_SERVER % "{ port: 0 }"
    line = first_line(engine, source, permissions={})
    assert line == "error ERR_ACCESS_DENIED | listen | *:0"
    assert first_line(engine, source, permissions={"listen": ["*:0"]}).startswith("listening")
    names["denied.test"] = ["93.184.216.34"]
    source = TCP % TCP_CLIENT % "80, 'denied.test', { reconnectAttempts: 1000 }"
    line = first_line(engine, source, permissions={"connect": ["other.test"]})
    assert line == "error ERR_ACCESS_DENIED | connect | denied.test:80"
    assert names["looked up"] == []
    # A permitted name that leads to this machine.
    names["inside.test"] = ["127.0.0.1"]
    source = TCP % TCP_CLIENT % "80, 'inside.test'"
    line = first_line(engine, source, permissions={"connect": ["inside.test"]})
    assert line == "error ERR_ACCESS_DENIED | connect | 127.0.0.1:80"


def test_files_of_tls_over_tcp_need_to_be_readable(engine: str, certificates: Certificates) -> None:
    source = TCP % TCP_SERVER % json.dumps({"port": 0, **certificates.options})
    line = first_line(engine, source, permissions={"listen": ["*"]})
    assert line == f"error ERR_ACCESS_DENIED | read | {certificates.options['pfxKeyCertPath']}"
    options = f"{{ sslTls: true, trustedCACertPath: '{certificates.ca}' }}"
    source = TCP % TCP_CLIENT % f"1, 'localhost', {options}"
    line = first_line(engine, source, permissions={"connect": ["*"]})
    assert line == f"error ERR_ACCESS_DENIED | read | {certificates.ca}"


SHELL = """
const shell = new (require('@modules/shell').Shell)({ cmd: 'echo started' });
shell.on('message', (line) => console.log(line));
shell.on('error', (error) => {
  console.log('error', [error.code, error.permission, error.resource.split('/').pop()].join(' | '));
});
shell.start();
"""


def test_programs_need_to_be_permitted_even_without_permissions(engine: str) -> None:
    denied = "error ERR_ACCESS_DENIED | run | echo"
    for grants in (None, {}, {"run": ["sh"]}, {"run": {"allow": True, "deny": ["echo"]}}):
        assert first_line(engine, SHELL, permissions=grants) == denied
    for rules in (["echo"], True):
        assert first_line(engine, SHELL, permissions={"run": rules}) == "started"


UDP = """
const socket = require('@modules/udp-socket').createSocket();
socket.on('error', (error) => {
  console.log('error', [error.code, error.permission, error.resource].join(' | '));
  socket.close();
});
socket.on('listening', () => { console.log('listening'); socket.close(); });
%s
"""


def test_udp_needs_to_be_permitted(engine: str, names: dict[str, list[str]]) -> None:
    denied = "error ERR_ACCESS_DENIED"
    bind, send = UDP % "socket.bind(0);", UDP % "socket.send('x', 9, 'denied.test');"
    # A rule for TCP is none for UDP.
    line = first_line(engine, bind, permissions={"listen": ["*:0"]})
    assert line == f"{denied} | listen | udp:*:0"
    assert first_line(engine, bind, permissions={"listen": ["udp:*:0"]}) == "listening"
    names["denied.test"] = ["93.184.216.34"]
    line = first_line(engine, send, permissions={"connect": ["denied.test:9"]})
    assert line == f"{denied} | connect | udp:denied.test:9"
    assert names["looked up"] == []
    names["denied.test"] = ["127.0.0.1"]
    line = first_line(engine, send, permissions={"connect": ["udp:denied.test:9"]})
    assert line == f"{denied} | connect | udp:127.0.0.1:9"


WEB = """
const { HttpServer } = require('@modules/http-server');
const server = new HttpServer(%s);
"""

PAGE = """
const { UserInterface } = require('@modules/user-interface');
const server = new UserInterface(%s);
"""

REPORTING = """
server.on('listening', (port) => { console.log('listening', port); server.stop(); });
server.on('error', (error) => {
  console.log('error', [error.code, error.permission, error.resource, error.message].join(' | '));
});
"""


@pytest.mark.parametrize("kind", ["http-server", "user-interface"])
def test_a_web_server_needs_to_be_permitted_to_listen(engine: str, kind: str) -> None:
    make, start = {
        "http-server": (WEB, "server.start();"),
        "user-interface": (PAGE, "server.display('<p>text');"),
    }[kind]
    source = make % "{ port: 0, hostInterface: '127.0.0.1' }" + REPORTING + start
    line = first_line(engine, source, permissions={"listen": ["8080"]})
    assert line == (
        "error ERR_ACCESS_DENIED | listen | 0 | listening on 127.0.0.1:0 is not permitted; "
        "allow it with permissions={'listen': ['0']}"
    )

    async def main() -> None:
        async with running(engine, source, permissions={"listen": ["127.0.0.1:0"]}) as one:
            await one.stdout.until("listening")
            await one.ended()

    run(main())


def test_files_of_a_web_server_need_to_be_readable(
    engine: str, certificates: Certificates, tmp_path: Path
) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    for options, needed in (
        ({"static": str(folder)}, folder),
        (certificates.options, certificates.options["pfxKeyCertPath"]),
    ):
        values = json.dumps({"port": 0, "hostInterface": "127.0.0.1", **options})
        source = WEB % values + REPORTING + "server.start();"
        line = first_line(engine, source, permissions={"listen": ["*:0"]})
        assert line.startswith(f"error ERR_ACCESS_DENIED | read | {needed} | ")
        granted = {"listen": ["*:0"], "read": [str(needed)]}
        assert first_line(engine, source, permissions=granted).startswith("listening")
        # One that is denied is no part of what is allowed.
        granted = {"listen": ["*:0"], "read": {"allow": [str(tmp_path)], "deny": [str(needed)]}}
        assert first_line(engine, source, permissions=granted).startswith("error ERR_ACCESS_DENIED")
