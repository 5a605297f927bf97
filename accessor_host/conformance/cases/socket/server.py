"""A SocketServer and its Sockets."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ._scripts import SERVER, SOCKET, framed, server

__all__ = ["suite"]

suite = Suite("socket", "tcp")

_FRAMED = "rawBytes: false"
_ECHO = """
server.on('connection', function (one) {
  one.on('data', function (data) { one.send(data); });
  one.on('close', reporter('close'));
});
server.start();
"""


@suite.case(
    "server/listening",
    "must",
    "start() listens, and 'listening' is emitted with the port.",
    SERVER,
    server() + "server.on('listening', reporter('listening'));\nserver.start();",
)
async def _(t: Trial) -> None:
    await t.expect("listening", t.port)
    await t.listening()


@suite.case(
    "server/free-port",
    "must",
    "With port 0, 'listening' tells the port that was free.",
    SERVER,
    server() + "server = new socket.SocketServer({port: 0, hostInterface: '127.0.0.1'});\n"
    "server.on('listening', reporter('listening'));\nserver.start();",
)
async def _(t: Trial) -> None:
    await t.listening(port=int(await t.value("listening")))


@suite.case(
    "server/connection",
    "must",
    "'connection' is emitted with a Socket that knows the client's address and port.",
    SOCKET,
    server()
    + """
server.on('connection', function (one) { report('from', one.remoteHost(), one.remotePort()); });
server.start();
""",
)
async def _(t: Trial) -> None:
    await t.listening()
    await t.next("from")
    async with t.connect_tcp() as peer:
        await t.expect("from", "127.0.0.1", peer.own_port)


@suite.case(
    "server/echo",
    "must",
    "Each message is one 'data', and each send is one message.",
    SOCKET,
    server(_FRAMED) + _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        stream = framed(b"one") + framed(b"") + framed(b"x" * 300)
        await peer.send(stream)
        await peer.expect(stream)


@suite.case(
    "server/remote-close",
    "must",
    "When a client ends, its Socket emits 'close' behind all data that came before.",
    SOCKET,
    server(_FRAMED)
    + """
server.on('connection', function (one) {
  one.on('data', reporter('data'));
  one.on('close', reporter('close'));
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(framed(b"last"))
        peer.half_close()
        await peer.finish()
    await t.expect("data", "last")
    await t.expect("close")


@suite.case(
    "server/answer-after-end",
    "should",
    "A client that has ended still gets the answer to what it sent before.",
    SOCKET,
    server(_FRAMED) + _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(framed(b"last"))
        peer.half_close()
        await peer.expect(framed(b"last"))
        await peer.finish()


@suite.case(
    "server/socket-close",
    "must",
    "close() of a Socket delivers what was sent, and ends the connection.",
    SOCKET,
    server() + "server.on('connection', function (one) { one.send('bye'); one.close(); });\n"
    "server.start();",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.expect(b"bye")
        await peer.ended()


@suite.case(
    "server/stop",
    "must",
    "stop() closes the port, and every socket.",
    SERVER,
    server(_FRAMED)
    + """
server.on('connection', function (one) {
  one.on('data', function () { server.stop(); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(framed(b"stop"))
        await peer.finish()
    await t.refused()


@suite.case(
    "server/taken-port",
    "must",
    "A port that is taken is an 'error', not an uncaught exception.",
    SERVER,
    server()
    + """
var second = new socket.SocketServer({port: PORT, hostInterface: '127.0.0.1'});
second.on('error', function () { report('error'); });
server.on('listening', function () { second.start(); });
server.start();
""",
)
async def _(t: Trial) -> None:
    await t.expect("error")


@suite.case(
    "server/reset",
    "should",
    "A client that resets its connection disturbs no other.",
    SOCKET,
    server(_FRAMED)
    + """
server.on('connection', function (one) {
  one.on('error', function () {});
  one.on('data', function (data) { one.send(data); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as first, t.connect_tcp() as second:
        await first.send(framed(b"a"))
        await first.expect(framed(b"a"))
        first.reset()
        await second.send(framed(b"b"))
        await second.expect(framed(b"b"))
