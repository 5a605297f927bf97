"""A listening server: from bound sockets to connections, and back to silence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..net.deadlines import TICK, Deadlines
from ..net.flusher import Flusher
from ..net.listening import Listening
from ..net.shares import Shares
from .close_codes import check_close
from .settings import ServerSettings

if TYPE_CHECKING:
    from websockets.http11 import Response

    from ..net.handover import Guest
    from ..net.hosts import HostLimits
    from ..net.tls.transport import PlainAnswer
    from .handler import Handler, StartError
    from .server_connection import ServerConnection

__all__ = ["MAX_REFUSALS", "Listener"]

logger = logging.getLogger("accessor_host.websocket")

MAX_REFUSALS = 128
"""Clients at a time that get an HTTP 503 or 429; more than these are dropped without an answer.

``max_connections`` and the limits of one host are to bound what clients can make this process
hold, those refused too.
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
        settings: where to listen, and for whom. Files of its TLS are read at each start, and when
            a handshake comes after they have changed.
        flusher: shared with others; None makes one.
        renewal_failed: takes why files of TLS that have changed cannot be used, while those that
            were read before go on; None logs it.
    """

    def __init__(
        self,
        handler: Handler,
        settings: ServerSettings,
        flusher: Flusher | None = None,
        renewal_failed: Callable[[StartError], None] | None = None,
    ) -> None:
        self.connections: set[ServerConnection] = set()
        """Everything that TCP still connects, open or not."""
        self.refusals: Counter[str] = Counter()
        """What clients were refused, by its kind."""
        self.origins = settings.allowed_origins
        """Origins that may connect; None admits all."""
        self.health_path = settings.health_path
        """Path on which plain HTTP is told that the server listens; empty for none."""
        self.path = settings.path
        """The one path that is served, without query; None is any."""
        self.subprotocols = settings.subprotocols
        """Subprotocols that are spoken, the preferred first."""
        self.verifier = settings.verifier
        """Decides on each client; None admits all."""
        self.port: Listening | Guest = settings.guest or Listening(
            settings, _load_plain_on_tls, self.count_refusal, renewal_failed or _log_failure
        )
        """Where connections come from: sockets of its own, or another server."""
        self._handler = handler
        self._settings = settings
        self._flusher = flusher or Flusher()
        self._make_connection: Callable[[], ServerConnection] | None = None
        self._refused = 0
        self._hosts: HostLimits | None = None
        self._empty: asyncio.Event | None = None

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return ``(IP address, "IPv4" or "IPv6", port)`` of the first socket while listening.

        For a Unix socket it is ``(path, "unix", 0)``.
        """
        return self.port.address

    async def start(self) -> int:
        """Listen.

        Returns:
            The port; 0 for a Unix socket.

        Raises:
            AccessDeniedError: it may not listen there.
            ListenError: the name cannot be resolved, or the port cannot be bound.
            TlsError: the context for TLS cannot be made.
            RuntimeError: already listening.
        """
        settings = self._settings
        port = await self.port.start(self._accept)
        self._make_connection = None  # of another start, perhaps in another loop
        if settings.max_connections_per_host or settings.connection_rate:
            # Imported late: most servers do without.
            from ..net.hosts import HostLimits

            # Kept over a restart: connections of the first start may not be gone yet.
            self._hosts = self._hosts or HostLimits(
                settings.max_connections_per_host, settings.connection_rate, time.monotonic
            )
        asyncio.get_running_loop().call_later(_LOAD_DELAY, _load_connections)
        return port

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; no connection is touched."""
        self.port.reload()

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
        self.port.stop()
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

    # What its connections say, and its owner.

    def count_refusal(self, kind: str) -> None:
        """Count that a client was refused something."""
        self.refusals[kind] += 1

    def add(self, connection: ServerConnection, transport: asyncio.BaseTransport) -> None:
        """Take a connection that has its TCP; refuse it, or cut it, when there are too many."""
        limit = self._settings.max_connections
        proxies = self._settings.proxies
        if limit and len(self.connections) - self._refused >= limit:
            from .plain_http import overloaded

            self._refuse(connection, overloaded)
        elif proxies is None or not proxies.trusts(connection.remote_host):
            self._count(connection)
        self.connections.add(connection)
        self.port.look(transport, len(self.connections))
        # A client that was accepted just before the listener stopped comes too late.
        if not self.port.is_accepting or self._is_beyond_answers(connection):
            self._drop(connection)

    def identify(self, connection: ServerConnection, forwarded: str) -> None:
        """Note the address of the client that a trusted proxy speaks for; refuse it if need be.

        Args:
            connection: has sent a request, and is not refused yet.
            forwarded: its fields ``X-Forwarded-For``, joined with commas.
        """
        proxies, peer = self._settings.proxies, connection.remote_host
        if proxies is not None and proxies.trusts(peer):
            connection.remote_host, connection.remote_port = proxies.client_of(
                peer, connection.remote_port, forwarded
            )
            self._count(connection)
            if self._is_beyond_answers(connection):
                self._drop(connection)

    def remove(self, connection: ServerConnection) -> None:
        """Take that the TCP of a connection is gone."""
        self.connections.discard(connection)
        if connection.refused:
            self._refused -= 1
        if connection.host and self._hosts is not None:
            self._hosts.leave(connection.host)
        if self._empty is not None and not self.connections:
            self._empty.set()

    def _count(self, connection: ServerConnection) -> None:
        """Count a connection for its host, which is known; refuse it when that has too many."""
        # Whoever connects to a Unix socket has no host.
        if self._hosts is None or not connection.remote_host:
            return
        from ..net.hosts import Surplus, host_of
        from .plain_http import too_fast, too_many

        host = host_of(connection.remote_host)
        surplus = self._hosts.enter(host)
        if surplus is None:
            connection.host = host
        else:
            self._refuse(connection, too_fast if surplus is Surplus.RATE else too_many)

    def _refuse(self, connection: ServerConnection, answer: Callable[[], Response]) -> None:
        connection.refused = answer
        self._refused += 1

    def _is_beyond_answers(self, connection: ServerConnection) -> bool:
        return connection.refused is not None and self._refused > MAX_REFUSALS

    def _drop(self, connection: ServerConnection) -> None:
        self.refusals["dropped"] += 1
        connection.abort()


def _log_failure(error: StartError) -> None:
    logger.error("the certificate stays as it was: %s", error)


def _load_plain_on_tls() -> PlainAnswer:
    from .plain_http import plain_on_tls

    return plain_on_tls


def _load_connections() -> None:
    from . import server_connection  # noqa: F401
