"""Connections: several requests, and what is no request."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...wires.http import message
from ._scripts import answering

__all__ = ["suite"]

suite = Suite("http-server", "http-server")

_ECHO = answering("server.respond(id, request.headers['x-text'] || 'ok');")


def _get(text: str) -> bytes:
    return message("GET / HTTP/1.1", "Host: localhost", f"X-Text: {text}")


@suite.case(
    "connection/kept",
    "should",
    "A connection takes the next request after an answer.",
    "RFC 9112 section 9.3",
    _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        for text in ("one", "two", "three"):
            await peer.send(_get(text))
            await peer.expect_response(200, body=text.encode())


@suite.case(
    "connection/pipelining",
    "must",
    "Requests that are sent without waiting are answered in their order.",
    "RFC 9112 section 9.3.2",
    answering(
        """if (request.headers['x-text'] === 'one') {
    settle(function () { server.respond(id, 'one'); });
  } else server.respond(id, request.headers['x-text']);"""
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.send(b"".join(map(_get, ("one", "two", "three"))))
        for body in (b"one", b"two", b"three"):
            await peer.expect_response(200, body=body)


@suite.case(
    "connection/close",
    "must",
    "Where the client asks for it, the connection ends behind the answer.",
    "RFC 9112 section 9.6",
    _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET", "/", "Connection: close")
        await peer.expect_response(200, body=b"ok")
        await peer.ended()


@suite.case(
    "connection/old-version",
    "must",
    "A client of HTTP/1.0 gets its answer, and the end of the connection.",
    "RFC 9112 section 9.3",
    _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.send(b"GET / HTTP/1.0\r\n\r\n")
        await peer.expect_response(200, body=b"ok")
        await peer.ended()


@suite.case(
    "connection/half-closed",
    "should",
    "A client that sends no more gets the answer to what it sent.",
    "RFC 9112 section 9.6",
    _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        peer.half_close()
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "connection/left",
    "should",
    "A client that leaves before its answer disturbs nobody.",
    "RFC 9112 section 9.5",
    answering(
        "report('came'); if (request.headers['x-text']) server.respond(id, 'ok');\n"
        "  else settle(function () { server.respond(id, 'too late'); report('answered'); });"
    ),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await t.expect("came")
        peer.reset()
    await t.expect("answered")
    async with t.connect_http() as peer:
        await peer.send(_get("here"))
        await t.expect("came")
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "connection/no-http",
    "should",
    "What is no HTTP gets status 400, the end of the connection, and is no request.",
    "RFC 9112 section 3",
    answering("report('came'); server.respond(id, 'ok');"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.send(b"()\x00 nonsense\r\n\r\n")
        await peer.expect_response(400)
        await peer.ended()
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await t.expect("came")
        await peer.expect_response(200, body=b"ok")


@suite.case(
    "connection/no-host",
    "must",
    "A request of HTTP/1.1 without Host gets status 400.",
    "RFC 9112 section 3.2",
    _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.send(b"GET / HTTP/1.1\r\n\r\n")
        await peer.expect_response(400)


@suite.case(
    "connection/two-lengths",
    "must",
    "A request with two lengths that differ gets status 400, and the end of the connection.",
    "RFC 9112 section 6.3",
    answering("report('came'); server.respond(id, 'ok');"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("POST", "/", "Content-Length: 3", "Content-Length: 4", body=b"abcd")
        await peer.expect_response(400)
        await peer.ended()


@suite.case(
    "connection/length-and-chunks",
    "should",
    "A request with a length and chunks is refused, or its connection ends behind the answer.",
    "RFC 9112 section 6.1",
    _ECHO,
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask(
            "POST",
            "/",
            "Content-Length: 3",
            "Transfer-Encoding: chunked",
            body=b"0\r\n\r\n" + _get("smuggled"),
        )
        await peer.response()
        await peer.ended()
