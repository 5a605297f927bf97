"""Where a server listens, and what it says when it cannot."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...values import AN_ERROR, ANYTHING
from ._scripts import BEGIN, DECISION, EVENTS, FUNCTIONS, OPTIONS, server

__all__ = ["suite"]

suite = Suite("http-server", "http-server")


@suite.case(
    "listening/event",
    "must",
    "start() listens, and 'listening' is emitted.",
    EVENTS,
    server() + "server.on('listening', function () { report('listening'); });\nserver.start();",
)
async def _(t: Trial) -> None:
    await t.expect("listening")
    await t.listening()


@suite.case(
    "listening/port",
    "extra",
    "The argument of 'listening' is the port, also where port 0 has taken a free one.",
    DECISION,
    BEGIN
    + """
var server = new http.HttpServer({port: 0, hostInterface: '127.0.0.1'});
server.on('listening', reporter('listening'));
server.start();
""",
)
async def _(t: Trial) -> None:
    await t.listening(port=int(await t.value("listening")))


@suite.case(
    "listening/defaults",
    "should",
    "Without options, the port is 80, the interface localhost, and the timeout 10 seconds.",
    OPTIONS,
    BEGIN
    + """
var server = new http.HttpServer({});
report('options', server.port, server.hostInterface, server.timeout);
""",
)
async def _(t: Trial) -> None:
    await t.expect("options", 80, "localhost", 10_000)


@suite.case(
    "listening/no-options",
    "extra",
    "The argument with the options may be missing.",
    DECISION,
    BEGIN + "attempt('made', function () { return new http.HttpServer().port; });",
)
async def _(t: Trial) -> None:
    await t.expect("made", "returned", 80)


@suite.case(
    "listening/host-interface",
    "must",
    "hostInterface is the one address that the server listens on.",
    OPTIONS,
    server() + "server.on('listening', function () { report('listening'); });\nserver.start();",
)
async def _(t: Trial) -> None:
    await t.expect("listening")
    if await t.accepts(host="127.0.0.2"):
        raise Deviation("the server listens on another address, too")


@suite.case(
    "listening/two-servers",
    "must",
    "Two servers have a port each, and each gets its own requests only.",
    FUNCTIONS,
    server()
    + """
var other = new http.HttpServer({port: OTHER_PORT, hostInterface: '127.0.0.1'});
server.on('request', function (request) { server.respond(request.requestID, 'first'); });
other.on('request', function (request) { other.respond(request.requestID, 'second'); });
server.start();
other.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_http(port=t.other_port) as second, t.connect_http() as first:
        await second.ask("GET")
        await second.expect_response(200, body=b"second")
        await first.ask("GET")
        await first.expect_response(200, body=b"first")


_TAKEN = """
var second = new http.HttpServer({port: PORT, hostInterface: '127.0.0.1'});
second.on('listening', function () { report('listening'); });
second.on('error', function (error) { report('error', error); settle(); });
server.on('listening', function () { second.start(); });
server.start();
"""


@suite.case(
    "listening/taken-port",
    "should",
    "A port that is taken is one event 'error', and 'listening' is not emitted.",
    EVENTS,
    server() + _TAKEN,
)
async def _(t: Trial) -> None:
    await t.expect("error", ANYTHING)
    await t.expect("settled")


@suite.case(
    "listening/error-object",
    "extra",
    "The argument of 'error' is an Error.",
    DECISION,
    server() + _TAKEN,
)
async def _(t: Trial) -> None:
    await t.expect("error", AN_ERROR)
