"""close(), isOpen() and the event close of a Socket."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import AN_ERROR, ANYTHING, UNDEFINED
from ...wire import CLOSE, TEXT, Closed, Deviation, frame
from ..common import DECISION, SOCKET_EVENTS, SOCKET_FUNCTIONS, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_REPORTING = (
    server()
    + """
server.on('connection', function (socket) {
  report('connection');
  socket.on('message', function (message) { report('message', String(message)); });
  socket.on('error', reporter('error'));
  socket.on('close', function () { report('close'); settle(); });
});
server.start();
"""
)

_ARGUMENTS = (
    server()
    + """
server.on('connection', function (socket) { socket.on('close', reporter('close')); });
server.start();
"""
)


@suite.case(
    "close/by-client",
    "must",
    "When the client closes, close is emitted, once, and no error.",
    SOCKET_EVENTS,
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await t.expect("connection")
        await client.close()
        await t.expect("close")
        await t.expect("settled")


@suite.case(
    "close/by-client-answered",
    "must",
    "A client's close frame is answered with its code.",
    "RFC 6455 section 5.5.1",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(CLOSE, b"\x0f\xa1")
        await raw.expect_close(4001)


@suite.case(
    "close/by-client-arguments",
    "extra",
    "close has two arguments: the client's code and reason.",
    DECISION,
    _ARGUMENTS,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.close(4001, "enough Grüße")
    await t.expect("close", 4001, "enough Grüße")


@suite.case(
    "close/no-code",
    "extra",
    "A close frame without a code is code 1005.",
    DECISION,
    _ARGUMENTS,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(CLOSE)
        await raw.finish()
        await t.expect("close", 1005, "")


@suite.case(
    "close/cut",
    "must",
    "When TCP is cut, close is emitted, once.",
    SOCKET_EVENTS,
    _REPORTING.replace("socket.on('error', reporter('error'));", "socket.on('error', settle);"),
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await t.expect("connection")
        client.cut()
        while (await t.next("close")).name != "close":
            pass
        while (report := await t.next("settled")).name != "settled":
            if report.name == "close":
                raise Deviation("close was emitted twice")


@suite.case(
    "close/cut-arguments",
    "extra",
    "When TCP is cut, the code is 1006.",
    DECISION,
    _ARGUMENTS,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.ping()
        client.cut()
    await t.expect("close", 1006, ANYTHING)


@suite.case(
    "close/half-open",
    "should",
    "When the client ends TCP without a close frame, close is emitted, once.",
    SOCKET_EVENTS,
    _REPORTING.replace("socket.on('error', reporter('error'));", "socket.on('error', settle);"),
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        await t.expect("connection")
        raw.end()
        while (await t.next("close")).name != "close":
            pass


@suite.case(
    "close/after-messages",
    "must",
    "Messages that the client sent before it closed are emitted first.",
    SOCKET_EVENTS,
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.write(frame(TEXT, b"1") + frame(TEXT, b"2") + frame(CLOSE, b"\x03\xe8"))
        await raw.finish()
        await t.expect("connection")
        await t.expect("message", "1")
        await t.expect("message", "2")
        await t.expect("close")


@suite.case(
    "close/nothing-after",
    "must",
    "Nothing is emitted after close, whatever the client goes on sending.",
    SOCKET_EVENTS,
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.write(frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"1") + frame(CLOSE, b"\x03\xe8"))
        await raw.finish()
        await t.expect("connection")
        await t.expect("close")
        await t.expect("settled")


@suite.case(
    "close/by-server",
    "must",
    "close() closes the connection; close is emitted, once.",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('close', function () { report('close'); settle(); });
  socket.on('message', function () { socket.close(); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send("1")
        await client.closed()
        await t.expect("close")
        await t.expect("settled")


@suite.case(
    "close/by-server-code",
    "should",
    "close() says goodbye with code 1000.",
    SOCKET_FUNCTIONS,
    server() + "server.on('connection', function (socket) { socket.close(); });\nserver.start();",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        closed = await client.closed()
    if closed.code != 1000:
        raise Deviation(f"the client was to see code 1000, but saw {closed.code}")


@suite.case(
    "close/by-server-arguments",
    "extra",
    "close(code, reason) tells the client both, and so does the event.",
    DECISION,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('close', reporter('close'));
  socket.close(4002, 'reason é');
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        if (closed := await client.closed()) != Closed(4002, "reason é"):
            raise Deviation(f"the client saw {closed.code} {closed.reason!r}")
    await t.expect("close", 4002, "reason é")


for name, arguments in (
    ("code-reserved", "1005"),
    ("code-text", "'1000'"),
    ("code-fraction", "1000.5"),
    ("long-reason", "1000, new Array(125).join('x')"),
):

    @suite.case(
        f"close/refused-{name}",
        "extra",
        f"close({arguments}) throws, and the Socket stays open.",
        DECISION,
        server()
        + f"""
server.on('connection', function (socket) {{
  attempt('close', function () {{ socket.close({arguments}); }});
  report('isOpen', socket.isOpen());
}});
server.start();
""",
    )
    async def _(t: Trial) -> None:
        async with t.connect():
            await t.expect("close", "threw", AN_ERROR)
            await t.expect("isOpen", True)


@suite.case(
    "close/returns-nothing",
    "should",
    "close() returns undefined, before the event.",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('close', function () { report('event'); });
  attempt('close', function () { return socket.close(); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.closed()
    await t.expect("close", "returned", UNDEFINED)
    await t.expect("event")


@suite.case(
    "close/after-send",
    "must",
    "What was sent before close() reaches the client.",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  for (var i = 0; i < 100; i += 1) socket.send(String(i));
  socket.close();
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.expect_text(*map(str, range(100)))
        await client.closed()


@suite.case(
    "close/twice",
    "should",
    "A second close(), and one after the event, does nothing.",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('close', function () {
    report('close');
    attempt('again', function () { socket.close(); });
    settle();
  });
  socket.close();
  attempt('twice', function () { socket.close(); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.closed()
    await t.expect("twice", "returned", UNDEFINED)
    await t.expect("close")
    await t.expect("again", "returned", UNDEFINED)
    await t.expect("settled")


@suite.case(
    "close/others-stay",
    "must",
    "Closing one Socket leaves the others open.",
    SOCKET_FUNCTIONS,
    server("sendType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) {
    if (String(message) === '0') socket.close();
    else socket.send('reply');
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as first, t.connect() as second:
        await first.send("0")
        await first.closed()
        await second.send("1")
        await second.expect_text("reply")


@suite.case(
    "is-open/after-close",
    "should",
    "isOpen() is false at once after close().",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) {
  report('before', socket.isOpen());
  socket.close();
  report('after', socket.isOpen());
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("before", True)
        await t.expect("after", False)


@suite.case(
    "is-open/in-close-event",
    "must",
    "isOpen() is false when close is emitted, and stays so.",
    SOCKET_FUNCTIONS,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('close', function () {
    report('isOpen', socket.isOpen());
    settle(function () { report('later', socket.isOpen()); });
  });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.ping()
    await t.expect("isOpen", False)
    await t.expect("later", False)
