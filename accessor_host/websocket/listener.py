"""A listening server: from bound sockets to connections, and back to silence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..net import ports
from ..net.acceptor import Accepting, Crowd, serve
from ..net.addresses import family_name, resolve
from ..net.deadlines import TICK, Deadlines
from ..net.flusher import Flusher
from ..net.shares import Shares
from .close_codes import check_close
from .settings import ServerSettings

if TYPE_CHECKING:
    from ssl import SSLContext

    from ..net.tls.settings import ServerTls
    from .handler import Handler
    from .server_connection import ServerConnection

__all__ = ["MAX_REFUSALS", "Listener"]

logger = logging.getLogger("accessor_host.websocket")

MAX_REFUSALS = 128
"""Clients at a time that get an HTTP 503; more than these are dropped without an answer.

``max_connections`` is to bound what clients can make this process hold, those refused too.
"""

_LOAD_DELAY = 0.01
"""Seconds from when a server listens until the code of its connections is loaded.

Whoever waits for the server hears first that it listens: loading takes 15 ms, for which a client
that comes in between waits. It is not left to the first client, as by then files may be opened no
more.
"""


class Listener:
    """Listen on one port and keep its connections.

    Args:
        handler: takes what happens to connections.
        settings: where to listen, and for whom. Each start reads the files of its TLS again, so
            that a renewed certificate is found.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self, handler: Handler, settings: ServerSettings, flusher: Flusher | None = None
    ) -> None:
        self.connections: set[ServerConnection] = set()
        """Everything that TCP still connects, open or not."""
        self.refusals: Counter[str] = Counter()
        """What clients were refused, by its kind."""
        self.origins = settings.allowed_origins
        """Origins that may connect; None admits all."""
        self.path = settings.path
        """The one path that is served, without query; None is any."""
        self.subprotocols = settings.subprotocols
        """Subprotocols that are spoken, the preferred first."""
        self.verifier = settings.verifier
        """Decides on each client; None admits all."""
        self._handler = handler
        self._settings = settings
        self._flusher = flusher or Flusher()
        self._make_connection: Callable[[], ServerConnection] | None = None
        self._servers: list[Accepting] = []
        self._crowd: Crowd | None = None
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
            AccessDeniedError: it may not listen there.
            ListenError: the name cannot be resolved, or the port cannot be bound.
            TlsError: the context for TLS cannot be made.
            RuntimeError: already listening.
        """
        if self._servers:
            raise RuntimeError("this listener is listening already")
        loop, settings = asyncio.get_running_loop(), self._settings
        # Before anything is awaited: claims are counted in the order of the starts.
        claim = ports.ports.claim(settings.host, settings.port)
        context = None if settings.tls is None else await _context(settings.tls)
        addresses = await resolve(settings.host, settings.port)
        if settings.permit is not None:
            found = [address for _, address in addresses]
            settings.permit.check_listen(settings.host, settings.port, found)
        sockets = await claim.bind(addresses)
        self._claim = claim
        self._make_connection = None  # of another start, perhaps in another loop
        try:
            for sock in sockets:
                self._servers.append(await self._serve(loop, sock, context))
        except BaseException:
            self._stop_accepting()
            for sock in sockets:
                sock.close()
            raise
        loop.call_later(_LOAD_DELAY, _load_connections)
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
                await asyncio.wait_for(
                    self._empty.wait(), self._settings.limits.closing_timeout + 20 * TICK
                )
        self._empty = None

    async def _serve(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        context: SSLContext | None,
    ) -> Accepting:
        make_protocol: Callable[[], asyncio.Protocol] = self._accept
        if context is not None:
            # Imported late: servers without TLS do without.
            from ..net.tls.transport import SecureTransport
            from .plain_http import plain_on_tls

            def make_protocol() -> SecureTransport:
                return SecureTransport(context, self._accept(), plain_on_tls)

        self._crowd = self._crowd or Crowd(loop.time)
        return await serve(loop, sock, make_protocol, self._crowd)

    def _accept(self) -> ServerConnection:
        if self._make_connection is None:
            # Not loaded yet, when this is one of the first.
            from .group import ConnectionGroup
            from .server_connection import ServerConnection

            loop = asyncio.get_running_loop()
            group = ConnectionGroup(
                self._handler,
                self._settings.limits,
                self._flusher,
                Deadlines(loop),
                Shares(loop, loop.time),
                loop.time,
                self.refusals,
            )
            self._make_connection = partial(ServerConnection, group, self)
        return self._make_connection()

    # What its connections say.

    def add(self, connection: ServerConnection, transport: asyncio.BaseTransport) -> None:
        """Take a connection that has its TCP; refuse it, or cut it, when there are too many."""
        limit = self._settings.max_connections
        if limit and len(self.connections) - self._refused >= limit:
            connection.refused = True
            self._refused += 1
        self.connections.add(connection)
        if self._crowd is not None:
            self._crowd.look(transport, len(self.connections))
        # A client that was accepted just before the listener stopped comes too late.
        if not self._servers or self._refused > MAX_REFUSALS:
            self.refusals["dropped"] += 1
            connection.abort()

    def remove(self, connection: ServerConnection) -> None:
        """Take that the TCP of a connection is gone."""
        self.connections.discard(connection)
        if connection.refused:
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


async def _context(settings: ServerTls) -> SSLContext:
    # Imported late: servers without TLS do without.
    from ..net.tls.contexts import server_context

    # In a thread: it reads files.
    return await asyncio.to_thread(server_context, settings)


def _load_connections() -> None:
    from . import server_connection  # noqa: F401
