"""What the script is told of a request."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ._scripts import EVENTS, FUNCTIONS, answering

__all__ = ["suite"]

suite = Suite("http-server", "http-server")

_OK = "server.respond(id, 'ok');"


@suite.case(
    "request/event",
    "must",
    "A request is one event 'request', with an identifier, method and path.",
    EVENTS,
    answering("report('request', typeof id, request.method, request.path); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        report = await t.next("request")
        if report.values[1:] != ["GET", "/"] or report.values[0] not in ("number", "string"):
            raise Deviation(f"a request for / was to be reported, but {report.values} was")
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "request/methods",
    "must",
    "Any method is told, as the client wrote it.",
    EVENTS,
    answering("report('method', request.method); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            await peer.ask(method)
            await t.expect("method", method)
            await peer.expect_response(200)


@suite.case(
    "request/path",
    "must",
    "Any path is told, without the query.",
    EVENTS,
    answering("report('path', request.path); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/lamps/1?on=true")
        await t.expect("path", "/lamps/1")
        await peer.expect_response(200)


@suite.case(
    "request/params",
    "should",
    "params has the query, decoded.",
    EVENTS,
    answering("report('params', request.params.room, request.params.level); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/?room=k%C3%BCche+2&level=7")
        await t.expect("params", "küche 2", "7")
        await peer.expect_response(200)


@suite.case(
    "request/headers",
    "should",
    "headers has the fields, by names in lower case.",
    EVENTS,
    answering("report('headers', request.headers['x-test'], request.headers.accept); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/", "X-Test: One", "ACCEPT: text/plain")
        await t.expect("headers", "One", "text/plain")
        await peer.expect_response(200)


@suite.case(
    "request/body",
    "must",
    "body is the body, as a string.",
    EVENTS,
    answering("report('body', request.body); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("POST", "/", "Content-Type: text/plain", body="grüße".encode())
        await t.expect("body", "grüße")
        await peer.expect_response(200)


@suite.case(
    "request/no-body",
    "must",
    "Without a body, body is missing, or null.",
    EVENTS,
    answering(
        "report('body', request.body === undefined || request.body === null); " + _OK,
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await t.expect("body", True)


@suite.case(
    "request/chunks",
    "must",
    "A body in chunks is told whole, in one event.",
    "RFC 9112 section 7.1",
    answering("report('body', request.body); " + _OK),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("POST", "/", "Content-Type: text/plain", "Transfer-Encoding: chunked")
        for piece in (b"2\r\nab\r\n", b"1\r\nc\r\n", b"0\r\n\r\n"):
            await peer.send(piece)
        await t.expect("body", "abc")
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "request/unique-ids",
    "must",
    "Requests that wait at a time have different identifiers, and each gets its own answer.",
    FUNCTIONS,
    answering(
        """waiting.push(request);
  report('came');
  if (waiting.length === 2) {
    server.respond(waiting[1].requestID, waiting[1].headers['x-who']);
    server.respond(waiting[0].requestID, waiting[0].headers['x-who']);
  }"""
    )
    + "var waiting = [];\n",
)
async def _(t: Trial) -> None:
    async with t.connect_http() as one, t.connect_http() as two:
        await one.ask("GET", "/", "X-Who: one")
        await t.expect("came")
        await two.ask("GET", "/", "X-Who: two")
        await t.expect("came")
        await two.expect_response(200, body=b"two")
        await one.expect_response(200, body=b"one")
