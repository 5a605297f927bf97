"""Opening handshakes and the event connection."""

from __future__ import annotations

import asyncio

from ...case import Suite
from ...trial import Trial
from ...wire import TEXT, Deviation, frame, request
from ..common import DECISION, SERVER_EVENTS, SERVER_OPTIONS, SOCKET_FUNCTIONS, USAGE, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_RFC = "RFC 6455 section 4.2"

_CONNECTED = server() + (
    "server.on('connection', function () { report('connection'); });\nserver.start();"
)

_GREETING = (
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) { socket.send('hello'); });
server.start();
"""
)


@suite.case(
    "connection/argument",
    "must",
    "The first argument of connection is a Socket with the functions send, close and isOpen.",
    SERVER_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  report('connection', typeof socket.send, typeof socket.close, typeof socket.isOpen,
    typeof socket.on);
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("connection", "function", "function", "function", "function")


@suite.case(
    "connection/once",
    "must",
    "connection is emitted once for each client.",
    SERVER_EVENTS,
    server()
    + """
server.on('connection', function () { report('connection'); settle(); });
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("connection")
        await t.expect("settled")


@suite.case(
    "connection/own-socket",
    "must",
    "Each client has a Socket of its own.",
    SERVER_EVENTS,
    server()
    + """
var seen = [];
server.on('connection', function (socket) {
  report('connection', seen.indexOf(socket) < 0);
  seen.push(socket);
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect(), t.connect(), t.connect():
        for _ in range(3):
            await t.expect("connection", True)


@suite.case(
    "connection/is-open",
    "must",
    "In the handler of connection, isOpen() is true.",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) { report('isOpen', socket.isOpen()); });
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("isOpen", True)


@suite.case(
    "connection/listener-after-start",
    "must",
    "A listener for connection can be attached after start().",
    USAGE,
    server() + "server.start();\nserver.on('connection', function () { report('connection'); });",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("connection")


@suite.case(
    "connection/no-listener",
    "should",
    "A client can connect although nobody listens for connection.",
    SERVER_EVENTS,
    server() + "server.start();",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.ping()


@suite.case(
    "connection/send-in-handler",
    "must",
    "What is sent in the handler of connection reaches the client.",
    SOCKET_FUNCTIONS,
    _GREETING,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text("hello")


@suite.case(
    "connection/many",
    "must",
    "A Server has any number of Sockets at a time, and each gets its own messages.",
    SERVER_EVENTS,
    server("receiveType: 'text/plain', sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) { socket.send('for ' + message); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async def talk(number: int) -> None:
        async with t.connect() as client:
            await client.send(str(number))
            await client.expect_text(f"for {number}")

    await asyncio.gather(*(talk(number) for number in range(50)))


@suite.case(
    "connection/any-path",
    "should",
    "Any path and query is accepted.",
    SERVER_OPTIONS,
    _CONNECTED,
)
async def _(t: Trial) -> None:
    async with t.connect(path="/some/path?with=query"):
        await t.expect("connection")


@suite.case(
    "connection/any-origin",
    "should",
    "Any origin is accepted unless told otherwise.",
    SERVER_OPTIONS,
    _CONNECTED,
)
async def _(t: Trial) -> None:
    async with t.connect(origin="https://example.org"):
        await t.expect("connection")


@suite.case(
    "connection/sub-protocols",
    "should",
    "A client that offers sub-protocols and extensions is accepted.",
    SERVER_OPTIONS,
    _GREETING,
)
async def _(t: Trial) -> None:
    async with t.connect(subprotocols=["chat"], compression="deflate") as client:
        await client.expect_text("hello")


@suite.case(
    "connection/handshake",
    "must",
    "The opening handshake is answered with 101 and the accept key.",
    _RFC,
    server() + "server.start();",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        raw.write(request())
        head = (await raw.head()).decode("latin-1").lower()
    # SHA-1 of sixteen zero bytes in base64 with the GUID of the RFC.
    for part in ("http/1.1 101 ", "sec-websocket-accept: icx+yqv66kxgm0fcwalwlflwtai=\r\n"):
        if part not in head:
            raise Deviation(f"{part.strip()!r} is not in the answer {head!r}")


@suite.case(
    "connection/handshake-in-pieces",
    "must",
    "An opening handshake may come one byte at a time.",
    _RFC,
    _GREETING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        for byte in request():
            raw.write(bytes([byte]))
            await asyncio.sleep(0)
        await raw.head()
        if await raw.frame() != (TEXT, b"hello"):
            raise Deviation("the greeting did not arrive")


@suite.case(
    "connection/plain-http",
    "should",
    "A plain HTTP request is answered with an error, and does not disturb the Server.",
    _RFC,
    _GREETING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await raw.head()
    status = head.split(b" ")[1]
    if not status.startswith(b"4"):
        raise Deviation(f"a plain HTTP request was answered with status {status.decode()}")
    async with t.connect() as client:
        await client.expect_text("hello")


@suite.case(
    "connection/not-http",
    "should",
    "Bytes that are no HTTP at all do not disturb the Server.",
    _RFC,
    _GREETING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        raw.write(frame(TEXT, b"no handshake") * 10 + b"\r\n\r\n")
        await raw.body()
    async with t.connect() as client:
        await client.expect_text("hello")


@suite.case(
    "connection/only-after-handshake",
    "must",
    "A client whose handshake is refused is no connection.",
    SERVER_EVENTS,
    _CONNECTED + "\nserver.once('connection', function () { settle(); });",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        raw.write(request().replace(b"Sec-WebSocket-Key", b"X-Key"))
        if b" 101 " in await raw.head():
            raise Deviation("a handshake without a key was accepted")
    async with t.connect():
        await t.expect("connection")
        await t.expect("settled")


@suite.case(
    "connection/remote-address",
    "extra",
    "A Socket tells the address and the port of its client.",
    DECISION,
    server()
    + """
server.on('connection', function (socket) {
  report('from', socket.remoteHost(), socket.remotePort());
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        host, port = client.connection.local_address[:2]
        await t.expect("from", host, port)


@suite.case(
    "connection/allowed-origins",
    "extra",
    "With allowedOrigins, other origins are answered with 403.",
    DECISION,
    server("allowedOrigins: ['https://example.org']")
    + "server.on('connection', function () { report('connection'); });\nserver.start();",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        raw.write(request("/", "Origin: https://example.com"))
        head = await raw.head()
        if b" 403 " not in head:
            raise Deviation(f"a foreign origin was answered with {head[:30]!r}")
    async with t.connect(origin="https://example.org"):
        await t.expect("connection")
