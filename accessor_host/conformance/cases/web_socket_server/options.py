"""Options of Server: each default, each effect, and what is refused."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import ANYTHING, an_error
from ...wire import Deviation
from ..common import DECISION, SERVER_CLASS, SERVER_OPTIONS, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_REQUIRE = "var webSocket = require('@modules/web-socket-server');\n"

suite.reports(
    "options/missing",
    "must",
    "The options argument is optional.",
    SERVER_CLASS,
    _REQUIRE + "attempt('new', function () { return typeof new webSocket.Server(); });",
    ("new", "returned", "object"),
)

suite.reports(
    "options/empty",
    "must",
    "Every field of the options is optional.",
    SERVER_OPTIONS,
    _REQUIRE + "attempt('new', function () { return typeof new webSocket.Server({}); });",
    ("new", "returned", "object"),
)

for option, default in (
    ("hostInterface", "localhost"),
    ("port", 80),
    ("receiveType", "application/json"),
    ("sendType", "application/json"),
    ("sslTls", False),
    ("pfxKeyCertPath", ""),
    ("pfxKeyCertPassword", ""),
):
    suite.reports(
        f"options/default-{option}",
        "should",
        f"{option} is {default!r} unless told otherwise, and is a property of the Server.",
        SERVER_OPTIONS,
        _REQUIRE + f"report('default', new webSocket.Server({{}}).{option});",
        ("default", default),
    )

suite.reports(
    "options/null",
    "should",
    "An option that is null or undefined has its default.",
    SERVER_OPTIONS,
    _REQUIRE
    + """
var server = new webSocket.Server({port: null, hostInterface: undefined, receiveType: null});
report('values', server.port, server.hostInterface, server.receiveType);
""",
    ("values", 80, "localhost", "application/json"),
)

suite.reports(
    "options/kept",
    "should",
    "The Server has the options that it was given as properties.",
    SERVER_OPTIONS,
    _REQUIRE
    + """
var server = new webSocket.Server({
  port: 8099, hostInterface: '127.0.0.1', receiveType: 'text/plain', sendType: 'text/html'
});
report('values', server.port, server.hostInterface, server.receiveType, server.sendType);
""",
    ("values", 8099, "127.0.0.1", "text/plain", "text/html"),
)

suite.reports(
    "options/own-values",
    "should",
    "Two Servers share no options, and the given object is not changed.",
    SERVER_OPTIONS,
    _REQUIRE
    + """
var given = {port: 8098};
var first = new webSocket.Server(given);
var second = new webSocket.Server({receiveType: 'text/plain'});
report('values', first.port, first.receiveType, second.port, given);
""",
    ("values", 8098, "application/json", 80, {"port": 8098}),
)


@suite.case(
    "options/port",
    "must",
    "The Server listens on the given port.",
    SERVER_OPTIONS,
    server() + "server.start();",
)
async def _(t: Trial) -> None:
    async with t.connect():
        pass


suite.reports(
    "options/port-zero",
    "must",
    "Port 0 stands for any free port: two Servers can have it.",
    SERVER_OPTIONS,
    _REQUIRE
    + """
[1, 2].forEach(function () {
  var server = new webSocket.Server({port: 0, hostInterface: '127.0.0.1'});
  server.on('error', reporter('error'));
  server.start();
});
settle();
""",
    ("settled",),
)


@suite.case(
    "options/port-zero-reported",
    "extra",
    "With port 0, listening and address() tell the port.",
    DECISION,
    _REQUIRE
    + """
var server = new webSocket.Server({port: 0, hostInterface: '127.0.0.1'});
server.on('listening', function (port) { report('port', port === server.address().port, port); });
server.start();
""",
)
async def _(t: Trial) -> None:
    port = (await t.expect("port", True, ANYTHING)).values[1]
    async with t.connect(port=port):
        pass


@suite.case(
    "options/host-interface-one",
    "must",
    "hostInterface is the one address that the Server listens on.",
    SERVER_OPTIONS,
    server() + "server.start();",
)
async def _(t: Trial) -> None:
    await t.listening()
    if await t.accepts(host="127.0.0.2"):
        raise Deviation("it listens on 127.0.0.2 as well, with hostInterface '127.0.0.1'")


@suite.case(
    "options/host-interface-all",
    "must",
    "hostInterface '0.0.0.0' is every IPv4 interface.",
    SERVER_OPTIONS,
    _REQUIRE + "new webSocket.Server({port: PORT, hostInterface: '0.0.0.0'}).start();",
)
async def _(t: Trial) -> None:
    async with t.connect(host="127.0.0.1"), t.connect(host="127.0.0.2"):
        pass


@suite.case(
    "options/host-interface-default",
    "must",
    "Without hostInterface, the Server listens on this machine's loopback address alone.",
    SERVER_OPTIONS,
    _REQUIRE + "new webSocket.Server({port: PORT}).start();",
)
async def _(t: Trial) -> None:
    async with t.connect(host="localhost"):
        pass
    if await t.accepts(host="127.0.0.2"):
        raise Deviation("it listens on 127.0.0.2, which is not the address of localhost")


@suite.case(
    "options/host-interface-ipv6",
    "should",
    "hostInterface can be an IPv6 address.",
    SERVER_OPTIONS,
    _REQUIRE + "new webSocket.Server({port: PORT, hostInterface: '::1'}).start();",
    needs=("ipv6",),
)
async def _(t: Trial) -> None:
    async with t.connect(host="::1"):
        pass


suite.reports(
    "options/host-interface-unknown",
    "should",
    "An interface that this machine does not have is an error event, and nothing listens.",
    SERVER_OPTIONS,
    _REQUIRE
    + """
var server = new webSocket.Server({port: PORT, hostInterface: '192.0.2.1'});
server.on('listening', reporter('listening'));
server.on('error', function (error) { report('error', error instanceof Error); settle(); });
server.start();
""",
    ("error", True),
    ("settled",),
)

suite.reports(
    "options/unknown-ignored",
    "should",
    "An option that the module does not have does no harm.",
    SERVER_OPTIONS,
    _REQUIRE
    + """
attempt('new', function () { return typeof new webSocket.Server({port: 0, colour: 'red'}); });
""",
    ("new", "returned", "object"),
)

for option, value in (
    ("port", "65536"),
    ("port", "-1"),
    ("port", "'eighty'"),
    ("hostInterface", "17"),
    ("sslTls", "'yes'"),
    ("receiveType", "'application/unheard-of'"),
    ("sendType", "'application/unheard-of'"),
):
    suite.reports(
        f"options/refused-{option}-{value.strip(chr(39)).split('/')[-1]}",
        "extra",
        f"{option} {value} is refused with a TypeError that names the option.",
        DECISION,
        _REQUIRE
        + f"attempt('new', function () {{ return new webSocket.Server({{{option}: {value}}}); }});",
        ("new", "threw", an_error(name="TypeError", says=option)),
    )
