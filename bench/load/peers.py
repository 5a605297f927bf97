"""Clients of a soak: those that count every answer, and those that break the protocol."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from .flood import frame, handshake

__all__ = ["BROKEN", "Counts", "Peer", "bombed", "converse"]

_LIMIT = 30.0
"""Seconds for an answer, however busy the machine is."""

_IN_FLIGHT = 8
"""Messages of a peer that are not answered yet, at most."""

_MIB = 1024 * 1024

_OPCODE, _TEXT, _CLOSE, _PING = 0x0F, 0x81, 0x88, 0x9

_EXTENSION = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"


class Counts:
    """What all peers have seen."""

    def __init__(self) -> None:
        self.connections = 0
        """Opened, those of broken peers among them."""
        self.sent = 0
        """Messages that are to be answered."""
        self.answered = 0
        """Messages that came back as they were sent."""


class Peer:
    """One connection, which answers pings while it waits.

    Args:
        counts: where it is counted.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: Counts
    ) -> None:
        self._reader, self._writer, self.counts = reader, writer, counts
        counts.connections += 1

    @classmethod
    async def connect(cls, port: int, counts: Counts) -> Self:
        """Connect, and send nothing."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), counts)

    @classmethod
    async def open(cls, port: int, counts: Counts, *, extension: bytes = b"") -> Self:
        """Connect and shake hands."""
        peer = await cls.connect(port, counts)
        peer.write(handshake().replace(b"\r\n\r\n", b"\r\n" + extension + b"\r\n"))
        head = await asyncio.wait_for(peer._reader.readuntil(b"\r\n\r\n"), _LIMIT)
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ConnectionError(f"a handshake was answered with {head[:100]!r}")
        return peer

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the system has most of what was written."""
        await self._writer.drain()

    async def next(self) -> bytes:
        """Return the payload of the next message.

        Raises:
            ConnectionError: there is none any more.
        """
        while True:
            opcode, payload = await asyncio.wait_for(self._frame(), _LIMIT)
            if opcode == _PING:
                self.write(frame(0x8A, payload))
            elif opcode == _CLOSE & _OPCODE:
                raise ConnectionError(f"the server has closed: {payload!r}")
            else:
                return payload

    async def end(self) -> None:
        """Take the closing handshake to its end."""
        self.write(frame(_CLOSE, struct.pack("!H", 1000)))
        await self.gone()

    async def gone(self) -> None:
        """Wait until the server has ended the connection, and end it."""
        with suppress(ConnectionError):
            while await asyncio.wait_for(self._reader.read(_MIB), _LIMIT):
                pass
        self.cut()

    def cut(self, *, reset: bool = False) -> None:
        """End the connection without a word.

        Args:
            reset: whether with RST, and not with FIN.
        """
        if reset:
            linger = struct.pack("ii", 1, 0)
            taken: socket.socket = self._writer.get_extra_info("socket")
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._writer.transport.abort()
        else:
            self._writer.close()

    async def _frame(self) -> tuple[int, bytes]:
        head, size = await self._reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
        return head & _OPCODE, await self._reader.readexactly(size)


async def converse(peer: Peer, first: int, count: int, chance: random.Random, kind: str) -> None:
    """Send messages, and count those that come back as they were.

    Args:
        peer: that is open.
        first: number of the first message.
        count: of messages.
        chance: decides sizes and times.
        kind: ``echo``, ``store`` or ``timer``: what the server is to do with each.

    Raises:
        ConnectionError: the server ended the connection.
        TimeoutError: it does not answer.
    """
    waiting: dict[int, dict[str, object]] = {}
    for number in range(first, first + count):
        message: dict[str, object] = {"id": number, "text": "x" * chance.randrange(500)}
        if kind == "store":
            message["store"] = str(number) + "y" * chance.randrange(200)
        elif kind == "timer":
            message["after"] = chance.randrange(1, 50)
        waiting[number] = message
        peer.counts.sent += 1
        peer.write(frame(_TEXT, json.dumps(message).encode()))
        if len(waiting) == _IN_FLIGHT:
            await _answer(peer, waiting)
    while waiting:
        await _answer(peer, waiting)


async def _answer(peer: Peer, waiting: dict[int, dict[str, object]]) -> None:
    found = json.loads(await peer.next())
    # One that comes twice, or changed, is none.
    if waiting.pop(found["id"], None) == found:
        peer.counts.answered += 1


# What no client should do. Each is over, on its own side, when its function returns.


async def _half_a_handshake(port: int, counts: Counts) -> None:
    peer = await Peer.connect(port, counts)
    peer.write(handshake()[:-9])
    await peer.drain()
    peer.cut()


async def _reset_in_the_handshake(port: int, counts: Counts) -> None:
    peer = await Peer.connect(port, counts)
    peer.write(handshake())
    await peer.drain()
    peer.cut(reset=True)


async def _no_websocket(port: int, counts: Counts) -> None:
    peer = await Peer.connect(port, counts)
    peer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await peer.gone()


async def _half_a_frame(port: int, counts: Counts) -> None:
    peer = await Peer.open(port, counts)
    peer.write(frame(0x82, bytes(60_000))[:-1])
    await peer.drain()
    peer.cut(reset=True)


async def _half_a_message(port: int, counts: Counts) -> None:
    peer = await Peer.open(port, counts)
    peer.write(frame(0x02, bytes(60_000)) * 10)
    await peer.drain()
    peer.cut()


async def _never_reads(port: int, counts: Counts) -> None:
    peer = await Peer.open(port, counts)
    large = json.dumps({"text": "z" * 50_000}).encode()
    peer.write(frame(_TEXT, large) * 40)
    # The server stops reading while answers wait for this peer.
    with suppress(TimeoutError):
        await asyncio.wait_for(peer.drain(), 0.5)
    peer.cut(reset=True)


def _refused(data: bytes, extension: bytes = b"") -> Callable[[int, Counts], Awaitable[None]]:
    """Return a peer that sends what no server may take, and waits for the end."""

    async def run(port: int, counts: Counts) -> None:
        peer = await Peer.open(port, counts, extension=extension)
        peer.write(data)
        await peer.gone()

    return run


def bombed(size: int) -> Callable[[int, Counts], Awaitable[None]]:
    """Return a peer that sends a small message which inflates to a large one.

    Args:
        size: of the large one in MiB: more than the server takes.
    """
    packer = zlib.compressobj(wbits=-12)
    packed = packer.compress(bytes(size * _MIB)) + packer.flush(zlib.Z_SYNC_FLUSH)
    return _refused(frame(0xC2, packed[:-4]), _EXTENSION)


BROKEN: tuple[Callable[[int, Counts], Awaitable[None]], ...] = (
    _half_a_handshake,
    _reset_in_the_handshake,
    _no_websocket,
    _half_a_frame,
    _half_a_message,
    _never_reads,
    # no mask; reserved bits; a reserved opcode; a fragment of nothing; invalid UTF-8; too large
    _refused(b"\x81\x02{}"),
    _refused(frame(0xF1, b"{}")),
    _refused(frame(0x83)),
    _refused(frame(0x80, b"{}")),
    _refused(frame(_TEXT, b"\xff\xfe")),
    _refused(b"\x82\xff" + (2 * _MIB).to_bytes(8, "big") + bytes(4)),
    bombed(16),
)
"""Peers that break the protocol, or leave in the middle."""
