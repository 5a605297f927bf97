"""A broker that sends whatever bytes a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress

from ...support import tcp

CONNACK = b"\x20\x02\x00\x00"


def length(size: int) -> bytes:
    """Encode a remaining length (MQTT 3.1.1 section 2.2.3)."""
    encoded = bytearray()
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*encoded, size])


def publish(
    topic: bytes, payload: bytes, *, qos: int = 0, mid: int = 1, dup: bool = False
) -> bytes:
    """Make a PUBLISH."""
    number = mid.to_bytes(2) if qos else b""
    body = len(topic).to_bytes(2) + topic + number + payload
    return bytes([0x30 | dup << 3 | qos << 1]) + length(len(body)) + body


class Peer:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def packet(self) -> tuple[int, bytes]:
        """Read a packet: its first byte and its body."""
        (head,) = await self.reader.readexactly(1)
        size = shift = 0
        while True:
            (byte,) = await self.reader.readexactly(1)
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return head, await self.reader.readexactly(size)

    async def accept(self, *, knows: bool = False) -> bytes:
        """Read CONNECT, accept the client, perhaps as one that is known, and return the body."""
        head, body = await self.packet()
        assert head == 0x10
        self.send(bytes([0x20, 2, knows, 0]))
        return body

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)

    def reset(self) -> None:
        """Cut the connection."""
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has cut the connection."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


def serving(handle: Callable[[Peer], Awaitable[None]]) -> AbstractAsyncContextManager[int]:
    """Serve clients on a free port, and give the port."""
    return tcp.serving(lambda reader, writer: handle(Peer(reader, writer)))
