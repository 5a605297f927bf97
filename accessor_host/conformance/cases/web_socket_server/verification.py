"""Who may connect: the options verifyClient, path and subprotocols, and what a client asks for."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import ANYTHING, an_error
from ...wire import Deviation, request
from ..common import DECISION, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_REQUIRE = "var webSocket = require('@modules/web-socket-server');\n"

_CONNECTED = """
server.on('connection', function () { report('connection'); });
server.start();
"""

_TOLD = """
server.on('connection', function (socket) {
  report('connection', socket.data, socket.path(), socket.subprotocol());
});
server.start();
"""


async def _answer(t: Trial, status: int, path: str = "/", *fields: str) -> str:
    """Shake hands; the answer must have this status. Return its head."""
    async with t.connect_raw() as raw:
        raw.write(request(path, *fields))
        head = (await raw.head()).decode("latin-1")
    if head.split(" ")[1] != str(status):
        raise Deviation(f"the handshake was to be answered with {status}, but got {head[:40]!r}")
    return head


def _has(head: str, field: str) -> None:
    if f"\r\n{field.lower()}\r\n" not in head.lower():
        raise Deviation(f"{field!r} is not in the answer {head!r}")


@suite.case(
    "verify/request",
    "extra",
    "verifyClient gets path, query, headers, origin, subprotocols and the address of the client.",
    DECISION,
    server("verifyClient: verify")
    + """
function verify(request) {
  report('request', request.path, request.query, request.headers['x-one'], request.origin,
    request.subprotocols, request.secure, request.clientCertificate);
  report('from', request.remoteHost, request.remotePort);
  return true;
}
"""
    + _CONNECTED,
)
async def _(t: Trial) -> None:
    async with t.connect(
        path="/a%20b?c=d&e",
        origin="https://example.org",
        subprotocols=["x", "y"],
        additional_headers={"X-One": "1"},
    ) as client:
        await t.expect(
            "request", "/a%20b", "c=d&e", "1", "https://example.org", ["x", "y"], False, None
        )
        host, port = client.connection.local_address[:2]
        await t.expect("from", host, port)
        await t.expect("connection")


@suite.case(
    "verify/true",
    "extra",
    "A client is connected when verifyClient returns true.",
    DECISION,
    server("verifyClient: function () { return true; }") + _CONNECTED,
)
async def _(t: Trial) -> None:
    async with t.connect():
        await t.expect("connection")


@suite.case(
    "verify/false",
    "extra",
    "A client is answered with 401 when verifyClient returns false, and is no connection.",
    DECISION,
    server("verifyClient: function (request) { return request.path === '/in'; }") + _CONNECTED,
)
async def _(t: Trial) -> None:
    await _answer(t, 401)
    async with t.connect(path="/in"):
        await t.expect("connection")


@suite.case(
    "verify/refusal",
    "extra",
    "verifyClient chooses status, reason and headers of a refusal.",
    DECISION,
    server("verifyClient: verify")
    + """
function verify() {
  return {status: 429, reason: 'too fast', headers: {'Retry-After': '7', 'X-One': ['a', 'b']}};
}
"""
    + _CONNECTED,
)
async def _(t: Trial) -> None:
    head = await _answer(t, 429)
    if not head.startswith("HTTP/1.1 429 too fast\r\n"):
        raise Deviation(f"the reason is not in the answer {head[:40]!r}")
    for field in ("Retry-After: 7", "X-One: a", "X-One: b"):
        _has(head, field)


@suite.case(
    "verify/data",
    "extra",
    "What verifyClient returns as data is the property data of the Socket.",
    DECISION,
    server("verifyClient: function () { return {data: {user: 'eve'}}; }") + _TOLD,
)
async def _(t: Trial) -> None:
    async with t.connect(path="/a?b"):
        await t.expect("connection", {"user": "eve"}, "/a", None)


@suite.case(
    "verify/subprotocol",
    "extra",
    "verifyClient chooses one of the subprotocols that the client offers.",
    DECISION,
    server("verifyClient: function () { return {data: 1, subprotocol: 'bearer'}; }") + _TOLD,
)
async def _(t: Trial) -> None:
    head = await _answer(t, 101, "/", "Sec-WebSocket-Protocol: bearer, sesame")
    _has(head, "Sec-WebSocket-Protocol: bearer")
    await t.expect("connection", 1, "/", "bearer")


@suite.case(
    "verify/promise",
    "extra",
    "verifyClient may return a promise, and the client waits for it.",
    DECISION,
    server("verifyClient: verify")
    + """
