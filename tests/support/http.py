"""HTTP servers under test, without scripts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from accessor_host.http.server.handler import HttpPeer
from accessor_host.http.server.server import HttpServing
from accessor_host.http.server.settings import HttpLimits, HttpServerSettings
from accessor_host.net.serving import StartError

from .wire import DEADLINE, Raw

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

Answer = Callable[[HttpPeer, bytes], None]


def echo(peer: HttpPeer, body: bytes) -> None:
    """Answer with method, path and body."""
    head = peer.head
    assert head is not None
    peer.answer(200, [], f"{head.method} {head.path} ".encode() + body)


def ignore(peer: HttpPeer, body: bytes) -> None:
    """Answer never."""


class Handler:
    """Answers requests as told, and remembers them."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[tuple[HttpPeer, bytes]] = []
        self.left: list[HttpPeer] = []
        self.port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self._answer = answer

    def requested(self, connection: HttpPeer, body: bytes) -> None:
        self.requests.append((connection, body))
        self._answer(connection, body)

    def abandoned(self, connection: HttpPeer) -> None:
        self.left.append(connection)

    def listening(self, port: int) -> None:
        self.port.set_result(port)

    def failed(self, error: StartError) -> None:
        self.port.set_exception(error)

    def renewal_failed(self, error: StartError) -> None:
        raise error

    def stopped(self) -> None:
        self.ended.set()


class RunningHttp:
    """A server under test."""

    def __init__(self, serving: HttpServing, handler: Handler, port: int) -> None:
        self.serving = serving
        self.handler = handler
        self.port = port

    @property
    def refusals(self) -> dict[str, int]:
        """Return what was refused so far."""
        return dict(self.serving.listener.refusals)

    async def ask(self, data: bytes) -> bytes:
        """Send bytes on a connection of its own, and return all that comes."""
        async with await Raw.connect(self.port) as raw:
            raw.send(data)
            return await raw.rest()

    async def still_serves(self) -> None:
        """Check that another client is served."""
        answer = await self.ask(b"GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
        assert answer.endswith(b"GET /ok ")


@contextlib.asynccontextmanager
async def serving_http(
    answer: Answer = echo, settings: dict[str, Any] | None = None, **limits: Any
) -> AsyncIterator[RunningHttp]:
    """Run a server on a free port."""
    handler = Handler(answer)
    serving = HttpServing(
        handler,
        HttpServerSettings("127.0.0.1", 0, limits=HttpLimits(**limits), **(settings or {})),
    )
    serving.start(asyncio.get_running_loop())
    try:
        yield RunningHttp(serving, handler, await handler.port)
    finally:
        serving.stop()
        await serving.wait_inactive()


async def until(holds: Callable[[], object]) -> None:
    """Wait until something is so that announces nothing."""
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - nobody could be asked to tell
            await asyncio.sleep(0)


async def read_answer(raw: Raw) -> tuple[bytes, bytes]:
    """Read one answer: its head, and its body."""
    head = await raw.reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head, await raw.reader.readexactly(length)
