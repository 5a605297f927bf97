"""The connections of a client: how many there are, who gets one, and which are kept."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ...errors import AccessDeniedError, TlsError
from ...net.connect import connect
from ...net.deadlines import Deadlines
from ...net.flusher import Flusher
from ...net.shares import Shares
from .connection import ClientConnection
from .exchange import Exchange
from .failures import RequestError, connect_failure
from .roles import Origin
from .settings import ClientLimits, Request

if TYPE_CHECKING:
    from ssl import SSLContext

    from ...net.permits import ConnectPermit
    from ...net.proxies import Proxy
    from ...net.tls.settings import ClientTls

__all__ = ["Pool"]

_MAX_CONTEXTS = 16
"""TLS contexts that are kept: a script has one or two kinds of trust."""


class _Connections:
    """Those of one origin, and who waits for one."""

    __slots__ = ("count", "idle", "waiting")

    def __init__(self) -> None:
        self.count = 0
        self.idle: list[ClientConnection] = []
        self.waiting: deque[Exchange] = deque()


class Pool:
    """The connections of one client.

    Args:
        loop: the running event loop.
        flusher: writes once in each iteration of the loop.
        limits: how many there may be.
        permit: decides where to connect; None is anywhere.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        flusher: Flusher,
        limits: ClientLimits,
        permit: ConnectPermit | None,
    ) -> None:
        self.flusher = flusher
        self.shares = Shares(loop, loop.time)
        self.limits = limits
        self.held = 0
        """Bytes of answers that are not with their handlers yet."""
        self._loop = loop
        self._permit = permit
        self._deadlines = Deadlines(loop)
        self._origins: dict[Origin, _Connections] = {}
        self._count = 0
        self._queued = 0
        self._dialing: dict[ClientConnection, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._contexts: dict[ClientTls, SSLContext] = {}

    @property
    def connections(self) -> int:
        """Count the connections, idle ones too."""
        return self._count

    @property
    def idle(self) -> int:
        """Count those that nobody uses."""
        return sum(len(one.idle) for one in self._origins.values())

    @property
    def queued(self) -> int:
        """Count the requests that wait for a connection."""
        return self._queued

    def submit(self, exchange: Exchange, *, again: bool = False) -> None:
        """Find a connection for a request, or let it wait.

        Args:
            exchange: the request.
            again: whether it follows a redirect, in the time of the first.
        """
        if not again:
            now = self._loop.time()
            exchange.whole = now + exchange.request.settings.timeout
        self._deadlines.set(exchange, exchange.whole)
        origin = _origin(exchange.request)
        connections = self._origins.setdefault(origin, _Connections())
        if not connections.waiting and self._serve(origin, connections, exchange):
            return
        if self._queued >= self.limits.max_queued:
            error = f"{exchange.request.url}: {self.limits.max_queued} requests wait already"
            self._loop.call_soon(exchange.fail, RequestError("HTTP_QUEUE_FULL", error))
            return
        connections.waiting.append(exchange)
        self._queued += 1

    def repeat(self, exchange: Exchange) -> None:
        """Send a request once more that a kept connection has not taken any more."""
        exchange.is_retried = True
        exchange.connection = None
        self.submit(exchange, again=True)

    def drop(self, exchange: Exchange) -> None:
        """Take a request away from its connection, or from those that wait."""
        connection = cast("ClientConnection | None", exchange.connection)
        exchange.connection = None
        if connection is None:
            connections = self._origins.get(_origin(exchange.request))
            if connections is not None and exchange in connections.waiting:
                connections.waiting.remove(exchange)
                self._queued -= 1
                self._tidy(_origin(exchange.request), connections)
            return
        task = self._dialing.pop(connection, None)
        if task is not None:
            task.cancel()
        if not connection.is_gone:
            connection.abort()
            self.forget(connection)

    def settle(self, exchange: Exchange) -> None:
        """Take that a request is over."""
        self._deadlines.forget(exchange)

    def extend(self, exchange: Exchange) -> None:
        """Give a request whose answer comes in pieces its time once more."""
        exchange.whole = self._loop.time() + exchange.request.settings.timeout
        self._deadlines.set(exchange, exchange.whole)

    def connected(self, exchange: Exchange) -> None:
        """Take that a request has its connection."""
        self._deadlines.set(exchange, exchange.whole)

    def give_back(self, connection: ClientConnection) -> None:
        """Take a connection that may serve another request."""
        connections = self._origins[connection.origin]
        while connections.waiting:
            exchange = connections.waiting.popleft()
            self._queued -= 1
            exchange.connection = connection
            connection.start(exchange)
            return
        connections.idle.append(connection)
        self._deadlines.set(connection, self._loop.time() + self.limits.idle)
        if self._queued:
            # Others wait for room in all.
            self._loop.call_soon(self._serve_waiting)

    def forget(self, connection: ClientConnection) -> None:
        """Take that a connection is of no use any more."""
        connections = self._origins[connection.origin]
        connections.count -= 1
        self._count -= 1
        if connection in connections.idle:
            connections.idle.remove(connection)
        self._deadlines.forget(connection)
        self._tidy(connection.origin, connections)
        if self._queued:
            self._loop.call_soon(self._serve_waiting)

    def explain(self, exchange: Exchange, error: OSError) -> RequestError:
        """Say why a connection has ended, or could not be made."""
        return connect_failure(str(exchange.request.url), error, _tls(exchange.request))

    async def close(self) -> None:
        """Cut every connection; nobody hears of it."""
        for connections in list(self._origins.values()):
            connections.waiting.clear()
            for connection in list(connections.idle):
                connection.abort()
                self.forget(connection)
        self._queued = 0
        self._deadlines.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        # In the next iteration their sockets are closed: whoever waits for us can rely on it.
        await asyncio.sleep(0)

    def _tidy(self, origin: Origin, connections: _Connections) -> None:
        if not connections.count and not connections.waiting:
            self._origins.pop(origin, None)

    def _serve_waiting(self) -> None:
        for origin, connections in list(self._origins.items()):
            while connections.waiting:
                exchange = connections.waiting[0]
                if not self._serve(origin, connections, exchange):
                    break
                connections.waiting.popleft()
                self._queued -= 1

    def _serve(self, origin: Origin, connections: _Connections, exchange: Exchange) -> bool:
        """Give a request a connection; return whether there is one for it."""
        settings = exchange.request.settings
        if settings.keep_alive and connections.idle and not exchange.is_retried:
            connection = connections.idle.pop()
            self._deadlines.forget(connection)
            exchange.connection = connection
            connection.start(exchange)
            return True
        if connections.count >= self.limits.max_per_origin and connections.idle:
            self._end_idle(connections)
        if connections.count >= self.limits.max_per_origin:
            return False
        if self._count >= self.limits.max_connections:
            spare = next((one for one in self._origins.values() if one.idle), None)
            if spare is None:
                return False
            self._end_idle(spare)
        # What is dropped above may have been the last of its origin.
        self._origins[origin] = connections
        connections.count += 1
        self._count += 1
        self._dial(origin, exchange)
        return True

    def _end_idle(self, connections: _Connections) -> None:
        connection = connections.idle[0]
        connection.abort()
        self.forget(connection)

    def _dial(self, origin: Origin, exchange: Exchange) -> None:
        connection = ClientConnection(self, origin)
        connection.exchange = exchange
        exchange.connection = connection
        limit = self._loop.time() + exchange.request.settings.connect_timeout
        self._deadlines.set(exchange, min(exchange.whole, limit))
        task = self._loop.create_task(self._connect(connection, exchange))
        self._dialing[connection] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, connection: ClientConnection, exchange: Exchange) -> None:
        request, make = exchange.request, _giver(connection)
        url, tls = request.url, _tls(request)
        error: Exception
        try:
            await connect(
                self._loop,
                make,
                url.host,
                url.port,
                await self._context(tls),
                self._permit,
                proxy=self._find_proxy(request),
            )
        except (AccessDeniedError, TlsError, RequestError) as failure:
            error = failure
        except (OSError, ValueError) as failure:
            error = connect_failure(str(url), failure, tls)
        except asyncio.CancelledError:
            connection.abort()
            raise
        else:
            self._dialing.pop(connection, None)
            return
        self._dialing.pop(connection, None)
        if not connection.is_gone:
            connection.abort()
            self.forget(connection)
            exchange.fail(error)

    async def _context(self, tls: ClientTls | None) -> SSLContext | None:
        if tls is None:
            return None
        context = self._contexts.get(tls)
        if context is None:
            # Imported late: requests without TLS do without.
            from ...net.tls.contexts import client_context

            # In a thread: it reads files.
            context = await self._loop.run_in_executor(None, client_context, tls)
            # A file that is named may be replaced: it is read for each connection.
            if not tls.authorities and len(self._contexts) < _MAX_CONTEXTS:
                self._contexts[tls] = context
        return context

    def _find_proxy(self, request: Request) -> Proxy | None:
        choice = request.settings.proxy
        if not choice and not any(name.lower().endswith("_proxy") for name in os.environ):
            return None
        # Imported late: few have a proxy.
        from ...net.proxies import ProxyError, find_proxy

        url = request.url
        try:
            return find_proxy(choice, url.host, url.port, secure=url.scheme == "https")
        except (ProxyError, ValueError) as error:
            raise RequestError("HTTP_BAD_PROXY", f"could not connect to {url}: {error}") from None


def _giver(connection: ClientConnection) -> Callable[[], ClientConnection]:
    return lambda: connection


def _origin(request: Request) -> Origin:
    url, settings = request.url, request.settings
    return Origin(
        url.scheme, url.host, url.port, settings.proxy, settings.trust_all, settings.authorities
    )


def _tls(request: Request) -> ClientTls | None:
    if request.url.scheme != "https":
        return None
    from ...net.tls.settings import ClientNames, ClientTls

    names = ClientNames("trustAll", "trustedCACertPath", "http", "https")
    return ClientTls(request.settings.trust_all, request.settings.authorities, names)
