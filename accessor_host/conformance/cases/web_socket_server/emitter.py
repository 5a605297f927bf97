"""Server and Socket as emitters."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import an_error
from ..common import EMITTER, SERVER_EVENTS, SOCKET_EVENTS, server
from ..emitting import add_emitter_cases

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

add_emitter_cases(
    suite,
    "Server",
    """
var webSocket = require('@modules/web-socket-server');
var emitter = new webSocket.Server({port: PORT});
var other = new webSocket.Server({port: OTHER_PORT});
""",
    SERVER_EVENTS,
)

suite.reports(
    "emitter-server/unhandled-error",
    "should",
    "Emitting error on a Server to which nobody listens throws that error.",
    EMITTER,
    server() + "attempt('emit', function () { server.emit('error', new RangeError('own')); });",
    ("emit", "threw", an_error(name="RangeError", says="own")),
)


@suite.case(
    "emitter-socket/instance",
    "must",
    "A Socket is an EventEmitter.",
    SOCKET_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  report('instance', socket instanceof require('events').EventEmitter);
  socket.on('own', function (value) { report('own', value, this === socket); });
  report('emitted', socket.emit('own', 17));
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("instance", True)
        await t.expect("own", 17, True)
        await t.expect("emitted", True)


@suite.case(
    "emitter-socket/own-listeners",
    "must",
    "Each Socket has listeners of its own.",
    SOCKET_EVENTS,
    server()
    + """
var count = 0;
server.on('connection', function (socket) {
  count += 1;
  if (count === 1) socket.on('message', function () { report('first'); });
  else socket.on('message', function () { report('second'); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as first, t.connect() as second:
        await second.send("1")
        await t.expect("second")
        await first.send("1")
        await t.expect("first")


@suite.case(
    "emitter-socket/several-listeners",
    "must",
    "Every listener for message is called, in order; a removed one is not.",
    SOCKET_EVENTS,
    server()
    + """
function third() { report('third'); }
server.on('connection', function (socket) {
  socket.on('message', function () { report('first'); });
  socket.once('message', function () { report('second'); });
  socket.on('message', third);
  socket.on('message', function () { socket.removeListener('message', third); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await client.send("2")
        for name in ("first", "second", "third", "first"):
            await t.expect(name)
