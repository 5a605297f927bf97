"""A server on raw sockets: what it says to each request is for the test to say, byte by byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from itertools import count

from . import tcp

__all__ = ["Peer", "answer", "serving"]

Respond = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One request of a client, and the connection that it came on."""

    def __init__(
        self,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        log: list[str],
    ) -> None:
        self.number = number
        """Which connection it is, from 0."""
        self.reader = reader
        self.writer = writer
        self.head = ""
        self.body = b""
        self.log = log
        """The first line of each request, of all connections."""

    @property
    def path(self) -> str:
        """What is asked for."""
        return self.head.split(" ")[1]

    def field(self, name: str) -> str | None:
        """Return the value of a field of the request."""
        for line in self.head.split("\r\n")[1:]:
            known, _, value = line.partition(":")
            if known.lower() == name.lower():
                return value.strip()
        return None

    async def read(self) -> bool:
        """Read a request; return whether there is one."""
        try:
            self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.body = await self.reader.readexactly(int(self.field("Content-Length") or 0))
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        self.log.append(self.head.split("\r\n")[0])
        return True

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    async def gone(self) -> None:
        """Wait until the client has ended the connection."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass

    def reset(self) -> None:
        """Cut TCP, with a reset if the client has sent something that was not read."""
        self.writer.transport.abort()


def answer(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    """Return a good answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def serving(
    respond: Respond, *, context: ssl.SSLContext | None = None, log: list[str] | None = None
) -> AbstractAsyncContextManager[int]:
    """Serve on the loopback address, and give the port."""
    numbers = count()
    lines = [] if log is None else log

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(numbers)
        while await (peer := Peer(number, reader, writer, lines)).read():
            await respond(peer)
            if writer.is_closing():
                break

    return tcp.serving(serve, context=context)
