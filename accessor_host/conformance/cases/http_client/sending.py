"""What a request says: method, target, fields and body."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...values import show
from ...wires.http import HttpRequest
from ._scripts import BEGIN, DECISION, FUNCTIONS, OPTIONS, REQUEST

__all__ = ["suite"]

suite = Suite("http-client", "http-client", held=True)


async def asked(t: Trial) -> HttpRequest:
    """Return the script's request, and answer it."""
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    request = await peer.request()
    await peer.answer(body=b"ok")
    return request


def same(what: str, found: object, expected: object) -> None:
    """Let a case fail in which a part of the request is another one."""
    if found != expected:
        raise Deviation(
            f"the {what} was to be {show(expected)}, but is {show(found)}",
            expected=repr(expected),
            actual=repr(found),
        )


@suite.case(
    "send/get",
    "must",
    "get(url) with a string asks for its path with the method GET.",
    FUNCTIONS,
    BEGIN + "http.get(url + '/lamps/1?a=b', function () {});",
)
async def _(t: Trial) -> None:
    request = await asked(t)
    same("method", request.method, "GET")
    same("target", request.target, "/lamps/1?a=b")
    same("body", request.body, b"")


@suite.case(
    "send/request-waits-for-end",
    "must",
    "request() sends nothing before end().",
    REQUEST,
    BEGIN
    + """
http.request({url: 'http://127.0.0.1:' + OTHER_PORT + '/never'}, function () {})
  .on('error', function () {});
var request = http.request({url: url + '/sent'}, function () {});
settle(function () { request.end(); });
""",
)
async def _(t: Trial) -> None:
    silent = await t.serve_http(port=t.other_port)
    same("target", (await asked(t)).target, "/sent")
    # Who connects already has sent nothing.
    if silent.count:
        peer = await silent.accept()
        peer.half_close()
        await peer.ended()


@suite.case(
    "send/post-body",
    "must",
    "post sends the option body, with its length in bytes.",
    FUNCTIONS,
    BEGIN + "http.post({url: url, body: 'h\\u00e9'}, function () {});",
)
async def _(t: Trial) -> None:
    request = await asked(t)
    same("method", request.method, "POST")
    same("body", request.body, "hé".encode())
    same("Content-Length", request.field("content-length"), "3")


@suite.case(
    "send/put-overrides-method",
    "must",
    "put sends the method PUT, whatever the option method says.",
    FUNCTIONS,
    BEGIN + "http.put({url: url, method: 'GET', body: 'x'}, function () {});",
)
async def _(t: Trial) -> None:
    same("method", (await asked(t)).method, "PUT")


@suite.case(
    "send/method",
    "must",
    "The option method is the method of the request.",
    OPTIONS,
    BEGIN + "http.request({url: url, method: 'DELETE'}, function () {}).end();",
)
async def _(t: Trial) -> None:
    same("method", (await asked(t)).method, "DELETE")


@suite.case(
    "send/headers",
    "must",
    "The option headers adds fields; an array makes one for each of its values.",
    OPTIONS,
    BEGIN + "http.get({url: url, headers: {'X-One': '1', 'X-Two': ['a', 'b']}}, function () {});",
)
async def _(t: Trial) -> None:
    request = await asked(t)
    same("field X-One", request.values("x-one"), ["1"])
    same("values of X-Two", request.field("x-two"), "a, b")


@suite.case(
    "send/url-object",
    "must",
    "The option url may be an object with host, port, path and query; ? is added to the query.",
    OPTIONS,
    BEGIN
    + "http.get({url: {host: '127.0.0.1', port: PORT, path: '/p', query: 'a=b'}}, function () {});",
)
async def _(t: Trial) -> None:
    same("target", (await asked(t)).target, "/p?a=b")


@suite.case(
    "send/url-slash",
    "should",
    "A slash at the end of a URL is kept.",
    OPTIONS,
    BEGIN + "http.get({url: url + '/folder/'}, function () {});",
)
async def _(t: Trial) -> None:
    same("target", (await asked(t)).target, "/folder/")


@suite.case(
    "send/write",
    "should",
    "write() adds to the body.",
    REQUEST,
    BEGIN
    + """
var request = http.request({url: url, method: 'POST'}, function () {});
request.write('ab');
request.write('c');
request.end();
""",
)
async def _(t: Trial) -> None:
    same("body", (await asked(t)).body, b"abc")


@suite.case(
    "send/null-body",
    "must",
    "A body that is null is none.",
    OPTIONS,
    BEGIN + "http.post({url: url, body: null}, function () {});",
)
async def _(t: Trial) -> None:
    same("body", (await asked(t)).body, b"")


@suite.case(
    "send/object-body",
    "extra",
    "A body that is an object is sent as JSON, and its type says so.",
    DECISION,
    BEGIN + "http.post({url: url, body: {a: [1]}}, function () {});",
)
async def _(t: Trial) -> None:
    request = await asked(t)
    same("body", request.body, b'{"a":[1]}')
    same("Content-Type", request.field("content-type"), "application/json")


@suite.case(
    "send/no-second-request",
    "should",
    "A header with the end of a line in it is not sent.",
    "RFC 9110 section 5.5",
    BEGIN
    + """
attempt('bad', function () {
  var request = http.request({url: url, headers: {A: 'b\\r\\nInjected: 1'}}, function () {});
  request.on('error', function () {});
  request.end();
  return true;
});
settle(function () { http.get({url: url + '/good'}, function () {}); });
""",
)
async def _(t: Trial) -> None:
    request = await asked(t)
    same("field Injected", request.field("injected"), None)
    same("target", request.target, "/good")


@suite.case(
    "send/keep-alive",
    "should",
    "With keepAlive the next request uses the same connection.",
    OPTIONS,
    BEGIN
    + """
function ask(count) {
  http.get({url: url, keepAlive: true}, function (message) {
    report('answer', message.body);
    if (count > 1) ask(count - 1);
  });
}
ask(2);
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    for body in ("1", "2"):
        await peer.request()
        await peer.answer(body=body.encode())
        await t.expect("answer", body)
    same("number of connections", server.count, 1)
