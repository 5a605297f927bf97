"""What a web server answers to our client: however it is cut, and whichever parser reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from accessor_host.http.client.failures import RequestError
from accessor_host.http.client.settings import Head
from accessor_host.http.client.wire import END, ClientWire
from accessor_host.http.client.wire_h11 import H11Wire
from accessor_host.http.client.wire_httptools import HttptoolsWire

__all__ = ["SEEDS", "run"]

_HEAD = 64
"""Of the first byte: the request was HEAD."""

_EMPTY_LINE = re.compile(rb"\r\n\r\n[\r\n]")

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
_CHUNKS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
)

SEEDS = [
    b"\0" + _OK,
    b"\1" + _CHUNKS,
    b"\3HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 \r\n\r\n" + _OK,
    b"\7" + _OK + _OK,
    b"\0" + _OK[:-1],
    b"\2HTTP/1.0 200 OK\r\nA: b\r\na:\tc \r\n\r\nup to the end",
    b"\4HTTP/1.1 204 No Content\r\n\r\n" + _OK,
    b"\4HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    bytes((_HEAD | 5,)) + _OK[:-5],
    b"\0HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nabc",
    b"\5HTTP/1.1 302\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    b"\5" + _OK.replace(b"Type: text/plain", b"Length: 6"),
    b"\5" + _OK.replace(b"Type: text/plain", b"Length: 5"),
    b"\5" + _CHUNKS.replace(b"chunked", b"gzip, chunked"),
    b"\x0b" + _CHUNKS.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1),
    b"\6" + _OK.replace(b"\r\n", b"\n"),
    b"\1HTTP/1.1 2",
    b"\1SSH-2.0-OpenSSH_9.2\r\n",
]


class _Read(NamedTuple):
    """What was read.

    Args:
        head: of the answer; None before it.
        body: of it, as far as it came.
        fault: the code of the error; empty for none.
        is_complete: whether it came to its end.
        is_between: whether the connection takes the next request.
    """

    head: Head | None
    body: bytes
    fault: str
    is_complete: bool
    is_between: bool


def run(data: bytes) -> None:
    """Read an answer, with each parser, at once and in pieces.

    Args:
        data: the first byte is the size of the pieces, and whether the request was HEAD; then what
            the server sends before it ends its stream.
    """
    first, stream = (data[0], data[1:]) if data else (0, b"")
    method = "HEAD" if first & _HEAD else "GET"
    size = first % _HEAD or len(stream) or 1
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    found = []
    for parser in (H11Wire, HttptoolsWire):
        whole, cut = _read(parser(), method, [stream]), _read(parser(), method, pieces)
        if _outcome(whole) != _outcome(cut):
            raise AssertionError(f"{parser.__name__}: at once {whole}, in pieces {cut}")
        found.append(whole)
    ours, theirs = found
    # llhttp refuses more than h11; but it reads over empty lines between answers.
    known = bool(ours.fault) and _EMPTY_LINE.search(stream) is not None
    if theirs.is_complete and not known and _outcome(ours) != _outcome(theirs):
        raise AssertionError(f"h11 reads {ours}, httptools {theirs}")


def _outcome(read: _Read) -> tuple[object, ...]:
    """Return what must not depend on the pieces: what was read before a fault may."""
    return (read.head, read.body, True) if read.is_complete else (read.fault, False)


def _read(wire: ClientWire, method: str, pieces: Sequence[bytes]) -> _Read:
    wire.request(method, "/", [("Host", "a")], None)
    head: Head | None = None
    body, fault, is_complete = b"", "", False
    try:
        for piece in (*pieces, b""):
            if piece:
                wire.receive(piece)
            else:
                wire.receive_end()
            while (event := wire.next_event()) is not None:
                if event is END:
                    is_complete = True
                    break
                if isinstance(event, Head):
                    if head is not None:
                        raise AssertionError(f"a second head: {event}")
                    head = event
                elif isinstance(event, bytes):
                    body += event
            if is_complete:
                break
    except RequestError as error:
        if not error.reason.isprintable():
            raise AssertionError(f"this cannot be shown: {error.reason!r}") from None
        fault = error.code
    if not (fault or is_complete):
        raise AssertionError("neither an answer nor an error")
    is_between = not fault and wire.is_between
    wire.close()
    return _Read(head, body, fault, is_complete, is_between)
