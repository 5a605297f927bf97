"""A UDP socket of the kit's."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from ..deviation import Deviation, Waiting, other_value

__all__ = ["Datagram", "UdpPeer"]


@dataclass(frozen=True)
class Datagram:
    """What came in one datagram.

    Args:
        data: its bytes.
        host: address that it came from.
        port: port that it came from.
    """

    data: bytes
    host: str
    port: int


class UdpPeer(asyncio.DatagramProtocol):
    """A UDP socket that is bound to a port of the kit's.

    Args:
        waiting: says what is being waited for.
    """

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._datagrams: asyncio.Queue[Datagram] = asyncio.Queue()

    async def bind(self, host: str, port: int) -> None:
        """Begin.

        Args:
            host: address to receive on.
            port: UDP port; 0 takes a free one.
        """
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind((host, port))
        except BaseException:
            self._socket.close()
            raise
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take a datagram."""
        self._datagrams.put_nowait(Datagram(data, addr[0], addr[1]))

    def send(self, data: bytes, port: int, host: str = "127.0.0.1") -> None:
        """Send a datagram.

        Args:
            data: its bytes, which may be none.
            port: where it goes.
            host: where it goes.
        """
        # Not through asyncio, which sends no empty datagrams before Python 3.13.
        self._socket.sendto(data, (host, port))

    async def receive(self) -> Datagram:
        """Return the next datagram."""
        with self._waiting("a datagram arrives from the host"):
            return await self._datagrams.get()

    async def expect(self, *several: bytes) -> None:
        """Receive datagrams, which must have these bytes."""
        for data in several:
            actual = (await self.receive()).data
            if actual != data:
                raise other_value(data, actual)

    def expect_nothing_more(self) -> None:
        """Say so if a datagram has come that nobody has taken."""
        if not self._datagrams.empty():
            raise Deviation(f"nothing was to arrive, but {self._datagrams.get_nowait().data!r} did")

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        port: int = self._socket.getsockname()[1]
        return port

    def close(self) -> None:
        """Give the port back."""
        self._transport.abort()
