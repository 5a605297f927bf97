"""open() and the event open."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...wire import Deviation
from ..common import CLIENT_CLASS, CLIENT_EVENTS, CLIENT_OPTIONS, DECISION, client

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_REPORTING = """
client.on('open', function () { report('open', arguments.length); });
client.on('close', function () { report('close'); });
client.on('error', reporter('error'));
"""


@suite.case(
    "open/emitted",
    "must",
    "After open(), the Client connects to host and port and emits open, without arguments.",
    CLIENT_EVENTS,
    client() + _REPORTING + "client.open();",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await server.accept()
    await t.expect("open", 0)


@suite.case(
    "open/once",
    "must",
    "open is emitted once for one connection, and nothing else with it.",
    CLIENT_EVENTS,
    client() + _REPORTING + "client.on('open', function () { settle(); });\nclient.open();",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("open", 0)
    await t.expect("settled")
    if server.count != 1:
        raise Deviation(f"it connected {server.count} times")


@suite.case(
    "open/not-before",
    "must",
    "A Client does not connect, and emits nothing, before open().",
    CLIENT_CLASS,
    client() + _REPORTING + "settle();",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("settled")
    if server.count:
        raise Deviation("it connected before open()")


@suite.case(
    "open/later",
    "must",
    "Listeners that are attached right after open() miss nothing: it returns before the event.",
    CLIENT_EVENTS,
    client() + "client.open();\nreport('opened');\n" + _REPORTING,
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    await t.expect("opened")
    await t.expect("open", 0)


@suite.case(
    "open/host-name",
    "must",
    "host can be a name.",
    CLIENT_OPTIONS,
    client().replace("127.0.0.1", "localhost") + _REPORTING + "client.open();",
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    await t.expect("open", 0)


@suite.case(
    "open/request",
    "should",
    "The Client asks for the path / and names host and port.",
    CLIENT_OPTIONS,
    client() + _REPORTING + "client.open();",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    request = (await server.accept()).connection.request
    if request is None or request.path != "/":
        raise Deviation(f"it asked for {request and request.path!r}")
    if request.headers["Host"] != f"127.0.0.1:{t.port}":
        raise Deviation(f"its Host is {request.headers['Host']!r}")


@suite.case(
    "open/twice",
    "should",
    "A second open() of a Client that is open, or about to be, makes no second connection.",
    CLIENT_CLASS,
    client()
    + _REPORTING
    + """
client.on('open', function () { client.open(); settle(); });
client.open();
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("open", 0)
    await t.expect("settled")
    if server.count != 1:
        raise Deviation(f"it connected {server.count} times")


@suite.case(
    "open/after-close",
    "should",
    "open() after close() opens the Client again.",
    CLIENT_CLASS,
    client()
    + _REPORTING
    + """
client.once('open', function () { client.close(); });
client.once('close', function () { client.open(); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("open", 0)
    await t.expect("close")
    await t.expect("open", 0)
    await server.accept()
    second = await server.accept()
    await second.ping()


@suite.case(
    "open/two-clients",
    "must",
    "A script can have several Clients, each with its own connection and messages.",
    CLIENT_CLASS,
    client()
    + """
var other = new webSocket.Client({host: '127.0.0.1', port: PORT});
client.on('message', function (message) { report('client', String(message)); });
other.on('message', function (message) { report('other', String(message)); });
client.on('open', function () { other.open(); });
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    first, second = await server.accept(), await server.accept()
    await second.send("2")
    await t.expect("other", "2")
    await first.send("1")
    await t.expect("client", "1")


@suite.case(
    "is-open",
    "extra",
    "isOpen() is false at first, true from open on, and false after close().",
    DECISION,
    client()
    + """
report('before', client.isOpen());
client.on('open', function () {
  report('open', client.isOpen());
  client.close();
  report('closing', client.isOpen());
});
client.on('close', function () { report('closed', client.isOpen()); });
client.open();
report('connecting', client.isOpen());
""",
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    for name, is_open in (
        ("before", False),
        ("connecting", False),
        ("open", True),
        ("closing", False),
        ("closed", False),
    ):
        await t.expect(name, is_open)
