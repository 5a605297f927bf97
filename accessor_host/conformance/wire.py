"""The other side of the wire: peers that keep the rules, and a raw one that breaks them."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.utils import accept_key

from .deviation import Deviation, Waiting, other_value
from .values import same, show, show_long
from .wires.tcp import TcpPeer

if TYPE_CHECKING:
    from websockets.asyncio.connection import Connection

__all__ = [
    "BINARY",
    "CLOSE",
    "CONTINUATION",
    "PING",
    "PONG",
    "TEXT",
    "Closed",
    "Deviation",
    "Peer",
    "RawPeer",
    "Waiting",
    "as_text",
    "frame",
    "request",
]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
"""Opcodes (RFC 6455 section 5.2)."""

NO_STATUS, ABNORMAL = 1005, 1006

_MASK = b"\x0b\x16\x21\x2c"


@dataclass(frozen=True)
class Closed:
    """How a connection ended: 1005 for a close frame without a code, 1006 for none at all."""

    code: int
    reason: str


class Peer:
    """One connection with a host, its frames handled by the library ``websockets``.

    Args:
        waiting: says what is being waited for.
        connection: the connection.
    """

    def __init__(self, waiting: Waiting, connection: Connection) -> None:
        self._waiting = waiting
        self.connection = connection

    async def send(self, message: Any) -> None:
        """Send a text (str) or binary (bytes) message, or fragments of one (a list)."""
        with self._waiting("the host reads what it is sent"):
            await self.connection.send(message)

    async def receive(self) -> str | bytes:
        """Return the next message."""
        with self._waiting("a message arrives from the host"):
            try:
                return await self.connection.recv()
            except ConnectionClosed as error:
                raise Deviation(f"a message was to arrive, but {_ending(error)}") from None

    async def expect(self, *messages: str | bytes) -> None:
        """Receive messages, which must be these, of the same kind."""
        for message in messages:
            actual = await self.receive()
            if type(actual) is not type(message):
                raise Deviation(
                    f"{show(message)} was to arrive as {_kind(message)} frame, "
                    f"but {show(actual)} came as {_kind(actual)} frame",
                    expected=f"{show_long(message)} as {_kind(message)} frame",
                    actual=f"{show_long(actual)} as {_kind(actual)} frame",
                )
            if actual != message:
                raise other_value(message, actual)

    async def expect_text(self, *texts: str) -> None:
        """Receive messages with these texts, whatever the kind of frame."""
        for text in texts:
            actual = as_text(await self.receive())
            if actual != text:
                raise other_value(text, actual)

    async def expect_json(self, *values: object) -> None:
        """Receive JSON with these values, whatever its spelling and the kind of frame."""
        for value in values:
            actual = as_text(await self.receive())
            try:
                parsed = json.loads(actual)
            except ValueError:
                raise Deviation(
                    f"{show(value)} was to arrive as JSON, but {show(actual)} is none",
                    expected=f"{show_long(value)} as JSON",
                    actual=show_long(actual),
                ) from None
            if not same(value, parsed):
                raise other_value(value, parsed)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, with a handshake."""
        with self._waiting("the host answers a close frame"):
            await self.connection.close(code, reason)

    async def closed(self) -> Closed:
        """Wait until the host has closed the connection, and return how."""
        with self._waiting("the host closes the connection"):
            try:
                message = await self.connection.recv()
            except ConnectionClosed:
                await self.connection.wait_closed()
                code = self.connection.close_code
                return Closed(
                    ABNORMAL if code is None else code, self.connection.close_reason or ""
                )
        raise Deviation(f"the connection was to be closed, but {show(message)} arrived")

    async def ping(self) -> None:
        """Ping the host and wait for its answer: it has then read all that was sent before."""
        with self._waiting("the host answers a ping"):
            try:
                await (await self.connection.ping())
            except ConnectionClosed as error:
                raise Deviation(f"a pong was to arrive, but {_ending(error)}") from None

    def cut(self) -> None:
        """Cut TCP, without a word."""
        self.connection.transport.abort()


class RawPeer(TcpPeer):
    """One TCP connection with a host, for frames that no library would send.

    Args:
        waiting: says what is being waited for.
        reader: what comes.
        writer: what goes.
        masks: whether frames are masked, as those of a client are.
    """

    def __init__(
        self,
        waiting: Waiting,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        masks: bool = True,
    ) -> None:
        super().__init__(waiting, reader, writer)
        self._masks = masks

    def send_frame(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        """Send one frame."""
        self.write(frame(opcode, payload, final=final, mask=self._masks))

    async def handshake(self, *, path: str = "/", after: bytes = b"") -> None:
        """Ask for a web socket, with more bytes in the same segment, and read the answer."""
        self.write(request(path) + after)
        head = await self.head()
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Deviation(f"the handshake was answered with {show(head.decode('latin-1'))}")

    async def answer(self, *, after: bytes = b"") -> None:
        """Accept a client's handshake, with more bytes in the same segment."""
        fields = (await self.head()).decode("latin-1")
        found = re.search(r"(?im)^sec-websocket-key:\s*(\S+)", fields)
        if found is None:
            raise Deviation("the client's handshake has no key")
        self.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept_key(found[1])}\r\n\r\n".encode()
            + after
        )

    async def head(self) -> bytes:
        """Return the next HTTP head."""
        with self._waiting("an HTTP head arrives from the host"):
            try:
                return await self._reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError as error:
                raise Deviation(
                    f"an HTTP head was to arrive, but the connection ended after {error.partial!r}"
                ) from None

    async def frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame."""
        with self._waiting("a frame arrives from the host"):
            try:
                first, second = await self._reader.readexactly(2)
                length = second & 0x7F
                if length == 126:
                    (length,) = struct.unpack("!H", await self._reader.readexactly(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
                mask = await self._reader.readexactly(4) if second & 0x80 else b""
                payload = await self._reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                raise Deviation("a frame was to arrive, but the connection ended") from None
        return first & 0x0F, _masked(payload, mask) if mask else payload

    async def expect_close(self, *codes: int) -> None:
        """Read frames up to a close frame, which must have one of these codes."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if payload else NO_STATUS
                if code not in codes:
                    wanted = " or ".join(map(str, codes))
                    raise Deviation(
                        f"it was to close with {wanted}, but closed with {code}",
                        expected=f"a close frame with {wanted}",
                        actual=f"a close frame with {code}",
                    )
                return


def request(path: str = "/", *fields: str) -> bytes:
    """Return an opening handshake."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *fields,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, mask: bool = True) -> bytes:
    """Return one frame (RFC 6455 section 5.2).

    Args:
        opcode: any four bits.
        payload: not masked yet.
        final: whether its message ends with it.
        mask: whether to mask it, as a client has to.
    """
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        length = bytes([bit | len(payload)])
    elif len(payload) < 65536:
        length = struct.pack("!BH", bit | 126, len(payload))
    else:
        length = struct.pack("!BQ", bit | 127, len(payload))
    head = bytes([(0x80 if final else 0) | opcode]) + length
    return head + (_MASK + _masked(payload, _MASK) if mask else payload)


def as_text(message: str | bytes) -> str:
    """Return the text of a message: hosts send JSON and text in either kind of frame."""
    return message if isinstance(message, str) else message.decode("utf-8", "replace")


def _masked(payload: bytes, mask: bytes) -> bytes:
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(len(payload), "big")


def _kind(message: str | bytes) -> str:
    return "a text" if isinstance(message, str) else "a binary"


def _ending(error: ConnectionClosed) -> str:
    if error.rcvd is None:
        return "the connection ended without a close frame"
    return f"the host closed the connection with {error.rcvd.code}"
