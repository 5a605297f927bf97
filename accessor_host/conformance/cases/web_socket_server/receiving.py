"""From messages on the wire to the event message, by receiveType."""

from __future__ import annotations

from ...case import Drive, Suite
from ...trial import Trial
from ...values import ANYTHING, UNDEFINED
from ...wire import TEXT, frame
from ..common import DECISION, SERVER_OPTIONS, SOCKET_EVENTS, TYPES, server
from ..vectors import JSON_UNPARSABLE, JSON_VALUES, PNG, TEXTS

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_REPORTING = """
server.on('connection', function (socket) {
  socket.on('message', reporter('message'));
  socket.on('error', reporter('error'));
});
server.start();
"""

_JSON = server() + _REPORTING
_TEXT = server("receiveType: 'text/plain'") + _REPORTING


def _receives(*messages: tuple[str | bytes | list[str], object]) -> Drive:
    async def drive(t: Trial) -> None:
        async with t.connect() as client:
            for sent, value in messages:
                await client.send(sent)
                await t.expect("message", value)

    return drive


for topic, vectors in JSON_VALUES.items():
    suite.case(
        f"receive/json-{topic}",
        "must",
        f"With receiveType application/json, a message is parsed: {topic}.",
        TYPES,
        _JSON,
    )(_receives(*vectors))

suite.case(
    "receive/json-default",
    "must",
    "Without receiveType, a message is parsed as JSON.",
    SERVER_OPTIONS,
    server() + _REPORTING,
)(_receives(('{"a":[1]}', {"a": [1]})))

suite.case(
    "receive/json-white-space",
    "must",
    "White space around and in JSON means nothing.",
    TYPES,
    _JSON,
)(_receives((' \t\r\n{ "a" : 1 } ', {"a": 1})))

suite.case(
    "receive/json-escapes",
    "must",
    "JSON's escapes are read, half a surrogate pair too.",
    TYPES,
    _JSON,
)(_receives(('"\\u00e9\\ud83d\\ude80"', "é🚀"), ('"\\ud800"', "\ud800")))

suite.case(
    "receive/json-prototype",
    "should",
    "A member called __proto__ is a member, and no prototype.",
    TYPES,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) {
    report('message', Object.keys(message), message.polluted);
  });
});
server.start();
""",
)


async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send('{"__proto__":{"polluted":true}}')
        await t.expect("message", ["__proto__"], UNDEFINED)


suite.case(
    "receive/json-unparsable",
    "must",
    "With receiveType application/json, a message that is no JSON arrives as the string it is.",
    TYPES,
    _JSON,
)(_receives(*((message, message) for message in JSON_UNPARSABLE)))

suite.case(
    "receive/json-nothing",
    "should",
    "An empty message, which is no JSON, arrives as an empty string.",
    TYPES,
    _JSON,
)(_receives(("", "")))

suite.case(
    "receive/json-binary-frame",
    "should",
    "JSON is read out of binary frames too: some hosts send no others.",
    TYPES,
    _JSON,
)(_receives((b'{"a":"\xc3\xa9"}', {"a": "é"})))


@suite.case(
    "receive/json-long",
    "must",
    "A message of a megabyte arrives whole.",
    SOCKET_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) {
    report('message', typeof message, message.length, message.slice(0, 3), message.slice(-3));
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send('"abc' + "x" * 1_000_000 + 'xyz"')
        await t.expect("message", "string", 1_000_006, "abc", "xyz")


suite.case(
    "receive/text",
    "must",
    "With receiveType text/plain, a message is the string it is, JSON or not.",
    TYPES,
    _TEXT,
)(_receives(*((text, text) for text in TEXTS)))

suite.case(
    "receive/text-empty",
    "must",
    "With receiveType text/plain, an empty message is an empty string.",
    TYPES,
    _TEXT,
)(_receives(("", "")))

suite.case(
    "receive/text-binary-frame",
    "should",
    "Text is read out of binary frames too, as UTF-8.",
    TYPES,
    _TEXT,
)(_receives(("Grüße".encode(), "Grüße")))

suite.case(
    "receive/text-not-utf-8",
    "extra",
    "What is no UTF-8 in a binary frame becomes U+FFFD.",
    DECISION,
    _TEXT,
)(_receives((b"H\xc3\xa9\xff!", "Hé\ufffd!")))

for subtype in ("html", "csv", "x-anything"):
    suite.case(
        f"receive/text-{subtype}",
        "must",
        f"Every text type is supported: text/{subtype}.",
        TYPES,
        server(f"receiveType: 'text/{subtype}'") + _REPORTING,
    )(_receives(("<p>1</p>", "<p>1</p>")))

suite.case(
    "receive/octet-stream",
    "extra",
    "With receiveType application/octet-stream, a message is bytes, in either kind of frame.",
    DECISION,
    server("receiveType: 'application/octet-stream'") + _REPORTING,
)(_receives((b"\x00\xff\x80", b"\x00\xff\x80"), ("é", b"\xc3\xa9"), (b"", b"")))


@suite.case(
    "message/one-argument",
    "must",
    "message has one argument, the value.",
    SOCKET_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('message', function () { report('arguments', arguments.length); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send('"text frame"')
        await t.expect("arguments", 1)
        await client.send(b'"binary frame"')
        await t.expect("arguments", 1)


@suite.case(
    "message/later-than-connection",
    "must",
    "A message that comes in one piece with the handshake is emitted, after connection.",
    SOCKET_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) { report('message', String(message)); });
  report('connection');
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake(after=frame(TEXT, b"17") + frame(TEXT, b"18"))
        await t.expect("connection")
        await t.expect("message", "17")
        await t.expect("message", "18")


@suite.case(
    "message/order",
    "must",
    "Messages are emitted in the order in which they were sent.",
    SOCKET_EVENTS,
    server()
    + """
