"""Helpers for tests that speak to a real server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from accessor_host.modules.web_socket_server.server import Server

T = TypeVar("T")

TEXT, BINARY, CONT, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA

DEADLINE = 30.0
"""Seconds after which a test gives up waiting; long, for a machine that is busy."""


def run(coroutine: Coroutine[Any, Any, T], timeout: float = DEADLINE) -> T:
    """Run a test in a loop of its own.

    An error that reaches the loop's exception handler, for example out of a protocol, fails it.
    """
    return asyncio.run(_guarded(asyncio.wait_for(coroutine, timeout)))


async def _guarded(coroutine: Coroutine[Any, Any, T]) -> T:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    result = await coroutine
    assert not reported, reported
    return result


class Events:
    """Record what an emitter emits, and wait for it."""

    def __init__(self, emitter: Any, *names: str) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self._arrived = asyncio.Event()
        for name in names:
            emitter.on(name, self._recorder(name))

    def _recorder(self, name: str) -> Callable[..., None]:
        def record(*args: Any) -> None:
            self.seen.append((name, *args))
            self._arrived.set()

        return record

    def of(self, name: str) -> list[Any]:
        """Return the arguments of all events of one name, unpacked when there is only one."""
        found = [args for event, *args in self.seen if event == name]
        return [args[0] if len(args) == 1 else tuple(args) for args in found]

    async def wait(self, name: str, count: int = 1) -> Any:
        """Wait for the n-th event of a name; return the arguments of the last one."""
        async with asyncio.timeout(DEADLINE):
            while len(self.of(name)) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.of(name)[-1]


class Running:
    """A server under test, its events, and its sockets with theirs."""

    def __init__(self, server: Server, answer: Callable[[Any, Any], None] | None) -> None:
        self.server = server
        self.events = Events(server, "listening", "error", "close")
        self.sockets: list[Any] = []
        self.socket_events: list[Events] = []
        self._answer = answer
        self._connected = asyncio.Event()
        server.on("connection", self._connection)

    def _connection(self, sock: Any) -> None:
        self.sockets.append(sock)
        self.socket_events.append(Events(sock, "message", "close", "error"))
        if self._answer is not None:
            sock.on("message", lambda value: self._answer(sock, value))
        self._connected.set()

    async def socket(self, index: int = 0) -> tuple[Any, Events]:
        """Wait for the n-th connection."""
        async with asyncio.timeout(DEADLINE):
            while len(self.sockets) <= index:
                self._connected.clear()
                await self._connected.wait()
        return self.sockets[index], self.socket_events[index]

    @property
    def port(self) -> int:
        """Return the port."""
        address = self.server.address()
        assert address is not None
        return int(address["port"])

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return f"ws://127.0.0.1:{self.port}/"


def echo(sock: Any, value: Any) -> None:
    """Send back what came."""
    sock.send(value)


@contextlib.asynccontextmanager
async def serving(
    answer: Callable[[Any, Any], None] | None = None, **options: Any
) -> AsyncIterator[Running]:
    """Run a server on a free port."""
    server = Server({"port": 0, "hostInterface": "127.0.0.1", **options})
    running = Running(server, answer)
    async with server:
        yield running


class Raw:
    """A client that sends whatever bytes it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, port: int, *, receive_buffer: int | None = None, source: str | None = None
    ) -> Raw:
        """Connect without saying anything; ``source`` is another address of this machine's."""
        sock = socket.socket()
        sock.setblocking(False)
        if source is not None:
            sock.bind((source, 0))
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return cls(*await asyncio.open_connection(sock=sock, limit=2**12))

    @classmethod
    async def open(cls, port: int, first: bytes = b"", **options: Any) -> Raw:
        """Connect and shake hands; ``first`` follows in the same segment as the request."""
        raw = await cls.connect(port, **options)
        raw.send(handshake() + first)
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return raw

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)

    async def frame(self) -> tuple[int, bytes]:
        """Read one frame: opcode and payload."""
        head, length = await self.reader.readexactly(2)
        assert head & 0x80, "the server never fragments"
        assert not length & 0x80, "the server never masks"
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return head & 0x0F, await self.reader.readexactly(length)

    async def close_code(self) -> tuple[int, str]:
        """Read up to the close frame; return its code, 1005 for none, and reason."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                if not payload:
                    return 1005, ""
                return int.from_bytes(payload[:2]), payload[2:].decode()

    async def rest(self) -> bytes:
        """Read up to the end of the stream: what a reset would lose."""
        return await self.reader.read(-1)

    async def hang_up(self) -> None:
        """Wait for the server's end of the stream, without more bytes, and end ours."""
        assert await self.rest() == b""
        self.writer.close()

    def kill(self) -> None:
        """Reset the connection, as a killed process with unread data does."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def __aenter__(self) -> Raw:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def handshake(*extra: str, key: str | None = None) -> bytes:
    """Return a good opening handshake, with more header lines."""
    lines = [
        "GET / HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key or base64.b64encode(bytes(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *extra,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bool = True, rsv: int = 0
) -> bytes:
    """Forge a frame; the mask is all zeros, so that payloads stay readable."""
    head = bytes([(0x80 if fin else 0) | (rsv << 4) | opcode])
    bit = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    return head + (bytes(4) if mask else b"") + payload


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for what happens outside of the loop; the deadline is that of :func:`run`."""
    for _ in iter(is_so, True):
        await asyncio.sleep(0.005)
