"""One TCP connection with a host, byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct

from ..deviation import Deviation, Waiting, other_value
from ..values import show

__all__ = ["READ_SIZE", "TcpPeer"]

READ_SIZE = 65536


class TcpPeer:
    """One TCP connection with a host, with TLS or without, for any bytes.

    Args:
        waiting: says what is being waited for.
        reader: what comes.
        writer: what goes.
    """

    def __init__(
        self, waiting: Waiting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._waiting = waiting
        self._reader = reader
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Send bytes as they are, without waiting."""
        self._writer.write(data)

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until the host takes them."""
        self.write(data)
        with self._waiting("the host reads what it is sent"):
            await self._writer.drain()

    async def receive(self, size: int, what: str = "") -> bytes:
        """Return the next bytes.

        Args:
            size: how many.
            what: what they are, for the reason of a failure.
        """
        wanted = what or f"{size} bytes"
        arrive, were = ("arrives", "was") if what else ("arrive", "were")
        with self._waiting(f"{wanted} {arrive} from the host"):
            try:
                return await self._reader.readexactly(size)
            except asyncio.IncompleteReadError as error:
                came: object = error.partial
            except ConnectionResetError:
                came = "a reset"
        raise Deviation(f"{wanted} {were} to arrive, but the connection ended after {show(came)}")

    async def expect(self, data: bytes) -> None:
        """Receive bytes, which must be these, however they are cut."""
        actual = await self.receive(len(data))
        if actual != data:
            raise other_value(data, actual)

    async def until(self, mark: bytes, what: str = "") -> bytes:
        """Return all bytes up to the end of a mark.

        Args:
            mark: what ends them.
            what: what they are, for the reason of a failure.
        """
        wanted = what or repr(mark)
        with self._waiting(f"{wanted} arrives from the host"):
            try:
                return await self._reader.readuntil(mark)
            except asyncio.IncompleteReadError as error:
                came: object = error.partial
            except ConnectionResetError:
                came = "a reset"
        raise Deviation(f"{wanted} was to arrive, but the connection ended after {show(came)}")

    async def body(self) -> bytes:
        """Return all bytes up to the end of the connection."""
        with self._waiting("the host ends the connection"):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""

    async def some(self) -> bytes:
        """Return what comes next, or nothing when the host hangs up."""
        with self._waiting("the host answers, or hangs up"):
            try:
                return await self._reader.read(READ_SIZE)
            except ConnectionResetError:
                return b""

    async def ended(self) -> None:
        """Wait until the host ends the connection; nothing must come before."""
        if data := await self.body():
            raise Deviation(f"the connection was to end, but {show(data)} arrived")

    async def finish(self) -> None:
        """Take all that comes up to the end, and then end too, as a client in order does."""
        await self.body()
        self.end()

    def half_close(self) -> None:
        """Say that nothing more will come, and go on reading."""
        self._writer.write_eof()

    def end(self) -> None:
        """Say that nothing more will come, and hang up."""
        self._writer.close()

    def cut(self) -> None:
        """Drop the connection, without what is still to be sent."""
        self._writer.transport.abort()

    def reset(self) -> None:
        """Reset the connection, as a machine does that has crashed."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.cut()

    @property
    def address(self) -> tuple[str, int]:
        """Address and port of the host's end."""
        host, port, *_ = self._writer.get_extra_info("peername")
        return host, port

    @property
    def own_port(self) -> int:
        """Port of this end."""
        port: int = self._writer.get_extra_info("sockname")[1]
        return port
