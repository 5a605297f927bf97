"""From send() to messages on the wire, by sendType."""

from __future__ import annotations

import json

from ...case import Drive, Suite
from ...trial import Trial
from ...values import AN_ERROR, ANYTHING
from ...wire import Deviation, as_text
from ..common import DECISION, SERVER_OPTIONS, SOCKET_FUNCTIONS, TYPES, server
from ..vectors import JSON_VALUES, PNG, TEXTS

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")


def sending(expressions: list[str], options: str = "") -> str:
    """Return a script that sends values to each client, one by one."""
    lines = "".join(f"  socket.send({expression});\n" for expression in expressions)
    return (
        server(options)
        + f"server.on('connection', function (socket) {{\n{lines}}});\nserver.start();"
    )


def _arrive_as_json(*values: object) -> Drive:
    async def drive(t: Trial) -> None:
        async with t.connect() as client:
            await client.expect_json(*values)

    return drive


def _arrive(*messages: str) -> Drive:
    async def drive(t: Trial) -> None:
        async with t.connect() as client:
            await client.expect_text(*messages)

    return drive


for topic, vectors in JSON_VALUES.items():
    suite.case(
        f"send/json-{topic}",
        "must",
        f"With sendType application/json, a value is sent as JSON: {topic}.",
        TYPES,
        sending([json.dumps(value) for _, value in vectors]),
    )(_arrive_as_json(*(value for _, value in vectors)))

suite.case(
    "send/json-default",
    "must",
    "Without sendType, a value is sent as JSON, a string too.",
    SERVER_OPTIONS,
    sending(["'Reply message'"]),
)(_arrive_as_json("Reply message"))

suite.case(
    "send/json-as-stringify",
    "must",
    "JSON is what JSON.stringify makes: toJSON counts, undefined members and NaN do not.",
    TYPES,
    sending(
        ["{a: undefined, b: NaN, c: [undefined]}", "{toJSON: function () { return 'own'; }}"],
    ),
)(_arrive_as_json({"b": None, "c": [None]}, "own"))

suite.case(
    "send/json-at-once",
    "should",
    "A value is sent as it is when send() is called, whatever becomes of it later.",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) {
  var value = {count: 1};
  socket.send(value);
  value.count = 2;
  socket.send(value);
});
server.start();
""",
)(_arrive_as_json({"count": 1}, {"count": 2}))


@suite.case(
    "send/json-long",
    "must",
    "A message of a megabyte is sent whole.",
    SOCKET_FUNCTIONS,
    sending(["new Array(1000001).join('x')"]),
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        text = as_text(await client.receive())
        if text.strip('"') != "x" * 1_000_000:
            raise Deviation(f"a million x were to arrive; what came has length {len(text)}")
        await client.ping()


for name, expression in (
    ("undefined", "undefined"),
    ("function", "function () {}"),
    ("cycle", "(function () { var loop = {}; loop.loop = loop; return loop; }())"),
):

    @suite.case(
        f"send/json-{name}",
        "should" if name == "cycle" else "extra",
        f"With sendType application/json, {name} cannot be sent: send() throws, and goes on after.",
        TYPES if name == "cycle" else DECISION,
        server()
        + f"""
