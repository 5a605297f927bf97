"""What a client sends to our HTTP server: however it is cut, the same requests and answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, cast

import h11

from accessor_host.http.server.connection import HttpConnection
from accessor_host.http.server.group import HttpGroup
from accessor_host.http.server.handler import HttpHandler, HttpPeer
from accessor_host.http.server.heads import BadRequestError, Head, read_any, read_ordinary
from accessor_host.http.server.settings import HttpLimits, HttpServerSettings
from accessor_host.net.deadlines import Deadlines
from accessor_host.net.flusher import Flusher
from accessor_host.net.serving import StartError
from accessor_host.net.shares import Shares

from ..loop import Wire
from ..loop import run as run_in_loop

__all__ = ["SEEDS", "run"]

_LATER = 64
"""Of the first byte: answers are given in the next iteration of the loop, and not at once."""

_MOST_ITERATIONS = 2_000
"""Iterations of the loop, beside one for each piece, in which everything has to be over."""

_IDLE = 3
"""Iterations without a change after which nothing more happens."""

_LIMITS = HttpLimits(max_head_size=1_000, max_fields=12, max_body_size=200)

_GET = b"GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n"
_POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
_CHUNKS = (
    b"PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: some text that is longer\r\n\r\n"
)

SEEDS = [
    b"\0" + _GET + _POST + _GET,
    b"\1" + _POST + _CHUNKS + _GET,
    bytes((_LATER | 7,)) + _CHUNKS + _POST + _GET * 3,
    bytes((_LATER | 20,)) + _GET * 80,
    b"\5" + _GET.replace(b"\r\n", b"\n") + b"\r\n\n" + _GET,
    b"\2" + _GET.replace(b"1.1", b"1.0") + _GET,
    b"\3" + _GET[:-2] + b"Connection: close\r\n\r\n" + _GET,
    b"\4" + _POST.replace(b"5", b"199") + b"x" * 200,
    b"\4" + _POST.replace(b"5", b"201"),
    b"\6" + _CHUNKS.replace(b"0A", b"FF") + b"x" * 300,
    b"\0" + _POST.replace(b"\r\n\r\nhello", b"\r\nExpect: 100-continue\r\n\r\nhello"),
    b"\0" + _POST.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
    b"\x09HEAD http://a/b HTTP/1.1\r\nHost: a\r\nCookie: a\r\ncookie: b\r\nA: 1\r\nA: 2\r\n\r\n",
    b"\0CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\0GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 20 + b"\r\n",
    b"\x0bGET /" + b"x" * 1_100 + b" HTTP/1.1\r\n",
    b"\0\x16\x03\x01\x02\x00\x01",
    b"\1SSH-2.0-OpenSSH_9.2\r\n",
]


class _Served(NamedTuple):
    """What came of a stream.

    Args:
        requests: of each, method, target, fields and body.
        statuses: of the answers.
        is_over: whether the server has ended the connection.
    """

    requests: list[tuple[str, str, dict[str, str], bytes]]
    statuses: list[int]
    is_over: bool


class _Owner:
    """Answers every request, at once or later."""

    def __init__(self, *, later: bool) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.waiting: HttpPeer | None = None
        self._later = later

    def requested(self, connection: HttpPeer, body: bytes) -> None:
        head = connection.head
        if head is None or self.waiting is not None:
            raise AssertionError("a request without a head, or before another one has its answer")
        self.requests.append((head.method, head.target, head.fields, body))
        self.waiting = connection
        if not self._later:
            self.answer()

    def answer(self) -> None:
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.answer(200, [("Content-Type", "text/plain")], b"answer")

    def abandoned(self, connection: HttpPeer) -> None:
        self.waiting = None

    def listening(self, port: int) -> None: ...

    def failed(self, error: StartError) -> None: ...

    def renewal_failed(self, error: StartError) -> None: ...

    def stopped(self) -> None: ...


class _Register:
    """Keeps nothing."""

    def add(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> None: ...

    def remove(self, connection: HttpConnection) -> None: ...

    def identify(self, connection: HttpConnection, forwarded: str) -> None: ...

    def release(self, connection: HttpConnection) -> None: ...


def run(data: bytes) -> None:
    """Read a stream, at once and in pieces.

    Args:
        data: the first byte is the size of the pieces, and whether answers are given later; then
            what the client sends before it ends its stream.
    """
    first, stream = (data[0], data[1:]) if data else (0, b"")
    size = first % _LATER or len(stream) or 1
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    whole = run_in_loop(_serve([stream] if stream else [], later=False))
    cut = run_in_loop(_serve(pieces, later=bool(first & _LATER)))
    if whole != cut:
        raise AssertionError(f"at once {whole}, in pieces {cut}")
    for head in _heads(stream):
        _compare(head)


async def _serve(pieces: list[bytes], *, later: bool) -> _Served:
    loop, owner, wire = asyncio.get_running_loop(), _Owner(later=later), Wire()
    group = HttpGroup(
        cast("HttpHandler", owner),
        HttpServerSettings("127.0.0.1", 0, limits=_LIMITS),
        Flusher(),
        Deadlines(loop),
        Shares(loop, loop.time),
        loop.time,
        Counter(),
    )
    connection = HttpConnection(group, _Register())
    connection.connection_made(wire)
    left = [*pieces, b""]
    idle = 0
    for _ in range(_MOST_ITERATIONS + len(pieces)):
        before = len(wire.sent), len(owner.requests), len(left)
        if left and wire.reading and not wire.is_over:
            piece = left.pop(0)
            if piece:
                connection.data_received(piece)
            elif not connection.eof_received():
                wire.close()
        if later:
            owner.answer()
        await asyncio.sleep(0)
        idle = idle + 1 if before == (len(wire.sent), len(owner.requests), len(left)) else 0
        if wire.is_over or idle > _IDLE:
            break
    if not wire.is_over:
        raise AssertionError(f"it does not end: {connection.state()}, {len(left)} pieces left")
    connection.connection_lost(None)
    await asyncio.sleep(0)
    if group.held:
        raise AssertionError(f"{group.held} bytes are still held")
    return _Served(owner.requests, list(_statuses(bytes(wire.sent), owner.requests)), wire.is_over)


def _statuses(sent: bytes, requests: list[tuple[str, str, dict[str, str], bytes]]) -> Iterator[int]:
    """Read answers, as a client does."""
    methods = [request[0] for request in requests]
    while sent:
        if methods:
            status, sent = _answer(sent, methods.pop(0))
        else:
            # A request that is refused before its body has come is not told to the owner.
            try:
                status, sent = _answer(sent, "GET")
            except AssertionError:
                status, sent = _answer(sent, "HEAD")
        yield status
    if methods:
        raise AssertionError(f"no answer to {methods}")


def _answer(sent: bytes, method: str) -> tuple[int, bytes]:
    """Return the status of the first answer to this method, and what follows it."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(sent)
    status = 0
    while not isinstance(event := client.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            status = event.status_code
        elif not isinstance(event, h11.Data | h11.InformationalResponse):
            raise AssertionError(f"{event} is no answer to {method}")
    return status, client.trailing_data[0]


def _heads(stream: bytes) -> Iterator[bytes]:
    """Return what may be heads."""
    for part in stream.split(b"\r\n\r\n"):
        yield part + b"\r\n\r\n"


def _compare(data: bytes) -> None:
    """Compare the short way with h11."""
    short = read_ordinary(data, _LIMITS.max_fields)
    if short is None:
        return
    try:
        full = read_any(data, _LIMITS.max_fields)
    except BadRequestError as error:
        raise AssertionError(f"the short way alone accepts it: {error}") from None
    for name in Head.__slots__:
        if getattr(short, name) != getattr(full, name):
            raise AssertionError(f"{name} is {getattr(short, name)!r}, not {getattr(full, name)!r}")
