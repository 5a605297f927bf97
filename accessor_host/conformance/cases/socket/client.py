"""A SocketClient over time: queued, open, closed, refused."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import AN_ERROR, ANYTHING
from ._scripts import CLIENT, CLIENT_OPTIONS, client, framed

__all__ = ["suite"]

suite = Suite("socket", "tcp", held=True)

_FRAMED = "rawBytes: false"


@suite.case(
    "client/open",
    "must",
    "open() connects, and then 'open' is emitted, without arguments.",
    CLIENT,
    client() + "client.on('open', reporter('open'));\nclient.open();",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    await listener.accept()
    await t.expect("open")


@suite.case(
    "client/queue",
    "must",
    "What is sent before open is sent once it is open, in order.",
    CLIENT_OPTIONS,
    client(_FRAMED) + "client.send('one');\nclient.send('two');\nclient.open();\n"
    "client.send('three');",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    await (await listener.accept()).expect(framed(b"one") + framed(b"two") + framed(b"three"))


@suite.case(
    "client/queue-limit",
    "must",
    "send throws a string when maxUnsentMessages wait, and the message that makes it so many is "
    "queued.",
    CLIENT_OPTIONS,
    client(_FRAMED + ", maxUnsentMessages: 2")
    + """
attempt('one', function () { client.send('one'); return 'queued'; });
try {
  client.send('two');
  report('two', 'returned');
} catch (error) {
  report('two', typeof error);
}
client.open();
""",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    await t.expect("one", "returned", "queued")
    await t.expect("two", "string")
    await (await listener.accept()).expect(framed(b"one") + framed(b"two"))


@suite.case(
    "client/discard",
    "must",
    "With discardMessagesBeforeOpen, what is sent before open is not sent.",
    CLIENT_OPTIONS,
    client(_FRAMED + ", discardMessagesBeforeOpen: true")
    + "client.send('lost');\nclient.on('open', function () { client.send('sent'); });\n"
    "client.open();",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    await (await listener.accept()).expect(framed(b"sent"))


@suite.case(
    "client/close",
    "must",
    "close() delivers what was sent and ends; 'close' is emitted, then no listener is left.",
    CLIENT,
    client()
    + """
client.on('open', function () { client.send('last'); client.close(); });
client.on('close', function () {
  report('close', arguments.length);
  settle(function () { report('left', client.listeners('close').length); });
});
client.open();
""",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    peer = await listener.accept()
    await peer.expect(b"last")
    await peer.finish()
    await t.expect("close", 0)
    await t.expect("left", 0)


@suite.case(
    "client/remote-close",
    "must",
    "When the peer ends, 'close' is emitted behind all data that came before.",
    CLIENT,
    client(_FRAMED)
    + "client.on('data', reporter('data'));\nclient.on('close', reporter('close'));\n"
    "client.open();",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    peer = await listener.accept()
    peer.write(framed(b"one") + framed(b"two"))
    peer.end()
    await t.expect("data", "one")
    await t.expect("data", "two")
    await t.expect("close")


@suite.case(
    "client/refused",
    "must",
    "A connection that is refused is an 'error' when all attempts have failed, and no 'open'.",
    CLIENT,
    client("reconnectAttempts: 1, reconnectInterval: 50")
    + "client.on('error', reporter('error'));\nclient.on('open', reporter('open'));\n"
    "client.open();\nsettle();",
)
async def _(t: Trial) -> None:
    await t.start()
    reports = [await t.next("error or settled"), await t.next("error or settled")]
    if "error" not in [report.name for report in reports]:
        await t.expect("error", ANYTHING)


@suite.case(
    "client/reconnect",
    "must",
    "An attempt that fails is made again, reconnectInterval later.",
    CLIENT_OPTIONS,
    client("reconnectAttempts: 200, reconnectInterval: 20")
    + "client.on('open', reporter('open'));\nclient.open();\nreport('opening');",
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("opening")
    await (await t.serve_tcp()).accept()
    await t.expect("open")


@suite.case(
    "client/bad-length",
    "should",
    "A negative length is an 'error', and the end of the connection.",
    CLIENT,
    client(_FRAMED)
    + "client.on('error', reporter('error'));\nclient.on('close', reporter('close'));\n"
    "client.open();",
)
async def _(t: Trial) -> None:
    listener = await t.serve_tcp()
    await t.start()
    peer = await listener.accept()
    await peer.send(b"\xff\xff\xff\xff\xff")
    await t.expect("error", AN_ERROR)
    await t.expect("close")
