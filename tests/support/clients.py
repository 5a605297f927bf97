"""Helpers for tests of the client: servers that do whatever a test says, and free ports."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

from websockets.utils import accept_key, apply_mask

from accessor_host.modules.web_socket_client.client import Client

from .wire import Events, Raw

QUICK: dict[str, Any] = {"host": "127.0.0.1", "numberOfRetries": 0, "connectTimeout": 5000}
"""Options for tests that expect no retry."""


class RawServer:
    """A listening socket whose connections a test takes one by one."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.accepted_at: list[float] = []
        self._raws: asyncio.Queue[Raw] = asyncio.Queue()
        self._all: list[Raw] = []
        self._server: asyncio.Server

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for raw in self._all:
            await raw.__aexit__()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted_at.append(asyncio.get_running_loop().time())
        raw = Raw(reader, writer)
        self._all.append(raw)
        self._raws.put_nowait(raw)

    async def accept(self) -> Raw:
        """Wait for the next connection."""
        return await self._raws.get()

    async def shake_hands(self, *extra: str, first: bytes = b"") -> Raw:
        """Wait for the next connection and answer its handshake; ``first`` follows at once."""
        raw = await self.accept()
        request = await read_request(raw)
        raw.send(answer(request, *extra) + first)
        return raw


async def read_request(raw: Raw) -> dict[str, str]:
    """Read a request; return its fields by lower-case name, the request line as ""."""
    head = (await raw.reader.readuntil(b"\r\n\r\n")).decode()
    line, *fields = head.split("\r\n")[:-2]
    named = (field.split(": ", 1) for field in fields)
    return {"": line} | {name.lower(): value for name, value in named}


def answer(request: dict[str, str], *extra: str) -> bytes:
    """Return the answer to a good handshake, with more header lines."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_key(request['sec-websocket-key'])}",
        *extra,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def masked(raw: Raw) -> tuple[int, bytes, bytes]:
    """Read one frame of a client: first byte, masking key, payload unmasked."""
    head, length = await raw.reader.readexactly(2)
    assert length & 0x80, "a client masks every frame"
    length &= 0x7F
    if length > 125:
        length = int.from_bytes(await raw.reader.readexactly(2 if length == 126 else 8))
    key = await raw.reader.readexactly(4)
    return head, key, apply_mask(await raw.reader.readexactly(length), key)


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Hold a port on which nobody listens: whoever connects is refused."""
    with socket.socket() as holder:
        # So that a test's server can take it afterwards.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def client_of(port: int, **options: Any) -> tuple[Client, Events]:
    """Return a client that does not retry unless told to, and its events."""
    client = Client(QUICK | {"port": port} | options)
    return client, Events(client, "open", "message", "close", "error")


@contextlib.asynccontextmanager
async def connected(port: int, **options: Any) -> AsyncIterator[tuple[Client, Events]]:
    """Run an open client."""
    client, events = client_of(port, **options)
    async with client:
        yield client, events


def names(events: Events) -> list[str]:
    """Return the names of what was emitted, in order."""
    return [name for name, *_ in events.seen]
