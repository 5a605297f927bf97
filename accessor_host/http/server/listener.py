"""A listening HTTP server: from bound sockets to connections, and back to silence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from ...net.deadlines import TICK, Deadlines
from ...net.flusher import Flusher
from ...net.listening import Listening
from ...net.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...net.hosts import HostLimits
    from ...net.tls.transport import PlainAnswer
    from .connection import HttpConnection
    from .group import HttpGroup
    from .handler import HttpHandler
    from .settings import HttpServerSettings

__all__ = ["MAX_REFUSALS", "HttpListener"]

logger = logging.getLogger("accessor_host.http")

MAX_REFUSALS = 128
"""Clients at a time that get an HTTP 503 or 429; more than these are dropped without an answer."""


class HttpListener:
    """Listen on one port and keep its connections.

    Args:
        handler: takes what happens.
        settings: where to listen, and for whom.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self, handler: HttpHandler, settings: HttpServerSettings, flusher: Flusher | None = None
    ) -> None:
        self.connections: set[HttpConnection] = set()
        """Everything that TCP still connects."""
        self.refusals: Counter[str] = Counter()
        """What clients were refused, by its kind."""
        self.port = Listening(
            settings, _load_plain_on_tls, self.count_refusal, handler.renewal_failed
        )
        """Where connections come from."""
        self._handler = handler
        self._settings = settings
        self._flusher = flusher or Flusher()
        self._group: HttpGroup | None = None
        self._make_connection: Callable[[], HttpConnection] | None = None
        self._refused = 0
        self._hosts: HostLimits | None = None
        self._empty: asyncio.Event | None = None

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return ``(IP address, "IPv4" or "IPv6", port)`` of the first socket while listening."""
        return self.port.address

    async def start(self) -> int:
        """Listen, and return the port; 0 for a Unix socket.

        Raises:
            AccessDeniedError: it may not listen there.
            ListenError: the name cannot be resolved, or the port cannot be bound.
            TlsError: the context for TLS cannot be made.
        """
        # Imported late: it takes the time that a server takes to start.
        from .connection import HttpConnection
        from .group import HttpGroup

        settings, loop = self._settings, asyncio.get_running_loop()
        self._group = HttpGroup(
            self._handler,
            settings,
            self._flusher,
            Deadlines(loop),
            Shares(loop, loop.time),
            loop.time,
            self.refusals,
        )
        self._make_connection = partial(HttpConnection, self._group, self)
        if settings.max_connections_per_host or settings.connection_rate:
            # Imported late: most servers do without.
            from ...net.hosts import HostLimits

            # Kept over a restart: connections of the first start may not be gone yet.
            self._hosts = self._hosts or HostLimits(
                settings.max_connections_per_host, settings.connection_rate, time.monotonic
            )
        port = await self.port.start(self._make_connection)
        if settings.door is not None and self.address is not None:
            settings.door.open(self.address)
        return port

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; no connection is touched."""
        self.port.reload()

    async def stop(self) -> None:
        """Stop listening and end every connection; nothing when not listening.

        Answers that were given before are delivered; requests that wait for one get a 503. Returns
        once every connection is gone, after ``closing_timeout`` at the latest.
        """
        if self._settings.door is not None:
            self._settings.door.close()
        self.port.stop()
        if self._group is not None:
            self._group.is_stopping = True
        for connection in list(self.connections):
            connection.retire()
        if self.connections:
            self._empty = self._empty or asyncio.Event()
            with contextlib.suppress(TimeoutError):
                # Each has its own deadline; this one only guards against a transport that
                # never reports its end.
                await asyncio.wait_for(
                    self._empty.wait(), self._settings.limits.closing_timeout + 20 * TICK
                )
        self._empty = None

    # What its connections say.

    def count_refusal(self, kind: str) -> None:
        """Count that a client was refused something."""
        self.refusals[kind] += 1

    def add(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> None:
        """Take a connection that has its TCP; refuse it, or cut it, when there are too many."""
        limit = self._settings.max_connections
        if limit and len(self.connections) - self._refused >= limit:
            self._refuse(connection, 503, "This server has as many connections as it may have.")
        else:
            proxies = self._settings.proxies
            if proxies is not None and proxies.trusts(connection.remote_host):
                # Each of its requests may be another client's.
                connection.proxy = connection.remote_host, connection.remote_port
            else:
                self._count(connection)
        self.connections.add(connection)
        self.port.look(transport, len(self.connections))
        # A client that was accepted just before the listener stopped comes too late.
        if not self.port.is_accepting or self._is_beyond_answers(connection):
            self._drop(connection)

    def identify(self, connection: HttpConnection, forwarded: str) -> None:
        """Note for which client a trusted proxy sends a request; refuse it when it has too many.

        Args:
            connection: the proxy's.
            forwarded: the fields ``X-Forwarded-For``, joined with commas.
        """
        proxies = self._settings.proxies
        if proxies is None or connection.proxy is None:
            return
        connection.remote_host, connection.remote_port = proxies.client_of(
            *connection.proxy, forwarded
        )
        self._count(connection)
        if self._is_beyond_answers(connection):
            self._drop(connection)

    def release(self, connection: HttpConnection) -> None:
        """Take that the request of a trusted proxy's client needs no answer any more."""
        if connection.proxy is not None:
            connection.remote_host, connection.remote_port = connection.proxy
            self._leave(connection)

    def remove(self, connection: HttpConnection) -> None:
        """Take that a connection is gone, or is another server's now."""
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        if connection.refused:
            self._refused -= 1
        self._leave(connection)
        if self._empty is not None and not self.connections:
            self._empty.set()

    def _leave(self, connection: HttpConnection) -> None:
        if connection.host and self._hosts is not None:
            self._hosts.leave(connection.host)
            connection.host = ""

    def _is_beyond_answers(self, connection: HttpConnection) -> bool:
        return bool(connection.refused) and self._refused > MAX_REFUSALS

    def _drop(self, connection: HttpConnection) -> None:
        self.refusals["dropped"] += 1
        connection.cut()

    def _count(self, connection: HttpConnection) -> None:
        """Count a connection for its host; refuse it when that has too many."""
        # Whoever connects to a Unix socket has no host.
        if self._hosts is None or not connection.remote_host:
            return
        from ...net.hosts import Surplus, host_of

        host = host_of(connection.remote_host)
        surplus = self._hosts.enter(host)
        if surplus is None:
            connection.host = host
        elif surplus is Surplus.RATE:
            self._refuse(connection, 429, "Your address opens connections faster than it may.")
        else:
            self._refuse(connection, 429, "Your address has as many connections as it may have.")

    def _refuse(self, connection: HttpConnection, status: int, text: str) -> None:
        from .answers import plain

        self.refusals[f"HTTP {status}"] += 1
        connection.refused = plain(status, text, retry=10 if status == 503 else 1)
        self._refused += 1


def _load_plain_on_tls() -> PlainAnswer:
    from .answers import plain_on_tls

    return plain_on_tls
