"""One HTTP/1.1 connection with a host: messages that are taken apart, and any bytes besides.

Nothing is put right on the way: a message is sent as it is given, and a reader tells what came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..deviation import Deviation
from ..values import show
from .tcp import TcpPeer

__all__ = ["HttpMessage", "HttpPeer", "HttpRequest", "HttpResponse", "message"]

_END = b"\r\n\r\n"

_BODILESS = {204, 304}
"""Responses that never have a body, apart from 1xx (RFC 9110 section 6.4.1)."""


@dataclass(frozen=True)
class HttpMessage:
    """What both kinds of message have.

    Args:
        fields: names in lower case and values, in their order.
        body: without its chunks.
    """

    fields: tuple[tuple[str, str], ...]
    body: bytes

    def field(self, name: str) -> str | None:
        """Return a field's value; several are joined with commas; None for none.

        Args:
            name: in lower case.
        """
        found = self.values(name)
        return ", ".join(found) if found else None

    def values(self, name: str) -> list[str]:
        """Return the values of all fields of a name, given in lower case."""
        return [value for each, value in self.fields if each == name]


@dataclass(frozen=True)
class HttpRequest(HttpMessage):
    """A request.

    Args:
        method: as it came.
        target: as it came: path and query, as a rule.
    """

    method: str
    target: str


@dataclass(frozen=True)
class HttpResponse(HttpMessage):
    """A response.

    Args:
        status: three digits.
        reason: the words behind them, which may be none.
    """

    status: int
    reason: str


class HttpPeer(TcpPeer):
    """One HTTP/1.1 connection with a host, either side of it."""

    async def ask(self, method: str, target: str = "/", *fields: str, body: bytes = b"") -> None:
        """Send a request, with Host; Content-Length is added if there is a body.

        Args:
            method: any word.
            target: path and query, as a rule.
            fields: lines such as ``"Accept: text/plain"``.
            body: as it goes over the wire.
        """
        host = () if _has(fields, "host") else ("Host: localhost",)
        await self.send(message(f"{method} {target} HTTP/1.1", *host, *fields, body=body))

    async def answer(
        self, status: int = 200, *fields: str, body: bytes = b"", reason: str = "OK"
    ) -> None:
        """Send a response; Content-Length is added unless the fields say how long the body is.

        Args:
            status: three digits.
            fields: lines such as ``"Content-Type: text/plain"``.
            body: as it goes over the wire.
            reason: the words behind the status.
        """
        bodiless = status < 200 or status in _BODILESS
        framed = bodiless or _has(fields, "content-length") or _has(fields, "transfer-encoding")
        length = () if framed or body else ("Content-Length: 0",)
        await self.send(message(f"HTTP/1.1 {status} {reason}", *length, *fields, body=body))

    async def request(self) -> HttpRequest:
        """Return the next request, with its body."""
        start, fields = await self._head()
        found = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]", start)
        if found is None:
            raise Deviation(f"an HTTP request was to arrive, but {show(start)} did")
        body = await self._body(fields, to_the_end=False)
        return HttpRequest(fields, body, found[1], found[2])

    async def response(self, *, to: str = "GET", interim: bool = False) -> HttpResponse:
        """Return the next response, with its body.

        Args:
            to: method of the request that it answers: one to HEAD has no body.
            interim: whether a response with 1xx counts; otherwise they are read over.
        """
        while True:
            start, fields = await self._head()
            found = re.fullmatch(r"HTTP/1\.[01] (\d{3})(?: (.*))?", start)
            if found is None:
                raise Deviation(f"an HTTP response was to arrive, but {show(start)} did")
            status = int(found[1])
            if status < 200 and not interim:
                continue
            bodiless = to == "HEAD" or status < 200 or status in _BODILESS
            body = b"" if bodiless else await self._body(fields, to_the_end=True)
            return HttpResponse(fields, body, status, found[2] or "")

    async def expect_response(
        self, status: int, *, body: bytes | None = None, to: str = "GET"
    ) -> HttpResponse:
        """Return the next response, which must have this status, and this body if one is given."""
        response = await self.response(to=to)
        if response.status != status:
            raise Deviation(
                f"the response was to have status {status}, but has {response.status}",
                expected=f"status {status}",
                actual=f"status {response.status}",
            )
        if body is not None and response.body != body:
            raise Deviation(
                f"the response was to have the body {show(body)}, but has {show(response.body)}",
                expected=repr(body),
                actual=repr(response.body),
            )
        return response

    async def _head(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        data = await self.until(_END, "an HTTP head")
        start, *lines = data.removesuffix(_END).decode("latin-1").split("\r\n")
        fields = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise Deviation(f"an HTTP field was to arrive, but {show(line)} did")
            fields.append((name.lower(), value.strip(" \t")))
        return start, tuple(fields)

    async def _body(self, fields: tuple[tuple[str, str], ...], *, to_the_end: bool) -> bytes:
        found = HttpMessage(fields, b"")
        coding = found.field("transfer-encoding")
        length = found.field("content-length")
        if coding is not None:
            if coding.lower() != "chunked":
                raise Deviation(f"a body in chunks was to arrive, but its coding is {coding}")
            return await self._chunks()
        if length is not None:
            if not re.fullmatch("[0-9]+", length):
                raise Deviation(f"Content-Length was to be a number, but is {show(length)}")
            return await self.receive(int(length), f"a body of {length} bytes")
        return await self.body() if to_the_end else b""

    async def _chunks(self) -> bytes:
        body = b""
        while True:
            line = (await self.until(b"\r\n", "the size of a chunk")).removesuffix(b"\r\n")
            size, _, _ = line.partition(b";")
            if not re.fullmatch(rb"[0-9A-Fa-f]+", size):
                raise Deviation(f"the size of a chunk was to arrive, but {show(line)} did")
            if not int(size, 16):
                while await self.until(b"\r\n") != b"\r\n":
                    pass
                return body
            body += await self.receive(int(size, 16))
            await self.expect(b"\r\n")


def message(start: str, *fields: str, body: bytes = b"") -> bytes:
    """Return an HTTP message; Content-Length is added if there is a body whose length none tells.

    Args:
        start: its first line.
        fields: further lines.
        body: as it goes over the wire.
    """
    if body and not (_has(fields, "content-length") or _has(fields, "transfer-encoding")):
        fields = (*fields, f"Content-Length: {len(body)}")
    return "\r\n".join([start, *fields, "", ""]).encode("latin-1") + body


def _has(fields: tuple[str, ...], name: str) -> bool:
    return any(line.partition(":")[0].lower() == name for line in fields)
