"""What waits for a client, whether it is there, and one value for all: extras of accessor-host."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import an_error
from ...wire import PING, PONG, Deviation
from ..common import DECISION, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")


@suite.case(
    "flow/unsent-bytes",
    "extra",
    "unsentBytes() counts what was sent in the same event, and nothing once it has left.",
    DECISION,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.send(new Array(1001).join('x'));
  report('sent', socket.unsentBytes() >= 1000);
  socket.on('message', function () { report('later', socket.unsentBytes()); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await t.expect("sent", True)
        await client.expect_text("x" * 1000)
        await client.send("1")
        await t.expect("later", 0)


@suite.case(
    "flow/ping",
    "extra",
    "ping(data) sends a ping, and its answer is the event pong with the same data.",
    DECISION,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('pong', function (data) { report('pong', String(data)); });
  report('ping', socket.ping('are you there?'));
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        await t.expect("ping", True)
        if (found := await raw.frame()) != (PING, b"are you there?"):
            raise Deviation(f"expected a ping with the data, but there came {found}")
        # Nobody has asked for the first.
        raw.send_frame(PONG, b"something else")
        raw.send_frame(PONG, b"are you there?")
        await t.expect("pong", "are you there?")


@suite.case(
    "flow/ping-too-long",
    "extra",
    "ping() throws a RangeError for data of more than 125 bytes.",
    DECISION,
    server()
    + """
server.on('connection', function (socket) {
  attempt('ping', function () { return socket.ping(new Array(127).join('x')); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("ping", "threw", an_error(name="RangeError"))


_BROADCAST = """
server.on('connection', function (socket) {
  report('connection');
  socket.on('message', function (message) {
    attempt('broadcast', function () { return CALL; });
  });
});
server.start();
"""

for _name, _call, _clause, _count in (
    ("all", "server.broadcast(message)", "broadcast(value) goes to every open socket.", 2),
    (
        "filter",
        "server.broadcast(message, function (one) { return one !== socket; })",
        "broadcast(value, filter) goes to the sockets for which the filter returns true.",
        1,
    ),
):

    @suite.case(
        f"broadcast/{_name}",
        "extra",
        f"{_clause} It returns to how many.",
        DECISION,
        server() + _BROADCAST.replace("CALL", _call),
    )
    async def _(t: Trial, count: int = _count) -> None:
        async with t.connect() as one, t.connect() as two:
            await t.expect("connection")
            await t.expect("connection")
            await one.send('{"celsius":21.5}')
            await t.expect("broadcast", "returned", count)
            await two.expect_json({"celsius": 21.5})
            if count == 2:
                await one.expect_json({"celsius": 21.5})


@suite.case(
    "broadcast/throwing-filter",
    "extra",
    "What a filter of broadcast() throws is thrown, and nothing is sent.",
    DECISION,
    server()
    + _BROADCAST.replace(
        "CALL",
        "message === 1 ? server.broadcast('good') : "
        "server.broadcast('bad', function () { throw new RangeError('no'); })",
    ),
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await t.expect("connection")
        await client.send("2")
        await t.expect("broadcast", "threw", an_error(name="RangeError", says="no"))
        await client.send("1")
        await t.expect("broadcast", "returned", 1)
        await client.expect_json("good")
