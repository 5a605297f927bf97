"""stop(), and starting again."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import UNDEFINED
from ...wire import Deviation
from ..common import DECISION, SERVER_CLASS, SERVER_FUNCTIONS, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

# A client says when to stop, in whatever form its message reaches the script.
_STOPPING = (
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  report('connection');
  socket.on('close', function () { report('socket close'); });
  socket.on('message', function () { server.stop(); report('stopped'); });
});
server.start();
"""
)


@suite.case(
    "stop/no-more-clients",
    "must",
    "After stop(), nobody can connect.",
    SERVER_FUNCTIONS,
    _STOPPING,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await t.expect("connection")
        await t.expect("stopped")
        await t.refused()


@suite.case(
    "stop/closes-sockets",
    "should",
    "stop() closes the connections of the Server, each with a close frame.",
    SERVER_FUNCTIONS,
    _STOPPING,
)
async def _(t: Trial) -> None:
    async with t.connect() as first, t.connect() as second:
        await t.expect("connection")
        await t.expect("connection")
        await first.send("1")
        await t.expect("stopped")
        for client in (first, second):
            if (await client.closed()).code == 1006:
                raise Deviation("a connection ended without a close frame")


@suite.case(
    "stop/code",
    "extra",
    "stop() says goodbye with code 1001.",
    DECISION,
    _STOPPING,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        if (closed := await client.closed()).code != 1001:
            raise Deviation(f"the client was to see code 1001, but saw {closed.code}")


@suite.case(
    "stop/socket-close-events",
    "should",
    "When stop() has closed a connection, its Socket emits close.",
    SERVER_FUNCTIONS,
    _STOPPING,
)
async def _(t: Trial) -> None:
    async with t.connect(), t.connect() as client:
        await t.expect("connection")
        await t.expect("connection")
        await client.send("1")
        await t.expect("stopped")
        await client.closed()
        await t.expect("socket close")
        await t.expect("socket close")


@suite.case(
    "stop/delivers",
    "should",
    "What was sent before stop() reaches the client.",
    SERVER_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  for (var i = 0; i < 50; i += 1) socket.send(String(i));
  server.stop();
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text(*map(str, range(50)))


suite.reports(
    "stop/returns-nothing",
    "should",
    "stop() returns undefined, at once.",
    SERVER_FUNCTIONS,
    server()
    + """
server.on('listening', function () {});
server.start();
setTimeout(function () { attempt('stop', function () { return server.stop(); }); }, 100);
""",
    ("stop", "returned", UNDEFINED),
)

suite.reports(
    "stop/before-start",
    "should",
    "stop() before start() does nothing.",
    SERVER_FUNCTIONS,
    server()
    + """
server.on('error', reporter('error'));
attempt('stop', function () { server.stop(); });
settle();
""",
    ("stop", "returned", UNDEFINED),
    ("settled",),
)

suite.reports(
    "stop/twice",
    "should",
    "A second stop() does nothing.",
    SERVER_FUNCTIONS,
    server()
    + """
server.on('error', reporter('error'));
server.start();
setTimeout(function () {
  attempt('stop', function () { server.stop(); });
  attempt('again', function () { server.stop(); });
  settle(function () { attempt('later', function () { server.stop(); }); });
}, 100);
""",
    ("stop", "returned", UNDEFINED),
    ("again", "returned", UNDEFINED),
    ("later", "returned", UNDEFINED),
)


@suite.case(
    "stop/at-once",
    "should",
    "stop() right after start() leaves nothing that listens.",
    SERVER_FUNCTIONS,
    server()
    + """
server.on('error', reporter('error'));
server.start();
server.stop();
settle();
""",
)
async def _(t: Trial) -> None:
    await t.expect("settled")
    await t.refused()


@suite.case(
    "stop/start-again",
    "must",
    "A Server that was stopped can be started again, on the same port.",
    SERVER_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
var starts = 0;
server.on('error', reporter('error'));
server.on('connection', function (socket) {
  socket.on('message', function () {
    server.stop();
    settle(function () { starts += 1; server.start(); report('started again'); });
  });
  socket.send('start ' + starts);
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text("start 0")
        await client.send("1")
        await t.expect("started again")
    async with t.connect() as client:
        await client.expect_text("start 1")


suite.reports(
    "stop/listening-again",
    "must",
    "listening is emitted for each start().",
    SERVER_FUNCTIONS,
    server()
    + """
var starts = 0;
server.on('error', reporter('error'));
server.on('listening', function () {
  starts += 1;
  report('listening');
  server.stop();
  settle(function () { if (starts < 3) server.start(); else report('end'); });
});
server.start();
""",
    ("listening",),
    ("listening",),
    ("listening",),
    ("end",),
)


@suite.case(
    "stop/others-stay",
    "must",
    "stop() of one Server leaves another, and its connections, alone.",
    SERVER_CLASS,
    server()
    + """
var other = new webSocket.Server(
  {port: OTHER_PORT, hostInterface: '127.0.0.1', sendType: 'text/plain'});
other.on('connection', function (socket) {
  socket.on('message', function () {
    server.stop();
    setTimeout(function () { socket.send('still here'); }, 50);
  });
});
server.start();
other.start();
""",
)
async def _(t: Trial) -> None:
    await t.listening()
    async with t.connect(port=t.other_port) as client:
        await client.send("1")
        await client.expect_text("still here")
        await t.refused()
        if not await t.accepts(port=t.other_port):
            raise Deviation("the other Server accepts no more connections")


@suite.case(
    "stop/frees-port",
    "must",
    "After stop(), another Server can have the port.",
    SERVER_FUNCTIONS,
    server()
    + """
server.start();
setTimeout(function () {
  server.stop();
  settle(function () {
    var other = new webSocket.Server(
      {port: PORT, hostInterface: '127.0.0.1', sendType: 'text/plain'});
    other.on('error', reporter('error'));
    other.on('connection', function (socket) { socket.send('other'); });
    other.start();
    report('other started');
  });
}, 100);
""",
)
async def _(t: Trial) -> None:
    await t.expect("other started")
    async with t.connect() as client:
        await client.expect_text("other")


@suite.case(
    "stop/ends-script",
    "should",
    "A script that has stopped its only Server ends by itself, with exit code 0.",
    SERVER_FUNCTIONS,
    _STOPPING,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await t.expect("connection")
        await t.expect("stopped")
    if (code := await t.ended()) != 0:
        raise Deviation(f"the host ended with exit code {code}")


suite.reports(
    "stop/close-event",
    "extra",
    "The Server emits close, without arguments, once it has stopped.",
    DECISION,
    server()
    + """
server.on('close', function () { report('close', arguments.length); settle(); });
server.on('listening', function () { server.stop(); report('stopped'); });
server.start();
""",
    ("stopped",),
    ("close", 0),
    ("settled",),
)


@suite.case(
    "stop/close-event-last",
    "extra",
    "The Server emits close after its Sockets do.",
    DECISION,
    _STOPPING + "server.on('close', reporter('server close'));",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await t.expect("connection")
        await t.expect("stopped")
        await client.closed()
        await t.expect("socket close")
        await t.expect("server close")


@suite.case(
    "stop/interrupt",
    "extra",
    "Ctrl-C stops the Server in order: clients see 1001.",
    DECISION,
    server() + "server.on('connection', function () { report('connection'); });\nserver.start();",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await t.expect("connection")
        t.interrupt()
        if (closed := await client.closed()).code != 1001:
            raise Deviation(f"the client was to see code 1001, but saw {closed.code}")
