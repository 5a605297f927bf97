"""What a client gets."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...values import show
from ...wires.http import HttpResponse
from ._scripts import DECISION, FUNCTIONS, OPTIONS, answering

__all__ = ["suite"]

suite = Suite("http-server", "http-server")


def has_type(response: HttpResponse, expected: str) -> None:
    """Let a case fail whose answer has another type, whatever it says of characters."""
    found = response.field("content-type") or ""
    if found.partition(";")[0].strip().lower() != expected:
        raise Deviation(f"the type of the answer was to be {expected}, but is {show(found)}")


def is_error(response: HttpResponse) -> None:
    """Let a case fail whose answer is no error of the server."""
    if not 500 <= response.status <= 599:
        raise Deviation(f"the answer was to be an error of the server, but is {response.status}")


@suite.case(
    "answer/text",
    "must",
    "respond() sends the text as text/html, with status 200.",
    FUNCTIONS,
    answering("server.respond(id, '<p>hello</p>');"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        has_type(await peer.expect_response(200, body=b"<p>hello</p>"), "text/html")


@suite.case(
    "answer/length",
    "must",
    "The length of an answer counts its bytes, not its characters.",
    "RFC 9110 section 8.6",
    answering("server.respond(id, 'gr\\u00fc\\u00dfe \\ud83d\\ude00');"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(200, body="grüße 😀".encode())


@suite.case(
    "answer/code",
    "should",
    "The third argument of respond() is the status.",
    FUNCTIONS,
    answering("server.respond(id, 'gone', 404);"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(404, body=b"gone")


@suite.case(
    "answer/later",
    "must",
    "respond() may be called later.",
    FUNCTIONS,
    answering("settle(function () { server.respond(id, 'late'); });"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(200, body=b"late")


@suite.case(
    "answer/unknown-id",
    "must",
    "An answer to an identifier that nobody has is ignored.",
    FUNCTIONS,
    answering(
        "attempt('unknown', function () { server.respond(987654321, 'x'); return true; });\n"
        "  server.respond(id, 'ok');"
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await t.expect("unknown", "returned", True)
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "answer/twice",
    "must",
    "A second answer to a request is ignored.",
    FUNCTIONS,
    answering(
        "server.respond(id, 'first');\n"
        "  attempt('second', function () { server.respond(id, 'second'); return true; });"
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/", "Connection: close")
        await peer.expect_response(200, body=b"first")
        await t.expect("second", "returned", True)
        await peer.ended()


@suite.case(
    "answer/timeout",
    "must",
    "Without an answer within timeout, the client gets an error of the server.",
    OPTIONS,
    answering("report('came');", "timeout: 300"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await t.expect("came")
        is_error(await peer.response())


@suite.case(
    "answer/after-timeout",
    "must",
    "An answer after the timeout is ignored, and others are answered.",
    FUNCTIONS,
    answering(
        "if (request.headers['x-late']) setTimeout(function () {\n"
        "    attempt('late', function () { server.respond(id, 'late'); return true; });\n"
        "  }, 600); else server.respond(id, 'ok');",
        "timeout: 200",
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/", "X-Late: 1", "Connection: close")
        is_error(await peer.response())
        await t.expect("late", "returned", True)
        await peer.ended()
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "answer/head",
    "must",
    "An answer to HEAD has no body.",
    "RFC 9110 section 9.3.2",
    answering("server.respond(id, 'hello');"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("HEAD", "/", "Connection: close")
        await peer.expect_response(200, to="HEAD")
        await peer.ended()


@suite.case(
    "answer/no-content",
    "should",
    "An answer with status 204 has no body, and no length.",
    "RFC 9110 section 8.6",
    answering("server.respond(id, '', 204);"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/", "Connection: close")
        response = await peer.expect_response(204)
        if response.field("content-length") is not None:
            raise Deviation("an answer with status 204 has a Content-Length")
        await peer.ended()


@suite.case(
    "answer/headers",
    "extra",
    "The fourth argument of respond() has more fields; a list makes one for each value.",
    DECISION,
    answering("server.respond(id, '', 303, {Location: '/a', 'Set-Cookie': ['a=1', 'b=2']});"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        response = await peer.expect_response(303)
        found = response.field("location"), response.values("set-cookie")
        if found != ("/a", ["a=1", "b=2"]):
            raise Deviation(f"the fields of the answer are {show(found)}")


@suite.case(
    "answer/type",
    "extra",
    "The fourth argument of respond() may be the type.",
    DECISION,
    answering("server.respond(id, 'a,b', 200, 'text/csv');"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        has_type(await peer.expect_response(200, body=b"a,b"), "text/csv")


@suite.case(
    "answer/object",
    "extra",
    "An answer that is an object is sent as JSON.",
    DECISION,
    answering("server.respond(id, {level: [1, 2]});"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        has_type(await peer.expect_response(200, body=b'{"level":[1,2]}'), "application/json")


@suite.case(
    "answer/no-second-answer",
    "should",
    "A field with the end of a line in it makes no second field.",
    "RFC 9110 section 5.5",
    answering(
        """try {
    server.respond(id, 'x', 200, {A: 'b\\r\\nInjected: 1'});
  } catch (error) {
    report('refused');
  }
  server.respond(id, 'good');"""
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        response = await peer.response()
        if response.field("injected") is not None:
            raise Deviation("the answer has a field that was injected")