var count = 0;
var wrong = 0;
server.on('connection', function (socket) {
  socket.on('message', function (message) {
    if (String(message) !== String(count)) wrong += 1;
    count += 1;
    if (count === 500) report('wrong', wrong);
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        for number in range(500):
            await client.send(str(number))
        await t.expect("wrong", 0)


@suite.case(
    "message/own-socket",
    "must",
    "A message is emitted by the Socket of the client that sent it, and by no other.",
    SOCKET_EVENTS,
    server()
    + """
var count = 0;
server.on('connection', function (socket) {
  var id = count;
  count += 1;
  socket.on('message', function (message) { report('message', id, String(message)); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as first, t.connect() as second:
        await second.send("2")
        await t.expect("message", 1, "2")
        await first.send("1")
        await t.expect("message", 0, "1")


@suite.case(
    "message/once-each",
    "must",
    "Each message is emitted once.",
    SOCKET_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('message', function () { report('message'); settle(); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await t.expect("message")
        await t.expect("settled")


@suite.case(
    "message/not-kept",
    "should",
    "A message for which nobody listens is dropped; a later listener gets later messages.",
    SOCKET_EVENTS,
    server()
    + """
server.on('connection', function (socket) {
  report('connection');
  settle(function () {
    socket.on('message', function (message) { report('message', String(message)); });
    report('listening for messages');
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await t.expect("connection")
        await t.expect("listening for messages")
        await client.send("2")
        await t.expect("message", "2")


@suite.case(
    "message/listener-later",
    "should",
    "A listener for message may be attached at any time.",
    SOCKET_EVENTS,
    server("receiveType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.once('message', function () {
    socket.on('message', function (message) { report('second', String(message)); });
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await client.send("2")
        await t.expect("second", "2")


@suite.case(
    "message/types-apart",
    "must",
    "receiveType and sendType are two options: each has its own effect.",
    SERVER_OPTIONS,
    server("receiveType: 'application/json', sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) { socket.send(typeof message + ' ' + message.a); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send('{"a":1}')
        await client.expect_text("object 1")


@suite.case(
    "message/image",
    "extra",
    "With receiveType image/png, a message is an image with type, width, height and data.",
    DECISION,
    server("receiveType: 'image/png'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (image) {
    report('image', image.type, image.width, image.height, image.data);
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send(PNG)
        await t.expect("image", "image/png", 1, 1, ANYTHING)
