"""close() and the event close of a Client."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import ANYTHING, UNDEFINED, Matching
from ...wire import CLOSE, TEXT, Deviation, frame
from ..common import CLIENT_CLASS, CLIENT_EVENTS, DECISION, client

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_REPORTING = """
client.on('open', function () { report('open'); });
client.on('message', function (message) { report('message', String(message)); });
client.on('close', function () { report('close'); settle(); });
client.on('error', reporter('error'));
client.open();
"""

_ARGUMENTS = """
client.on('close', reporter('close'));
client.on('error', function () {});
client.open();
"""


@suite.case(
    "close/by-client",
    "must",
    "close() closes the connection with 1000; close is emitted, once, and no error.",
    CLIENT_CLASS,
    client() + _REPORTING + "client.on('open', function () { client.close(); });",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    closed = await (await server.accept()).closed()
    await t.expect("open")
    await t.expect("close")
    await t.expect("settled")
    if closed.code not in (1000, 1005):
        raise Deviation(f"the server was to see code 1000, but saw {closed.code}")


@suite.case(
    "close/by-client-code",
    "should",
    "close() says goodbye with code 1000.",
    CLIENT_CLASS,
    client() + _REPORTING + "client.on('open', function () { client.close(); });",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    closed = await (await server.accept()).closed()
    if closed.code != 1000:
        raise Deviation(f"the server was to see code 1000, but saw {closed.code}")


@suite.case(
    "close/by-server",
    "must",
    "When the server closes, close is emitted, once, and no error.",
    CLIENT_EVENTS,
    client() + _REPORTING,
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await t.expect("open")
    await peer.close()
    await t.expect("close")
    await t.expect("settled")


@suite.case(
    "close/by-server-arguments",
    "extra",
    "close has two arguments: the server's code and reason.",
    DECISION,
    client() + _ARGUMENTS,
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await (await server.accept()).close(4001, "enough é")
    await t.expect("close", 4001, "enough é")


@suite.case(
    "close/by-client-arguments",
    "extra",
    "close(code, reason) tells the server both.",
    DECISION,
    client() + "client.on('open', function () { client.close(4002, 'é'); });" + _ARGUMENTS,
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    closed = await (await server.accept()).closed()
    if (closed.code, closed.reason) != (4002, "é"):
        raise Deviation(f"the server saw {closed.code} {closed.reason!r}")
    await t.expect("close", 4002, "é")


@suite.case(
    "close/cut",
    "must",
    "When TCP is cut, close is emitted, once.",
    CLIENT_EVENTS,
    client() + _REPORTING.replace("reporter('error')", "function () {}"),
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await t.expect("open")
    peer.cut()
    await t.expect("close")
    await t.expect("settled")


@suite.case(
    "close/cut-arguments",
    "extra",
    "When TCP is cut, the code is 1006.",
    DECISION,
    client() + _ARGUMENTS,
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.ping()
    peer.cut()
    await t.expect("close", 1006, ANYTHING)


@suite.case(
    "close/after-messages",
    "must",
    "Messages that the server sent before it closed are emitted first.",
    CLIENT_EVENTS,
    client() + _REPORTING,
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    peer = await t.accept_raw(peers)
    await peer.answer(
        after=frame(TEXT, b"1", mask=False)
        + frame(TEXT, b"2", mask=False)
        + frame(CLOSE, b"\x03\xe8", mask=False)
    )
    await peer.expect_close(1000)
    peer.end()
    await t.expect("open")
    await t.expect("message", "1")
    await t.expect("message", "2")
    await t.expect("close")


@suite.case(
    "close/after-send",
    "must",
    "What was sent before close() reaches the server.",
    CLIENT_CLASS,
    client()
    + """
client.on('open', function () {
  for (var i = 0; i < 100; i += 1) client.send(i);
  client.close();
});
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.expect_json(*range(100))
    await peer.closed()


suite.reports(
    "close/before-open",
    "should",
    "close() before open() does not throw.",
    CLIENT_CLASS,
    client()
    + """
client.on('error', reporter('error'));
attempt('close', function () { client.close(); });
settle();
""",
    ("close", "returned", UNDEFINED),
    ("settled",),
)


@suite.case(
    "close/twice",
    "should",
    "A second close(), and one after the event, does nothing.",
    CLIENT_CLASS,
    client()
    + """
client.on('error', reporter('error'));
client.on('open', function () {
  client.close();
  attempt('twice', function () { client.close(); });
});
client.on('close', function () {
  report('close');
  attempt('again', function () { client.close(); });
  settle();
});
client.open();
""",
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    await t.expect("twice", "returned", UNDEFINED)
    await t.expect("close")
    await t.expect("again", "returned", UNDEFINED)
    await t.expect("settled")


suite.reports(
    "close/unsent",
    "must",
    "close() drops what is queued, and an error tells of the loss.",
    CLIENT_CLASS,
    client()
    + """
client.on('error', function (error) { report('error', arguments.length, typeof error); });
client.send('never to be sent');
client.close();
""",
    ("error", 1, Matching("a message or an Error", lambda kind: kind in ("string", "object"))),
)


@suite.case(
    "close/not-reopened",
    "should",
    "A connection that the server has closed is not opened again by itself.",
    CLIENT_EVENTS,
    client("timeBetweenRetries: 10")
    + _REPORTING.replace("settle();", "setTimeout(function () { report('settled'); }, 300);"),
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await t.expect("open")
    await peer.close()
    await t.expect("close")
    await t.expect("settled")
    if server.count != 1:
        raise Deviation("it connected again")


@suite.case(
    "close/not-reopened-after-cut",
    "should",
    "A connection that was cut is not opened again by itself.",
    CLIENT_EVENTS,
    client("timeBetweenRetries: 10")
    + """
client.on('error', function () {});
client.on('close', function () { setTimeout(function () { report('settled'); }, 300); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    peer = await server.accept()
    await peer.ping()
    peer.cut()
    await t.expect("settled")
    if server.count != 1:
        raise Deviation("it connected again")


@suite.case(
    "close/broken-frames",
    "should",
    "A server that breaks the protocol is closed with 1002, and close is emitted.",
    "RFC 6455 section 5.2",
    client() + _REPORTING.replace("reporter('error')", "function () {}"),
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    peer = await t.accept_raw(peers)
    await peer.answer()
    await t.expect("open")
    peer.send_frame(0x3)
    await peer.expect_close(1002)
    peer.end()
    await t.expect("close")


@suite.case(
    "close/ends-script",
    "should",
    "A script whose only Client is closed ends by itself, with exit code 0.",
    CLIENT_CLASS,
    client() + "client.on('open', function () { client.close(); });\nclient.open();",
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    if (code := await t.ended()) != 0:
        raise Deviation(f"the host ended with exit code {code}")
