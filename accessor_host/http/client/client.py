"""A client of HTTP/1.1: requests, and whoever hears of their answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...net.flusher import Flusher
from .exchange import Exchange
from .pool import Pool
from .settings import ClientLimits, Request, ResponseHandler

if TYPE_CHECKING:
    from ...net.permits import ConnectPermit

__all__ = ["Client"]


class Client:
    """A client with its connections.

    Args:
        loop: the running event loop.
        flusher: shared with others; None makes one.
        limits: for all requests together.
        permit: decides where to connect, redirects included; None is anywhere.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        flusher: Flusher | None = None,
        limits: ClientLimits | None = None,
        permit: ConnectPermit | None = None,
    ) -> None:
        self.pool = Pool(loop, flusher or Flusher(), limits or ClientLimits(), permit)
        """The connections."""

    def send(self, request: Request, handler: ResponseHandler) -> Exchange:
        """Make a request.

        Args:
            request: what is asked.
            handler: hears of the answer, not before this returns.

        Returns:
            What stops it.
        """
        exchange = Exchange(self.pool, request, handler)
        self.pool.submit(exchange)
        return exchange

    async def close(self) -> None:
        """Cut all connections; no handler hears of it."""
        await self.pool.close()
