"""A server over time: where it listens, and its connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from ...errors import AccessDeniedError, ListenError, TlsError
from ...net import ports
from ...net.acceptor import Accepting, Crowd, serve
from ...net.addresses import resolve
from ...net.deadlines import TICK
from .connection import CLOSING_TIMEOUT, Connection, Group

if TYPE_CHECKING:
    from ...net.permits import ListenPermit
    from ...net.tls.renewal import Renewal
    from ...net.tls.settings import ServerTls

__all__ = ["HANDSHAKE_TIMEOUT", "Server", "ServerOwner", "ServerSettings", "StartError"]

logger = logging.getLogger("accessor_host.socket")

HANDSHAKE_TIMEOUT = 10.0
"""Seconds that a client has for its TLS handshake; then TCP is cut."""

StartError: TypeAlias = "AccessDeniedError | ListenError | TlsError"
"""Why a server cannot listen."""


class ServerSettings(NamedTuple):
    """Where to listen, and for whom.

    Args:
        host: interface.
        port: TCP port; 0 takes any free one.
        max_connections: clients at a time; further ones are dropped. 0 is no limit.
        tls: key and certificates; None speaks plain text.
        permit: decides where to listen; None is anywhere.
    """

    host: str
    port: int
    max_connections: int
    tls: ServerTls | None
    permit: ListenPermit | None


class ServerOwner(Protocol):
    """Take what happens to a server."""

    def listening(self, port: int) -> None:
        """Take that it listens."""

    def not_listening(self, error: StartError) -> None:
        """Take that it cannot listen, or that changed files of TLS cannot be used."""

    def stopped(self) -> None:
        """Take that it has stopped, and that its connections are gone."""


class Server:
    """Start and stop, one after the other, in the order in which that is asked for.

    Args:
        owner: takes what happens.
        group: of its connections; its handler tells :meth:`add` and :meth:`remove`.
        settings: where to listen.
    """

    def __init__(self, owner: ServerOwner, group: Group, settings: ServerSettings) -> None:
        self.connections: set[Connection] = set()
        """Everything that TCP connects, once TLS is done."""
        self.dropped = 0
        """Clients that were one too many, or did not get through their TLS handshake."""
        self._owner = owner
        self._group = group
        self._settings = settings
        self._life: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._empty = asyncio.Event()
        self._restart = False
        self._crowd: Crowd | None = None
        self._accepting: list[Accepting] = []
        self._renewal: Renewal | None = None

    @property
    def is_active(self) -> bool:
        """Whether it starts, listens or stops."""
        return self._life is not None

    @property
    def address(self) -> str:
        """Return interface and port, as they were asked for."""
        return f"{self._settings.host}:{self._settings.port}"

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen; the owner hears of it. One that stops starts again once it has.

        Args:
            loop: the running event loop.
        """
        if self._life is None:
            self._stopping.clear()
            self._life = loop.create_task(self._live())
        elif self._stopping.is_set():
            self._restart = True
        else:
            reason = "the server is already started"
            host, port = self._settings.host, self._settings.port
            error = ListenError("ERR_SERVER_ALREADY_STARTED", host, port, reason)
            loop.call_soon(self._owner.not_listening, error)

    def stop(self) -> None:
        """Stop listening and close every connection; nothing when not started."""
        self._restart = False
        self._stopping.set()

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; no connection is touched."""
        if self._renewal is not None:
            self._renewal.renew()

    async def wait_inactive(self) -> None:
        """Wait until it has stopped, or has failed to start."""
        while self._life is not None:
            await asyncio.wait([self._life])

    def add(self, connection: Connection) -> bool:
        """Take a new connection; false when it is one too many, and cut."""
        limit = self._settings.max_connections
        self.connections.add(connection)
        # A client that was accepted just before the server stopped comes too late.
        if (limit and len(self.connections) > limit) or not self._accepting:
            self.dropped += 1
            connection.abort()
            return False
        return True

    def remove(self, connection: Connection) -> None:
        """Take that the TCP of a connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    async def _live(self) -> None:
        """Take the server from start to stop."""
        failure: StartError | None = None
        try:
            await self._serve()
        except (AccessDeniedError, ListenError, TlsError) as error:
            failure = None if self._stopping.is_set() else error
        except Exception as error:
            # A defect of ours; without this, the script would wait for ever.
            logger.exception("serving failed")
            host, port = self._settings.host, self._settings.port
            reason = f"serving failed: {error!r}"
            failure = ListenError("ERR_SERVER_INTERNAL", host, port, reason)
        self._life = None
        # Only now, so that who hears of it may start the server again.
        if failure is None:
            self._owner.stopped()
        else:
            self._owner.not_listening(failure)
        if self._restart and self._life is None:
            self._restart = False
            self.start(asyncio.get_running_loop())

    async def _serve(self) -> None:
        settings, loop = self._settings, asyncio.get_running_loop()
        # Before anything is awaited: claims are counted in the order of the starts.
        claim = ports.ports.claim(ports.Location(settings.host, settings.port))
        try:
            self._renewal = await self._read_certificate()
            addresses = await resolve(settings.host, settings.port)
            if settings.permit is not None:
                found = [address for _, address in addresses]
                settings.permit.check_listen(settings.host, settings.port, found)
            sockets = await claim.bind(addresses)
            port = sockets[0].getsockname()[1]
            self._crowd = self._crowd or Crowd(loop.time)
            try:
                for sock in sockets:
                    accepting = await serve(loop, sock, self._protocol(), self._crowd)
                    self._accepting.append(accepting)
            except BaseException:
                for sock in sockets:
                    sock.close()
                raise
            if not self._stopping.is_set():
                self._owner.listening(int(port))
            await self._stopping.wait()
        finally:
            await self._close()
            claim.release()

    async def _close(self) -> None:
        """Listen no more, and wait until every connection is gone."""
        for accepting in self._accepting:
            accepting.close()
        self._accepting.clear()
        if self._renewal is not None:
            self._renewal.close()
            self._renewal = None
        self._empty.clear()
        for connection in list(self.connections):
            connection.close()
        if self.connections:
            with suppress(TimeoutError):
                # Each has its own deadline; this one guards against a transport that never
                # reports its end.
                await asyncio.wait_for(self._empty.wait(), CLOSING_TIMEOUT + 20 * TICK)

    async def _read_certificate(self) -> Renewal | None:
        settings = self._settings
        if settings.tls is None:
            return None
        # Imported late: servers without TLS do without.
        from ...net.tls.renewal import Renewal

        renewal = Renewal(settings.tls, self._owner.not_listening, settings.permit)
        await renewal.start()
        return renewal

    def _protocol(self) -> Callable[[], asyncio.Protocol]:
        renewal = self._renewal
        if renewal is None:
            return lambda: Connection(self._group)
        from ...net.tls.transport import ServerTransport

        return lambda: ServerTransport(
            renewal.context,
            Connection(self._group),
            HANDSHAKE_TIMEOUT,
            renewal,
            self._count_dropped,
        )

    def _count_dropped(self, _kind: str) -> None:
        self.dropped += 1