function verify(request) {
  return new Promise(function (resolve) {
    setTimeout(function () { resolve(request.path === '/in' ? {data: 'later'} : false); }, 50);
  });
}
"""
    + _TOLD,
)
async def _(t: Trial) -> None:
    await _answer(t, 401)
    async with t.connect(path="/in"):
        await t.expect("connection", "later", "/in", None)


for _name, _body in (
    ("throws", "throw new Error('wrong');"),
    ("rejects", "return Promise.reject(new Error('wrong'));"),
    ("undefined", "return undefined;"),
    ("misspelt", "return {statsu: 403};"),
    ("status", "return {status: 200};"),
    ("header", "return {status: 403, headers: {'X-One': 'a\\r\\nX-Two: b'}};"),
    ("subprotocol-unknown", "return {subprotocol: 'other'};"),
    ("subprotocol-line", "return {subprotocol: 'one\\r\\nX-Two: b'};"),
):

    @suite.case(
        f"verify/wrong-{_name}",
        "extra",
        "When verifyClient fails, the client is answered with 500, and others are unaffected.",
        DECISION,
        server("verifyClient: verify")
        + f"""
function verify(request) {{
  if (request.path === '/in') return true;
  {_body}
}}
"""
        + _CONNECTED,
    )
    async def _(t: Trial) -> None:
        await _answer(t, 500, "/", "Sec-WebSocket-Protocol: one, two")
        async with t.connect(path="/in"):
            await t.expect("connection")


@suite.case(
    "verify/never",
    "extra",
    "A client is answered with 503 when verifyClient has not decided within openingTimeout.",
    DECISION,
    server("openingTimeout: 200, verifyClient: verify")
    + """
function verify(request) {
  return request.path === '/in' ? true : new Promise(function () {});
}
"""
    + _CONNECTED,
)
async def _(t: Trial) -> None:
    await _answer(t, 503)
    async with t.connect(path="/in"):
        await t.expect("connection")


@suite.case(
    "verify/left",
    "extra",
    "A client that leaves while verifyClient decides is no connection.",
    DECISION,
    server("verifyClient: verify")
    + """
var decide;
function verify(request) {
  if (request.path === '/in') {
    decide({data: 'gone'});
    return new Promise(function (resolve) { setTimeout(function () { resolve(true); }, 50); });
  }
  report('asked');
  return new Promise(function (resolve) { decide = resolve; });
}
"""
    + _TOLD,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        raw.write(request())
        await t.expect("asked")
        raw.cut()
    async with t.connect(path="/in"):
        report = await t.expect("connection", ANYTHING, "/in", None)
        if report.values[0] == "gone":
            raise Deviation("a client got the data of another one")


@suite.case(
    "verify/connection-request",
    "extra",
    "The second argument of connection is the request, with or without verifyClient.",
    DECISION,
    server()
    + """
server.on('connection', function (socket, request) {
  report('connection', request.path, request.query, request.headers['x-one']);
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect(path="/a?b", additional_headers={"X-One": "1"}):
        await t.expect("connection", "/a", "b", "1")


@suite.case(
    "options/path",
    "extra",
    "With path, other paths are answered with 404; the query does not count.",
    DECISION,
    server("path: '/feed'") + _TOLD.replace("socket.data, ", ""),
)
async def _(t: Trial) -> None:
    await _answer(t, 404, "/")
    await _answer(t, 404, "/feed/")
    async with t.connect(path="/feed?x=1"):
        await t.expect("connection", "/feed", None)


@suite.case(
    "options/subprotocols",
    "extra",
    "The first of subprotocols that a client offers is named in the answer.",
    DECISION,
    server("subprotocols: ['v2', 'v1']") + _TOLD.replace("socket.data, ", ""),
)
async def _(t: Trial) -> None:
    for offered, chosen in (
        (["v1", "v2"], "v2"),
        (["v0", "v1"], "v1"),
        (["v0"], None),
        (None, None),
    ):
        async with t.connect(subprotocols=offered) as client:
            if client.connection.subprotocol != chosen:
                raise Deviation(
                    f"of {offered}, {chosen} was to be chosen, not {client.connection.subprotocol}"
                )
            await t.expect("connection", "/", chosen)


for _option, _value in (
    ("path", "'feed'"),
    ("path", "'/feed?x'"),
    ("subprotocols", "['a, b']"),
    ("subprotocols", "'a'"),
    ("verifyClient", "true"),
):
    suite.reports(
        f"options/refused-{_option}-{''.join(filter(str.isalnum, _value))}",
        "extra",
        f"{_option} {_value} is refused with a TypeError that names the option.",
        DECISION,
        _REQUIRE
        + "attempt('new', function () { "
        + f"return new webSocket.Server({{{_option}: {_value}}}); }});",
        ("new", "threw", an_error(name="TypeError", says=_option)),
    )
