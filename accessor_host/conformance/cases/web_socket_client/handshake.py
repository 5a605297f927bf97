"""What a Client says in its handshake, and who leads it to the server."""

from __future__ import annotations

from websockets.datastructures import Headers

from ...case import Suite
from ...trial import Trial
from ...values import an_error
from ...wire import Deviation, Peer
from ..common import DECISION, client

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_REQUIRE = "var webSocket = require('@modules/web-socket-client');\n"

_REPORTING = """
client.on('open', function () { report('open', client.subprotocol()); });
client.on('error', reporter('error'));
client.open();
"""

_ONCE = "numberOfRetries: 0, connectTimeout: 5000"

_PROXY = f"""
var client = new webSocket.Client({{
  host: 'inside.invalid', port: 8082, {_ONCE}, proxy: 'http://me:hunter2@127.0.0.1:' + PORT
}});
client.on('open', function () {{ report('open'); }});
client.on('error', function (error) {{
  report('error', String(error.message).indexOf('hunter2') === -1);
}});
client.open();
"""


def _fields(peer: Peer) -> Headers:
    request = peer.connection.request
    return Headers() if request is None else request.headers


@suite.case(
    "handshake/url",
    "extra",
    "new Client(URL, options) takes host, port, path and query from the URL.",
    DECISION,
    _REQUIRE
    + f"""
var client = new webSocket.Client('ws://127.0.0.1:' + PORT + '/a/b?c=1', {{{_ONCE}}});
client.on('open', function () {{ report('open', client.port === PORT, client.path); }});
client.open();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("open", True, "/a/b?c=1")
    request = (await server.accept()).connection.request
    if request is None or request.path != "/a/b?c=1":
        raise Deviation(f"it asked for {request and request.path!r}")


suite.reports(
    "handshake/url-with-user",
    "extra",
    "A URL with a password is refused, and the error does not show it.",
    DECISION,
    _REQUIRE
    + """
try {
  new webSocket.Client('wss://me:hunter2@localhost/');
  report('taken');
} catch (error) {
  report('threw', error.name, error.message.indexOf('hunter2') === -1);
}
""",
    ("threw", "TypeError", True),
)


@suite.case(
    "handshake/headers",
    "extra",
    "The option headers adds fields to the request, several of one name too.",
    DECISION,
    client(f"{_ONCE}, headers: {{Authorization: 'Bearer abc', Cookie: ['a=1', 'b=2']}}")
    + _REPORTING,
)
async def _(t: Trial) -> None:
    server = await t.serve()
    await t.start()
    await t.expect("open", "")
    fields = _fields(await server.accept())
    for name, expected in (("Authorization", "Bearer abc"), ("Cookie", "a=1; b=2")):
        found = "; ".join(fields.get_all(name))
        if found != expected:
            raise Deviation(f"the field {name} was to be {expected!r}, but is {found!r}")


for name, what, fields in (
    ("host", "The field Host", "{Host: 'hunter2'}"),
    ("key", "A field of the handshake", "{'sec-websocket-key': 'hunter2'}"),
    ("line-end", "A value with a line end", r"{'X-Token': 'hunter2\r\nX-Other: 1'}"),
    ("number", "A value that is no text", "{'X-Token': 5}"),
):
    suite.reports(
        f"handshake/headers-{name}",
        "extra",
        f"{what} is refused in headers, by an error that does not show the value.",
        DECISION,
        _REQUIRE
        + f"""
try {{
  new webSocket.Client({{headers: {fields}}});
  report('taken');
}} catch (error) {{
  report('threw', error.name, error.message.indexOf('headers') !== -1,
    error.message.indexOf('hunter2') === -1);
}}
""",
        ("threw", "TypeError", True, True),
    )


@suite.case(
    "handshake/subprotocols",
    "extra",
    "The option subprotocols is offered, and subprotocol() returns what the server chose.",
    DECISION,
    client(f"{_ONCE}, subprotocols: ['chat.v2', 'chat']") + _REPORTING,
)
async def _(t: Trial) -> None:
    server = await t.serve(subprotocols=["chat"])
    await t.start()
    await t.expect("open", "chat")
    fields = _fields(await server.accept())
    offered = [one.strip() for one in fields.get("Sec-WebSocket-Protocol", "").split(",")]
    if offered != ["chat.v2", "chat"]:
        raise Deviation(f"it offered {offered}")


@suite.case(
    "handshake/no-subprotocol",
    "extra",
    "A server may choose no subprotocol; then subprotocol() returns an empty string.",
    DECISION,
    client(f"{_ONCE}, subprotocols: ['chat']") + _REPORTING,
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    await t.expect("open", "")


@suite.case(
    "handshake/other-subprotocol",
    "extra",
    "A server that chooses a subprotocol that was not offered is an error.",
    DECISION,
    client(f"{_ONCE}, subprotocols: ['chat']") + _REPORTING,
)
async def _(t: Trial) -> None:
    def choose(_connection: object, _offered: object) -> str:
        return "other"

    await t.serve(select_subprotocol=choose)
    await t.start()
    await t.expect("error", an_error())


for name, what, given in (
    ("text", "a text", "'chat'"),
    ("comma", "a list with a comma in a name", "['a,b']"),
    ("twice", "a list with a name twice", "['a', 'a']"),
):
    suite.reports(
        f"handshake/subprotocols-{name}",
        "extra",
        f"subprotocols is a list of different names; {what} is refused.",
        DECISION,
        _REQUIRE
        + f"attempt('new', function () {{ new webSocket.Client({{subprotocols: {given}}}); }});",
        ("new", "threw", an_error(name="TypeError", says="subprotocols")),
    )


@suite.case(
    "handshake/proxy",
    "extra",
    "With the option proxy, the Client asks that proxy for the server by its name, and connects "
    "through the tunnel.",
    DECISION,
    _REQUIRE + _PROXY,
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    proxy = await t.accept_raw(peers)
    line, *fields = (await proxy.head()).decode("latin-1").split("\r\n")
    if line != "CONNECT inside.invalid:8082 HTTP/1.1":
        raise Deviation(f"it asked the proxy with {line!r}")
    # me:hunter2
    if "proxy-authorization: basic bwu6ahvudgvymg==" not in [one.lower() for one in fields]:
        raise Deviation(f"it sent the proxy {fields}")
    proxy.write(b"HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\n\r\n")
    await proxy.answer()
    await t.expect("open")


@suite.case(
    "handshake/proxy-refuses",
    "extra",
    "A proxy that refuses is an error, which does not show the password.",
    DECISION,
    _REQUIRE + _PROXY,
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    proxy = await t.accept_raw(peers)
    await proxy.head()
    proxy.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    await t.expect("error", True)


@suite.case(
    "handshake/proxy-without-end",
    "extra",
    "A proxy whose answer has no end is an error.",
    DECISION,
    _REQUIRE + _PROXY,
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    proxy = await t.accept_raw(peers)
    await proxy.head()
    proxy.write(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 8000)
    await t.expect("error", True)
