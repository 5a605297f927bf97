"""Messages of a Client, in both directions and every state."""

from __future__ import annotations

import json

from ...case import Drive, Suite
from ...trial import Trial
from ...values import AN_ERROR, UNDEFINED
from ...wire import CONTINUATION, PING, PONG, TEXT, Deviation, as_text, frame
from ..common import CLIENT_CLASS, CLIENT_EVENTS, CLIENT_OPTIONS, DECISION, TYPES, client
from ..vectors import JSON_UNPARSABLE, JSON_VALUES, TEXTS

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_RECEIVING = """
client.on('message', reporter('message'));
client.on('error', reporter('error'));
client.open();
"""


def _receives(*messages: tuple[str | bytes | list[str], object]) -> Drive:
    async def drive(t: Trial) -> None:
        server = await t.serve()
        await t.start()
        peer = await server.accept()
        for sent, value in messages:
            await peer.send(sent)
            await t.expect("message", value)

    return drive


def sending(expressions: list[str], options: str = "") -> str:
    """Return a script whose Client sends values when it is open."""
    lines = "".join(f"  client.send({expression});\n" for expression in expressions)
    return client(options) + f"client.on('open', function () {{\n{lines}}});\nclient.open();"


def _arrive_as_json(*values: object) -> Drive:
    async def drive(t: Trial) -> None:
        server = await t.serve()
        await t.start()
        await (await server.accept()).expect_json(*values)

    return drive


def _arrive(*messages: str) -> Drive:
    async def drive(t: Trial) -> None:
        server = await t.serve()
        await t.start()
        await (await server.accept()).expect_text(*messages)

    return drive


for topic, vectors in JSON_VALUES.items():
    suite.case(
        f"receive/json-{topic}",
        "must",
        f"With receiveType application/json, a message is parsed: {topic}.",
        TYPES,
        client() + _RECEIVING,
    )(_receives(*vectors))
    suite.case(
        f"send/json-{topic}",
        "must",
        f"With sendType application/json, a value is sent as JSON: {topic}.",
        TYPES,
        sending([json.dumps(value) for _, value in vectors]),
    )(_arrive_as_json(*(value for _, value in vectors)))

suite.case(
    "receive/json-unparsable",
    "must",
    "With receiveType application/json, a message that is no JSON arrives as the string it is.",
    TYPES,
    client() + _RECEIVING,
)(_receives(*((message, message) for message in JSON_UNPARSABLE)))

suite.case(
    "receive/json-binary-frame",
    "should",
    "JSON is read out of binary frames too: some hosts send no others.",
    TYPES,
    client() + _RECEIVING,
)(_receives((b'{"a":"\xc3\xa9"}', {"a": "é"})))

suite.case(
    "receive/text",
    "must",
    "With receiveType text/plain, a message is the string it is, JSON or not.",
    TYPES,
    client("receiveType: 'text/plain'") + _RECEIVING,
)(_receives(("", ""), *((text, text) for text in TEXTS)))

suite.case(
    "receive/text-binary-frame",
    "should",
    "Text is read out of binary frames too, as UTF-8.",
    TYPES,
    client("receiveType: 'text/x-anything'") + _RECEIVING,
)(_receives(("Grüße".encode(), "Grüße")))

suite.case(
    "receive/fragments",
    "must",
    "A message in fragments is emitted once, whole.",
    CLIENT_EVENTS,
    client("receiveType: 'text/plain'") + _RECEIVING,
)(_receives((["one", " two", " three"], "one two three"), ("next", "next")))

suite.case(
    "receive/octet-stream",
    "extra",
    "With receiveType application/octet-stream, a message is bytes.",
    DECISION,
    client("receiveType: 'application/octet-stream'") + _RECEIVING,
)(_receives((b"\x00\xff\x80", b"\x00\xff\x80"), ("é", b"\xc3\xa9")))


