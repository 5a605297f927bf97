"""A port of the kit's, for the client of a held script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from ssl import SSLContext
from typing import Generic, TypeVar

from ..deviation import Waiting
from .tcp import TcpPeer

__all__ = ["Listener"]

Peer = TypeVar("Peer", bound=TcpPeer)


class Listener(Generic[Peer]):
    """Who connects to a port, one after another.

    Args:
        waiting: says what is being waited for.
        make: makes the peer of a connection.
    """

    def __init__(
        self,
        waiting: Waiting,
        make: Callable[[Waiting, asyncio.StreamReader, asyncio.StreamWriter], Peer],
    ) -> None:
        self._waiting = waiting
        self._make = make
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._stack = AsyncExitStack()
        self._is_closed = False
        self.count = 0
        """How many clients have connected."""

    async def listen(self, host: str, port: int, context: SSLContext | None = None) -> None:
        """Begin.

        Args:
            host: address to listen on.
            port: TCP port.
            context: for TLS.
        """
        self._server = await asyncio.start_server(self._take, host, port, ssl=context)

    # No coroutine: a client that connects while the trial ends must not find it ended.
    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_closed:
            writer.transport.abort()
            return
        # Holds the writer: one that nobody holds closes its connection.
        self._stack.callback(lambda: writer.transport.abort())
        self.count += 1
        self._peers.put_nowait(self._make(self._waiting, reader, writer))

    async def accept(self) -> Peer:
        """Return the next client."""
        with self._waiting("the client connects"):
            return await self._peers.get()

    def close(self) -> None:
        """Listen no more; who is connected stays."""
        self._server.close()

    async def end(self) -> None:
        """Listen no more, and cut all connections."""
        self._is_closed = True
        self._server.close()
        await self._stack.aclose()
