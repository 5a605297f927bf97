"""Requests without an answer."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import AN_ERROR, ANYTHING
from ._scripts import BEGIN, DECISION, FUNCTIONS, REQUEST

__all__ = ["suite"]

suite = Suite("http-client", "http-client", held=True)

_REPORTING = """
var request = http.request({url: url}, function (message) { if (message) report('answer'); });
request.on('error', function (error) { report('error', error); settle(); });
request.end();
"""


@suite.case(
    "failure/refused",
    "must",
    "A server that cannot be reached is one event error of the request.",
    REQUEST,
    BEGIN + _REPORTING,
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("error", ANYTHING)
    await t.expect("settled")


@suite.case(
    "failure/null",
    "should",
    "The callback is called with null when there is no answer.",
    FUNCTIONS,
    BEGIN
    + """
var request = http.get({url: url}, function (message) { report('answer', message); });
request.on('error', function () {});
""",
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("answer", None)


@suite.case(
    "failure/error-object",
    "extra",
    "The argument of error is an Error.",
    DECISION,
    BEGIN + _REPORTING,
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("error", AN_ERROR)


@suite.case(
    "failure/cut",
    "must",
    "A connection that ends before the answer is complete is one event error.",
    REQUEST,
    BEGIN + _REPORTING,
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.answer(200, "Content-Length: 10", body=b"abc")
    peer.end()
    await t.expect("error", ANYTHING)
    await t.expect("settled")


@suite.case(
    "failure/no-http",
    "must",
    "An answer that is no HTTP is one event error.",
    "RFC 9112 section 2",
    BEGIN + _REPORTING,
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peer = await server.accept()
    await peer.request()
    await peer.send(b"220 mail.example ESMTP\r\n\r\n")
    await t.expect("error", ANYTHING)
    await t.expect("settled")


@suite.case(
    "failure/stopped",
    "must",
    "After stop() neither an answer nor an error comes.",
    REQUEST,
    BEGIN
    + """
var request = http.request({url: url}, function () { report('answer'); });
request.on('error', reporter('error'));
request.end();
request.stop();
settle();
""",
)
async def _(t: Trial) -> None:
    await t.serve_http()
    await t.start()
    await t.expect("settled")