@suite.case(
    "message/one-argument",
    "must",
    "message has one argument, the value.",
    CLIENT_EVENTS,
    client()
    + """
client.on('message', function () { report('arguments', arguments.length); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.send('"text frame"')
    await t.expect("arguments", 1)
    await peer.send(b'"binary frame"')
    await t.expect("arguments", 1)


@suite.case(
    "message/after-open",
    "must",
    "What comes in one piece with the handshake's answer is emitted, after open.",
    CLIENT_EVENTS,
    client()
    + """
client.on('open', function () { report('open'); });
client.on('message', function (message) { report('message', String(message)); });
client.open();
""",
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    peer = await t.accept_raw(peers)
    await peer.answer(after=frame(TEXT, b"17", mask=False) + frame(TEXT, b"18", mask=False))
    await t.expect("open")
    await t.expect("message", "17")
    await t.expect("message", "18")


@suite.case(
    "message/frames",
    "must",
    "Frames are read as the protocol says: pings within a message, fragments within a character.",
    "RFC 6455 section 5",
    client("receiveType: 'text/plain'")
    + """
client.on('message', function (message) { report('message', String(message)); });
client.open();
""",
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    peer = await t.accept_raw(peers)
    await peer.answer()
    peer.send_frame(TEXT, b"\xc3", final=False)
    peer.send_frame(PING, b"now")
    if await peer.frame() != (PONG, b"now"):
        raise Deviation("a ping between fragments was not answered")
    peer.send_frame(CONTINUATION, b"\xa9")
    await t.expect("message", "é")


@suite.case(
    "message/long",
    "must",
    "Messages of a megabyte arrive whole, in both directions.",
    CLIENT_EVENTS,
    client()
    + """
client.on('message', function (message) { client.send(message); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.send('"' + "x" * 1_000_000 + '"')
    text = as_text(await peer.receive())
    if text != '"' + "x" * 1_000_000 + '"':
        raise Deviation(f"what came back has length {len(text)} and begins with {text[:20]!r}")


@suite.case(
    "message/order",
    "must",
    "Messages keep their order, in both directions.",
    CLIENT_EVENTS,
    client("receiveType: 'text/plain', sendType: 'text/plain'")
    + """
client.on('message', function (message) { client.send('re ' + message); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    for number in range(200):
        await peer.send(str(number))
    await peer.expect_text(*(f"re {number}" for number in range(200)))


suite.case(
    "send/json-default",
    "must",
    "Without sendType, a string is sent as JSON.",
    CLIENT_OPTIONS,
    sending(["'text'"]),
)(_arrive_as_json("text"))

suite.case(
    "send/text",
    "must",
    "With sendType text/plain, a string is sent as it is, another value as its toString() says.",
    TYPES,
    sending([*(json.dumps(text) for text in TEXTS), "''", "17.5"], "sendType: 'text/plain'"),
)(_arrive(*TEXTS, "", "17.5"))


@suite.case(
    "send/text-frames",
    "should",
    "JSON is sent in text frames.",
    TYPES,
    sending(["{a: 1}"]),
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    if isinstance(await (await server.accept()).receive(), bytes):
        raise Deviation("JSON came in a binary frame")


@suite.case(
    "send/octet-stream",
    "extra",
    "With sendType application/octet-stream, bytes are sent as they are, in a binary frame.",
    DECISION,
    sending(["new Uint8Array([0, 255, 128])"], "sendType: 'application/octet-stream'"),
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await (await server.accept()).expect(b"\x00\xff\x80")


suite.reports(
    "send/json-undefined",
    "extra",
    "With sendType application/json, undefined cannot be sent: send() throws.",
    DECISION,
    client() + "attempt('send', function () { client.send(undefined); });",
    ("send", "threw", AN_ERROR),
)

suite.case(
    "send/before-open-called",
    "must",
    "send() before open() queues the message until the Client is open.",
    CLIENT_CLASS,
    client() + "client.send('one');\nclient.send('two');\nclient.open();",
)(_arrive_as_json("one", "two"))

suite.case(
    "send/connecting",
    "must",
    "send() while the Client connects queues the message, before what its open handler sends.",
    CLIENT_CLASS,
    client()
    + """
client.on('open', function () { client.send('in open'); });
client.open();
client.send('connecting');
""",
)(_arrive_as_json("connecting", "in open"))


@suite.case(
    "send/queued-once",
    "must",
    "A queued message is sent once.",
    CLIENT_CLASS,
    client()
    + """
client.on('open', function () { settle(function () { client.send('last'); }); });
client.open();
client.send('queued');
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await (await server.accept()).expect_json("queued", "last")


@suite.case(
    "send/discarded",
    "must",
    "With discardMessagesBeforeOpen, what is sent before the Client is open is dropped.",
    CLIENT_OPTIONS,
    client("discardMessagesBeforeOpen: true")
    + """
client.on('error', reporter('error'));
client.on('open', function () { client.send('open'); });
attempt('send', function () { client.send('before open()'); });
client.open();
client.send('connecting');
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("send", "returned", UNDEFINED)
    await (await server.accept()).expect_json("open")


@suite.case(
    "send/closed",
    "should",
    "send() after the connection has ended does not throw.",
    CLIENT_CLASS,
    client()
    + """
client.on('error', function () {});
client.on('close', function () { attempt('send', function () { client.send('too late'); }); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.ping()
    await peer.close()
    await t.expect("send", "returned", UNDEFINED)


@suite.case(
    "send/throttled",
    "must",
    "With throttleFactor, queued messages arrive all, in order; other events go on meanwhile.",
    CLIENT_OPTIONS,
    client("throttleFactor: 50")
    + """
client.on('open', function () { report('open'); });
client.open();
[1, 2, 3, 4].forEach(function (value) { client.send(value); });
setTimeout(function () { report('timer'); }, 0);
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.expect_json(1, 2, 3, 4)
    if {(await t.next()).name, (await t.next()).name} != {"open", "timer"}:
        raise Deviation("open and the timer were to be reported")
