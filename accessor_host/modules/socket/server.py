"""Where a server listens, and its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ...net import ports
from ...net.deadlines import TICK
from ...net.listening import Listening
from .connection import CLOSING_TIMEOUT, Connection, Group

if TYPE_CHECKING:
    from ...net.permits import ListenPermit
    from ...net.serving import StartError
    from ...net.tls.renewal import Renewal
    from ...net.tls.settings import ServerTls

__all__ = ["HANDSHAKE_TIMEOUT", "Listener", "ServerSettings"]

HANDSHAKE_TIMEOUT = 10.0
"""Seconds that a client has for its TLS handshake; then TCP is cut."""


class ServerSettings(NamedTuple):
    """Where to listen, and for whom.

    Args:
        host: interface.
        port: TCP port; 0 takes any free one.
        max_connections: clients at a time; further ones are dropped. 0 is no limit.
        tls: key and certificates; None speaks plain text.
        permit: decides where to listen; None is anywhere.
        reuse_port: whether other programs may listen there too.
        socket_mode: permissions of a Unix socket's file.
    """

    host: str
    port: int
    max_connections: int
    tls: ServerTls | None
    permit: ListenPermit | None
    reuse_port: bool = False
    socket_mode: int = ports.SOCKET_MODE


class Listener:
    """Listen, and keep the connections.

    Args:
        group: of its connections; its handler tells :meth:`add` and :meth:`remove`.
        settings: where to listen.
        renewal_failed: takes why files of TLS that have changed cannot be used.
    """

    def __init__(
        self, group: Group, settings: ServerSettings, renewal_failed: Callable[[StartError], None]
    ) -> None:
        self.connections: set[Connection] = set()
        """Everything that TCP connects, once TLS is done."""
        self.dropped = 0
        """Clients that were one too many, or did not get through their TLS handshake."""
        self._group = group
        self._max_connections = settings.max_connections
        self._listening = _Listening(settings, _not_used, self._count_dropped, renewal_failed)
        self._empty = asyncio.Event()

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return where it listens, while it does."""
        return self._listening.address

    async def start(self) -> int:
        """Listen, and return the port.

        Raises:
            AccessDeniedError: it may not listen there.
            ListenError: the name cannot be resolved, or the port cannot be bound.
            TlsError: the context for TLS cannot be made.
        """
        return await self._listening.start(lambda: Connection(self._group))

    async def stop(self) -> None:
        """Listen no more, and return once every connection is gone."""
        self._listening.stop()
        self._empty.clear()
        for connection in list(self.connections):
            connection.close()
        if self.connections:
            with suppress(TimeoutError):
                # Each has its own deadline; this one guards against a transport that never
                # reports its end.
                await asyncio.wait_for(self._empty.wait(), CLOSING_TIMEOUT + 20 * TICK)

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; no connection is touched."""
        self._listening.reload()

    def add(self, connection: Connection, transport: asyncio.BaseTransport) -> bool:
        """Take a new connection; false when it is one too many, or too late, and cut."""
        limit = self._max_connections
        self.connections.add(connection)
        self._listening.look(transport, len(self.connections))
        if (limit and len(self.connections) > limit) or not self._listening.is_accepting:
            self.dropped += 1
            connection.abort()
            return False
        return True

    def remove(self, connection: Connection) -> None:
        """Take that the TCP of a connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def _count_dropped(self, _kind: str) -> None:
        self.dropped += 1


class _Listening(Listening):
    """Listen for clients that get to know the connection after TLS: the server may speak first."""

    def _secured(
        self, accept: Callable[[], asyncio.Protocol], renewal: Renewal
    ) -> Callable[[], asyncio.Protocol]:
        # Imported late: servers without TLS do without.
        from ...net.tls.transport import ServerTransport

        refused = self._refused
        return lambda: ServerTransport(
            renewal.context, accept(), HANDSHAKE_TIMEOUT, renewal, refused
        )


def _not_used() -> NoReturn:
    raise AssertionError("nobody is answered in plain text")
