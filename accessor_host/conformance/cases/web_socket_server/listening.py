"""start() and the event listening."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import ANYTHING, UNDEFINED
from ...wire import Deviation
from ..common import DECISION, SERVER_CLASS, SERVER_EVENTS, SERVER_FUNCTIONS, USAGE, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_LISTENING = "server.on('listening', function () { report('listening'); });\n"


suite.reports(
    "listening/emitted",
    "must",
    "After start(), listening is emitted.",
    SERVER_EVENTS,
    server() + _LISTENING + "server.start();",
    ("listening",),
)

suite.reports(
    "listening/once",
    "must",
    "listening is emitted once for one start().",
    SERVER_EVENTS,
    server()
    + """
server.on('listening', function () { report('listening'); settle(); });
server.start();
""",
    ("listening",),
    ("settled",),
)


@suite.case(
    "listening/before-connection",
    "must",
    "listening comes before the first connection.",
    SERVER_EVENTS,
    server()
    + _LISTENING
    + "server.on('connection', function () { report('connection'); });\nserver.start();",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("listening")
        await t.expect("connection")


suite.reports(
    "listening/later",
    "must",
    "Listeners that are attached right after start() miss nothing: it returns before the event.",
    USAGE,
    server() + "server.start();\nreport('started');\n" + _LISTENING,
    ("started",),
    ("listening",),
)

suite.reports(
    "listening/asynchronous",
    "must",
    "start() returns before listening is emitted.",
    SERVER_FUNCTIONS,
    server() + _LISTENING + "server.start();\nreport('started');",
    ("started",),
    ("listening",),
)


@suite.case(
    "listening/accepts",
    "must",
    "When listening is emitted, clients can connect.",
    SERVER_EVENTS,
    server() + _LISTENING + "server.start();",
)
async def _(t: Trial) -> None:
    await t.expect("listening")
    if not await t.accepts():
        raise Deviation("listening was emitted, but nobody accepts connections on the port")


suite.reports(
    "listening/argument",
    "extra",
    "listening has one argument, the port.",
    DECISION,
    server()
    + """
server.on('listening', function (port) {
  report('listening', arguments.length, port === PORT);
});
server.start();
""",
    ("listening", 1, True),
)


@suite.case(
    "listening/no-listener",
    "must",
    "No listener is needed for listening.",
    SERVER_EVENTS,
    server() + "server.on('connection', function () { report('connection'); });\nserver.start();",
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("connection")


suite.reports(
    "start/returns-nothing",
    "should",
    "start() returns undefined, at once.",
    SERVER_FUNCTIONS,
    server() + "attempt('start', function () { return server.start(); });",
    ("start", "returned", UNDEFINED),
)


@suite.case(
    "start/not-before",
    "must",
    "A Server does not listen, and emits nothing, before start().",
    SERVER_CLASS,
    server() + _LISTENING + "server.on('error', reporter('error'));\nsettle();",
)
async def _(t: Trial) -> None:
    await t.expect("settled")
    if await t.accepts():
        raise Deviation("the port accepts connections before start()")


suite.reports(
    "start/twice",
    "extra",
    "A second start() is an error event; the first one goes on.",
    DECISION,
    server()
    + """
server.on('listening', function () { report('listening'); server.start(); });
server.on('error', function (error) { report('error', error instanceof Error); settle(); });
server.start();
""",
    ("listening",),
    ("error", True),
    ("settled",),
)


@suite.case(
    "start/two-servers",
    "must",
    "A script can have several Servers, each with its own clients.",
    SERVER_CLASS,
    server()
    + """
var other = new webSocket.Server({port: OTHER_PORT, hostInterface: '127.0.0.1'});
server.on('connection', function () { report('first'); });
other.on('connection', function () { report('second'); });
server.start();
other.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect(port=t.other_port):
        await t.expect("second")
    async with t.connect():
        await t.expect("first")


suite.reports(
    "address",
    "extra",
    "address() tells where the Server listens, and is null before and after.",
    DECISION,
    server()
    + """
report('before', server.address());
server.on('listening', function () { report('listening', server.address()); server.stop(); });
server.on('close', function () { report('after', server.address()); });
server.start();
""",
    ("before", None),
    ("listening", {"address": "127.0.0.1", "family": "IPv4", "port": ANYTHING}),
    ("after", None),
)