server.on('connection', function (socket) {{
  attempt('send', function () {{ socket.send({expression}); }});
  socket.send([1]);
}});
server.start();
""",
    )
    async def _(t: Trial) -> None:
        async with t.connect() as client:
            await t.expect("send", "threw", AN_ERROR)
            await client.expect_json([1])


suite.case(
    "send/text",
    "must",
    "With sendType text/plain, a string is sent as it is.",
    TYPES,
    sending([json.dumps(text) for text in TEXTS], "sendType: 'text/plain'"),
)(_arrive(*TEXTS))

suite.case(
    "send/text-empty",
    "must",
    "With sendType text/plain, an empty string is an empty message.",
    TYPES,
    sending(["''", "'after'"], "sendType: 'text/plain'"),
)(_arrive("", "after"))

suite.case(
    "send/text-others",
    "must",
    "With sendType text/plain, another value is sent as its toString() says.",
    TYPES,
    sending(
        ["17.5", "true", "[1, 2]", "{toString: function () { return 'own'; }}"],
        "sendType: 'text/plain'",
    ),
)(_arrive("17.5", "true", "1,2", "own"))

for subtype in ("html", "csv", "x-anything"):
    suite.case(
        f"send/text-{subtype}",
        "must",
        f"Every text type is supported: text/{subtype}.",
        TYPES,
        sending(["17"], f"sendType: 'text/{subtype}'"),
    )(_arrive("17"))


@suite.case(
    "send/text-frames",
    "should",
    "JSON and text are sent in text frames, which every client can read.",
    TYPES,
    server()
    + """
var other = new webSocket.Server(
  {port: OTHER_PORT, hostInterface: '127.0.0.1', sendType: 'text/plain'});
server.on('connection', function (socket) { socket.send('a'); });
other.on('connection', function (socket) { socket.send('b'); });
server.start();
other.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        if isinstance(await client.receive(), bytes):
            raise Deviation("JSON came in a binary frame")
    async with t.connect(port=t.other_port) as client:
        if isinstance(await client.receive(), bytes):
            raise Deviation("text came in a binary frame")


@suite.case(
    "send/octet-stream",
    "extra",
    "With sendType application/octet-stream, bytes are sent as they are, in a binary frame.",
    DECISION,
    sending(["new Uint8Array([0, 255, 128])"], "sendType: 'application/octet-stream'"),
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect(b"\x00\xff\x80")


@suite.case(
    "send/image",
    "extra",
    "With sendType image/png, the bytes of an image are sent in a binary frame.",
    DECISION,
    server("sendType: 'image/png'")
    + f"""
var hex = '{PNG.hex()}';
server.on('connection', function (socket) {{
  socket.on('error', reporter('error'));
  socket.send(Buffer.from(hex, 'hex'));
}});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        message = await client.receive()
        if not (isinstance(message, bytes) and message.startswith(b"\x89PNG")):
            raise Deviation("what arrived is no image/png")


@suite.case(
    "send/order",
    "must",
    "Messages arrive in the order of the calls of send().",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  for (var i = 0; i < 500; i += 1) socket.send(String(i));
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text(*map(str, range(500)))


@suite.case(
    "send/reply-in-message",
    "must",
    "A handler of message can reply.",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function () { socket.send('reply'); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        for _ in range(3):
            await client.send("1")
            await client.expect_text("reply")


@suite.case(
    "send/to-others",
    "must",
    "A handler can send to every other Socket.",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
var sockets = [];
server.on('connection', function (socket) {
  sockets.push(socket);
  socket.on('message', function () {
    sockets.forEach(function (other, index) { other.send('to ' + index); });
  });
  report('connection');
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as first, t.connect() as second, t.connect() as third:
        for _ in range(3):
            await t.expect("connection")
        await second.send("1")
        for number, client in enumerate((first, second, third)):
            await client.expect_text(f"to {number}")


@suite.case(
    "send/later",
    "must",
    "send() works at any time, not only in a handler.",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  setTimeout(function () { socket.send('later'); }, 10);
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text("later")


@suite.case(
    "send/closed",
    "should",
    "send() on a Socket that is closed does not throw.",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('close', function () {
    attempt('send', function () { socket.send('too late'); });
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.ping()
    await t.expect("send", "returned", ANYTHING)


@suite.case(
    "send/tells",
    "extra",
    "send() returns true, and false when the Socket is not open.",
    DECISION,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  report('open', socket.send('in time'));
  socket.close();
  report('closed', socket.send('too late'));
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text("in time")
        await t.expect("open", True)
        await t.expect("closed", False)
