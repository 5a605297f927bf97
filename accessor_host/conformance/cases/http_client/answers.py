"""What the callback gets."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ._scripts import ANSWER, BEGIN, DECISION, OPTIONS, REQUEST

__all__ = ["suite"]

suite = Suite("http-client", "http-client", held=True)


@suite.case(
    "answer/status-and-body",
    "must",
    "The callback gets a message with body, a string, and statusCode and statusMessage.",
    ANSWER,
    BEGIN
    + """
http.get({url: url}, function (message) {
  report('answer', message.body, message.statusCode, message.statusMessage);
});
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(
        201, "Content-Type: text/plain; charset=utf-8", body="hé".encode(), reason="Created"
    )
    await t.expect("answer", "hé", 201, "Created")


@suite.case(
    "answer/headers",
    "must",
    "headers of a message has the fields by names in lower case.",
    ANSWER,
    BEGIN
    + """
http.get({url: url}, function (message) {
  report('answer', message.headers['x-test'], message.headers['content-type']);
});
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(200, "X-Test: One", "CONTENT-TYPE: text/plain", body=b"x")
    await t.expect("answer", "One", "text/plain")


@suite.case(
    "answer/cookies",
    "should",
    "cookies of a message lists what Set-Cookie says.",
    ANSWER,
    BEGIN + "http.get({url: url}, function (message) { report('answer', message.cookies); });",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(200, "Set-Cookie: a=b", "Set-Cookie: c=d", body=b"x")
    await t.expect("answer", ["a=b", "c=d"])


@suite.case(
    "answer/response-event",
    "must",
    "The event response of a request has the message.",
    REQUEST,
    BEGIN
    + """
var request = http.request({url: url}, function () {});
request.on('response', function (message) { report('response', message.statusCode); });
request.end();
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(body=b"x")
    await t.expect("response", 200)


@suite.case(
    "answer/not-found",
    "should",
    "An answer with status 404 is an answer, with its body, and no error.",
    ANSWER,
    BEGIN
    + """
var request = http.get({url: url}, function (message) {
  report('answer', message.statusCode, message.body);
  settle();
});
request.on('error', reporter('error'));
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(404, "Content-Type: text/plain", body=b"gone", reason="Not Found")
    await t.expect("answer", 404, "gone")
    await t.expect("settled")


@suite.case(
    "answer/redirect",
    "must",
    "A redirect is an answer; the script follows it itself.",
    ANSWER,
    BEGIN
    + """
http.get({url: url}, function (message) {
  report('answer', message.statusCode, message.headers.location);
  settle();
});
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(302, "Location: /elsewhere", reason="Found")
    await t.expect("answer", 302, "/elsewhere")
    await t.expect("settled")


@suite.case(
    "answer/chunked",
    "must",
    "A body that comes in chunks is whole in the callback, which is called once.",
    OPTIONS,
    BEGIN
    + "http.get({url: url}, function (message) { report('answer', message.body); settle(); });",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(
        200,
        "Transfer-Encoding: chunked",
        "Content-Type: text/plain",
        body=b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    )
    await t.expect("answer", "abc")
    await t.expect("settled")


@suite.case(
    "answer/pieces",
    "must",
    "With outputCompleteResponseOnly false, the callback is called for each piece as it comes.",
    OPTIONS,
    BEGIN
    + """
http.get({url: url, outputCompleteResponseOnly: false}, function (message) {
  report('piece', message.statusCode, message.body);
});
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(
        200, "Transfer-Encoding: chunked", "Content-Type: text/plain", body=b"2\r\nab\r\n"
    )
    await t.expect("piece", 200, "ab")
    await peer.send(b"1\r\nc\r\n0\r\n\r\n")
    await t.expect("piece", 200, "c")


@suite.case(
    "answer/charset",
    "extra",
    "The text of an answer is in the character set that it names.",
    DECISION,
    BEGIN + "http.get({url: url}, function (message) { report('answer', message.body); });",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(200, "Content-Type: text/plain; charset=iso-8859-1", body=b"h\xe9")
    await t.expect("answer", "hé")
