"""What those need who run servers: Unix sockets, shared ports, health, certificates that change."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from pathlib import Path

from websockets.asyncio.client import unix_connect
from websockets.exceptions import WebSocketException

from ...case import Suite
from ...certificates import Certificates, make_certificates
from ...trial import POLL, Skipped, Trial
from ...wire import Deviation
from ..common import DECISION, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server", held=True)

_REQUIRE = "var webSocket = require('@modules/web-socket-server');\n"

_EVENTS = """
server.on('listening', function () { report('listening'); });
server.on('error', function (error) { report('refused', String(error.code)); });
server.on('connection', function (socket) {
  socket.on('message', function (value) { socket.send(value); });
});
server.start();
"""

_SOCKET = (
    _REQUIRE
    + "var server = new webSocket.Server({hostInterface: 'unix:' + FOLDER + '/app.sock'});"
    + _EVENTS
)

_HEALTH = server("healthPath: '/healthz'") + "server.start();"


def _path(t: Trial) -> Path:
    """Return the path of the script's socket."""
    if sys.platform == "win32":
        raise Skipped("this system has no Unix sockets")
    return t.folder / "app.sock"


async def _echoes(t: Trial, path: Path) -> None:
    with t.waiting("the server on a Unix socket answers"):
        try:
            async with unix_connect(str(path), "ws://localhost/") as client:
                await client.send("1")
                if await client.recv() != "1":
                    raise Deviation("it does not send back what it got")
        except (OSError, WebSocketException) as error:
            raise Deviation(f"no WebSocket opens on the Unix socket: {error}") from None


@suite.case(
    "unix/serves",
    "extra",
    "hostInterface 'unix:PATH' listens on a Unix socket, which its group may use and others not.",
    DECISION,
    _SOCKET,
)
async def _(t: Trial) -> None:
    path = _path(t)
    await t.start()
    await t.expect("listening")
    await _echoes(t, path)
    mode = path.stat().st_mode & 0o777
    if mode != 0o660:
        raise Deviation(f"the file's permissions are {mode:o}, not 660")


@suite.case(
    "unix/stale",
    "extra",
    "A Unix socket at which nobody listens any more is replaced.",
    DECISION,
    _SOCKET,
)
async def _(t: Trial) -> None:
    path = _path(t)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    await t.start()
    await t.expect("listening")
    await _echoes(t, path)


@suite.case(
    "unix/foreign-file",
    "extra",
    "A file that is no socket is not replaced: it is an error, and stays as it is.",
    DECISION,
    _SOCKET,
)
async def _(t: Trial) -> None:
    path = _path(t)
    path.write_text("precious", encoding="utf-8")
    await t.start()
    await t.expect("refused", "EADDRINUSE")
    if path.read_text(encoding="utf-8") != "precious":
        raise Deviation("the file is another one now")


@suite.case(
    "unix/removed",
    "extra",
    "The file of a Unix socket is gone when its Server has stopped.",
    DECISION,
    _SOCKET
    + """
server.on('listening', function () { server.stop(); });
server.on('close', function () { report('closed'); });
""",
)
async def _(t: Trial) -> None:
    path = _path(t)
    await t.start()
    await t.expect("listening")
    await t.expect("closed")
    if path.exists():
        raise Deviation("it is still there")


@suite.case(
    "reuse-port",
    "extra",
    "With reusePort, two Servers listen on one port.",
    DECISION,
    _REQUIRE
    + """
var servers = [1, 2].map(function () {
  var server = new webSocket.Server({port: PORT, hostInterface: '127.0.0.1', reusePort: true});
  server.on('listening', function (port) { report('listening', port === PORT); });
  server.on('error', function (error) { report('refused', String(error)); });
  return server;
});
servers.forEach(function (server) { server.start(); });
""",
)
async def _(t: Trial) -> None:
    if sys.platform != "linux":
        raise Skipped("ports are shared on Linux")
    await t.start()
    await t.expect("listening", True)
    await t.expect("listening", True)


@suite.case(
    "health/answers",
    "extra",
    "With healthPath, a plain GET of that path is answered with 200, and no other.",
    DECISION,
    _HEALTH,
)
async def _(t: Trial) -> None:
    await t.start()
    for target, status in (("/healthz", b" 200 "), ("/", b" 426 "), ("/healthz/x", b" 426 ")):
        async with t.connect_raw() as raw:
            raw.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            answer = await raw.some()
            if status not in answer.split(b"\r\n")[0] + b" ":
                raise Deviation(f"GET {target} is answered with {answer[:40]!r}")


@suite.case(
    "health/web-socket",
    "extra",
    "A WebSocket opens on healthPath as on any other path.",
    DECISION,
    _HEALTH,
)
async def _(t: Trial) -> None:
    await t.start()
    async with t.connect(path="/healthz"):
        pass


@suite.case(
    "tls/renewed",
    "extra",
    "A certificate that is replaced is shown to new clients, and those who are there stay.",
    DECISION,
    _REQUIRE
    + """
var server = new webSocket.Server({
  port: PORT, hostInterface: '127.0.0.1',
  sslTls: true, pfxKeyCertPath: FOLDER + '/mine.pfx', pfxKeyCertPassword: PASSWORD
});"""
    + _EVENTS,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    file, others = t.folder / "mine.pfx", t.folder / "others"
    file.write_bytes(t.certificates.pfx.read_bytes())
    await t.start()
    await t.expect("listening")
    async with t.connect(ssl=t.certificates.client_context()) as client:
        others.mkdir()
        new = await asyncio.to_thread(make_certificates, others)
        new.pfx.replace(file)
        with t.waiting("the server shows its new certificate"):
            while True:
                if await _is_shown(t, new):
                    break
                await asyncio.sleep(POLL)
        await client.send("1")
        await client.expect_text("1")


async def _is_shown(t: Trial, certificates: Certificates) -> bool:
    context = certificates.client_context()
    try:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", t.port, ssl=context, server_hostname="localhost"
        )
    except ssl.SSLError:
        return False
    writer.close()
    return True
