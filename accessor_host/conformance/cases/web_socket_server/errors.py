"""The event error of a Server, and errors in listeners."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import an_error
from ..common import DECISION, SERVER_CLASS, SERVER_EVENTS, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

# The second Server wants what the first one has.
_TWO = (
    server("sendType: 'text/plain'")
    + """
var second = new webSocket.Server({port: PORT, hostInterface: '127.0.0.1'});
server.on('connection', function (socket) { socket.send('first'); });
server.start();
"""
)

suite.reports(
    "error/port-in-use",
    "should",
    "When the port is in use, error is emitted, once, with an Error, and listening is not.",
    SERVER_EVENTS,
    _TWO
    + """
second.on('listening', reporter('listening'));
second.on('error', function (error) {
  report('error', arguments.length, error instanceof Error);
  settle();
});
setTimeout(function () { second.start(); }, 100);
""",
    ("error", 1, True),
    ("settled",),
)

suite.reports(
    "error/port-in-use-code",
    "extra",
    "The Error has the code EADDRINUSE.",
    DECISION,
    _TWO
    + """
second.on('error', reporter('error'));
setTimeout(function () { second.start(); }, 100);
""",
    ("error", an_error(code="EADDRINUSE")),
)


@suite.case(
    "error/port-in-use-other",
    "must",
    "The Server that has the port does not notice that another one wanted it.",
    SERVER_CLASS,
    _TWO
    + """
second.on('error', function () { report('error'); });
setTimeout(function () { second.start(); }, 100);
""",
)
async def _(t: Trial) -> None:
    await t.expect("error")
    async with t.connect() as client:
        await client.expect_text("first")


@suite.case(
    "error/start-again",
    "should",
    "After an error, start() tries again.",
    SERVER_EVENTS,
    _TWO
    + """
second.on('connection', function (socket) { report('connection to the second'); });
second.once('error', function () {
  server.stop();
  settle(function () { second.start(); report('started again'); });
});
setTimeout(function () { second.start(); }, 100);
""",
)
async def _(t: Trial) -> None:
    await t.expect("started again")
    async with t.connect():
        await t.expect("connection to the second")


suite.reports(
    "error/stop-after",
    "should",
    "stop() after an error does nothing.",
    SERVER_EVENTS,
    _TWO
    + """
second.on('error', function () {
  attempt('stop', function () { return typeof second.stop(); });
});
setTimeout(function () { second.start(); }, 100);
""",
    ("stop", "returned", "undefined"),
)


@suite.case(
    "error/none-in-a-session",
    "must",
    "A session without faults emits no error.",
    SERVER_EVENTS,
    server()
    + """
server.on('error', reporter('server error'));
server.on('connection', function (socket) {
  socket.on('error', reporter('socket error'));
  socket.on('close', function () { settle(); });
  socket.on('message', function () { report('message'); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("no JSON")
        await t.expect("message")
        await client.send("1")
        await t.expect("message")
    await t.expect("settled")


@suite.case(
    "error/in-listener",
    "extra",
    "An error in a listener ends that event alone: other events and clients go on.",
    DECISION,
    server("sendType: 'text/plain'")
    + """
var count = 0;
server.on('connection', function (socket) {
  socket.on('message', function () {
    count += 1;
    if (count === 1) throw new Error('on purpose');
    socket.send('reply ' + count);
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as first, t.connect() as second:
        await first.send("1")
        await first.send("2")
        await first.expect_text("reply 2")
        await second.send("3")
        await second.expect_text("reply 3")
