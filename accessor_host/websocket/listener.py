"""A listening server: from bound sockets to connections, and back to silence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from ..net import ports
from ..net.addresses import BACKLOG, family_name, resolve
from ..net.deadlines import TICK, Deadlines
from ..net.flusher import Flusher
from . import preparation
from .close_codes import check_close
from .limits import Limits
from .shared import Handler, Shared

if TYPE_CHECKING:
    import ssl as tls

    from .connection import Connection
    from .server_connection import ServerConnection

__all__ = ["MAX_REFUSALS", "Listener"]

logger = logging.getLogger("accessor_host.websocket")

MAX_REFUSALS = 128
"""Clients at a time that get an HTTP 503; more than these are dropped without an answer.

``max_connections`` is to bound what clients can make this process hold, those refused too.
"""


class Listener:
    """Listen on one port and keep its connections.

    Args:
        handler: takes what happens to connections.
        host: name or IP address of the interface; ``"localhost"`` is both loopback addresses.
        port: TCP port; 0 takes any free one.
        limits: for each connection.
        allowed_origins: origins that may connect; None admits every client.
        max_connections: clients at a time, in their handshake or open; 0 is no limit.
        ssl: makes the context for TLS; None speaks plain text. Each start calls it, in a thread
            because it may read files, so that a renewed certificate is found.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        host: str,
        port: int,
        limits: Limits,
        allowed_origins: Sequence[str] | None = None,
        max_connections: int = 0,
        ssl: Callable[[], tls.SSLContext | None] | None = None,
        flusher: Flusher | None = None,
    ) -> None:
        self.connections: set[Connection] = set()
        """Everything that TCP still connects, open or not."""
        self._handler = handler
        self._host = host
        self._port = port
        self._limits = limits
        self._origins = None if allowed_origins is None else list(allowed_origins)
        self._max_connections = max_connections
        self._ssl = ssl
        self._flusher = flusher or Flusher()
        self._servers: list[asyncio.Server] = []
        self._claim: ports.Claim | None = None
        self._address: tuple[str, str, int] | None = None
        self._refused = 0
        self._empty: asyncio.Event | None = None

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return ``(IP address, "IPv4" or "IPv6", port)`` of the first socket while listening."""
        return self._address

    async def start(self) -> int:
        """Listen.

        Returns:
            The port.

        Raises:
            ListenError: the name cannot be resolved, or the port cannot be bound.
            TlsError: the context for TLS cannot be made.
            RuntimeError: already listening.
        """
        if self._servers:
            raise RuntimeError("this listener is listening already")
        loop = asyncio.get_running_loop()
        # Before anything is awaited: claims are counted in the order of the starts.
        claim = ports.ports.claim(self._host, self._port)
        context = None if self._ssl is None else await asyncio.to_thread(self._ssl)
        addresses = await resolve(self._host, self._port)
        sockets = await claim.bind(addresses)
        self._claim = claim
        shared = Shared(
            self._handler,
            self._limits,
            self._flusher,
            Deadlines(loop),
            loop.time,
            self._made,
            self._lost,
        )
        try:
            for sock in sockets:
                self._servers.append(await self._serve(loop, sock, shared, context))
        except BaseException:
            self._stop_accepting()
            for sock in sockets:
                sock.close()
            raise
        loop.call_later(preparation.DELAY, preparation.prepare)
        host, port = sockets[0].getsockname()[:2]
        self._address = (host, family_name(sockets[0].family), port)
        logger.debug("listening on %s", [sock.getsockname()[:2] for sock in sockets])
        return int(port)

    async def stop(self, code: int = 1001, reason: str = "") -> None:
        """Stop listening and close every connection; nothing when not listening.

        Messages that were sent before are delivered. Returns once every connection is gone,
        after ``closing_timeout`` at the latest.

        Args:
            code: close code for open connections, 1001 "going away" unless told otherwise.
            reason: close reason.

        Raises:
            ValueError: code or reason may not be sent.
        """
        check_close(code, reason)
        self._stop_accepting()
        for connection in list(self.connections):
            if connection.is_open:
                connection.close(code, reason)
            elif connection.is_opening:
                connection.abort()
        if self.connections:
            self._empty = self._empty or asyncio.Event()
            with contextlib.suppress(TimeoutError):
                # Each has its own deadline; this one only guards against a transport that
                # never reports its end.
                await asyncio.wait_for(self._empty.wait(), self._limits.closing_timeout + 20 * TICK)
        self._empty = None

    async def _serve(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        shared: Shared,
        context: tls.SSLContext | None,
    ) -> asyncio.Server:
        accept = partial(self._accept, shared)
        if context is None:
            return await loop.create_server(accept, sock=sock, backlog=BACKLOG)
        # Imported late: servers without TLS do without.
        from ..net.tls.transport import SecureTransport

        return await loop.create_server(
            lambda: SecureTransport(context, accept()), sock=sock, backlog=BACKLOG
        )

    def _accept(self, shared: Shared) -> ServerConnection:
        # Not prepared yet, when this is one of the first.
        from .server_connection import ServerConnection

        return ServerConnection(shared, self._origins)

    def _made(self, connection: Connection) -> None:
        limit = self._max_connections
        if limit and len(self.connections) - self._refused >= limit:
            cast("ServerConnection", connection).refused = True
            self._refused += 1
        self.connections.add(connection)
        # A client that was accepted just before the listener stopped comes too late.
        if not self._servers or self._refused > MAX_REFUSALS:
            connection.abort()

    def _lost(self, connection: Connection) -> None:
        self.connections.discard(connection)
        if cast("ServerConnection", connection).refused:
            self._refused -= 1
        if self._empty is not None and not self.connections:
            self._empty.set()

    def _stop_accepting(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        self._address = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None
