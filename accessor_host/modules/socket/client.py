"""A client over time: its attempts to connect, its connection, and being opened again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ...errors import AccessDeniedError, TlsError
from ...net.connect import connect, why
from ...net.failures import failure_of
from .connection import Connection, Group

if TYPE_CHECKING:
    from ...net.permits import ConnectPermit
    from ...net.tls.settings import ClientTls

__all__ = ["Client", "ClientOwner", "ClientSettings"]

logger = logging.getLogger("accessor_host.socket")


class ClientSettings(NamedTuple):
    """Where to connect to, and how.

    Args:
        host: name or IP address, in ASCII.
        port: TCP port.
        connect_timeout: seconds for one attempt, TLS included; 0 is no limit.
        attempts: after the first one that fails.
        interval: seconds between two attempts.
        tls: whom to trust; None speaks plain text.
        permit: decides where to connect; None is anywhere.
    """

    host: str
    port: int
    connect_timeout: float
    attempts: int
    interval: float
    tls: ClientTls | None
    permit: ConnectPermit | None


class ClientOwner(Protocol):
    """Take what happens before there is a connection."""

    def refused(self, code: str, reason: str, error: Exception | None) -> None:
        """Take that the client could not connect.

        Args:
            code: for programs.
            reason: in words.
            error: what says more, if anything does.
        """


class Client:
    """Connect, and try again.

    Args:
        owner: takes what fails.
        group: of its connections; its handler takes what happens to them, and calls
            :meth:`left` when TCP is gone.
        settings: where to connect to.
    """

    def __init__(self, owner: ClientOwner, group: Group, settings: ClientSettings) -> None:
        self.connection: Connection | None = None
        """The connection, until TCP is gone."""
        self._owner = owner
        self._group = group
        self._settings = settings
        self._dialing: asyncio.Task[None] | None = None
        self._reopen = False
        self._inactive = asyncio.Event()
        self._inactive.set()

    @property
    def is_active(self) -> bool:
        """Whether it connects, is open or closing."""
        return self._dialing is not None or self.connection is not None

    @property
    def address(self) -> str:
        """Return host and port, as people write them."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return f"{host}:{self._settings.port}"

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to connect; nothing when connecting or open. One that closes opens again then.

        Args:
            loop: the running event loop.
        """
        if self.connection is not None:
            self._reopen = not self.connection.is_open
        elif self._dialing is None:
            self._inactive.clear()
            self._dialing = loop.create_task(self._dial(loop))

    def close(self) -> None:
        """Close, or stop connecting."""
        self._reopen = False
        if self._dialing is not None:
            self._dialing.cancel()
            self._dialing = None
            self._inactive.set()
        elif self.connection is not None:
            self.connection.close()

    def made(self, connection: Connection) -> None:
        """Take the connection that is there."""
        self._dialing = None
        self.connection = connection

    def left(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take that its TCP is gone; open again if that was asked for meanwhile."""
        self.connection = None
        self._inactive.set()
        if self._reopen:
            self._reopen = False
            self.open(loop)

    async def wait_inactive(self) -> None:
        """Wait until it is inactive."""
        await self._inactive.wait()

    async def _dial(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            await self._try(loop, await self._context())
        except (AccessDeniedError, TlsError) as error:
            self._give_up(error.code, error.reason, error)
        except Exception as error:
            # A defect of ours; without this, the script would wait for ever.
            logger.exception("%s: connecting failed", self.address)
            self._give_up("ERR_SOCKET_INTERNAL", f"connecting failed: {error!r}", None)

    async def _context(self) -> Any:
        if self._settings.tls is None:
            return None
        # Imported late: clients without TLS do without.
        from ...net.tls.contexts import client_context

        # In a thread: it may read files.
        return await asyncio.to_thread(client_context, self._settings.tls)

    async def _try(self, loop: asyncio.AbstractEventLoop, context: Any) -> None:
        settings = self._settings
        code = reason = ""
        for attempt in range(settings.attempts + 1):
            if attempt:
                await asyncio.sleep(settings.interval)
            failure = await self._attempt(loop, context)
            if failure is None:
                return
            code, reason = failure
            logger.debug("%s: attempt %d: %s", self.address, attempt + 1, reason)
        tries = "1 attempt" if not settings.attempts else f"{settings.attempts + 1} attempts"
        self._give_up(code, f"could not connect to {self.address} after {tries}: {reason}", None)

    async def _attempt(
        self, loop: asyncio.AbstractEventLoop, context: Any
    ) -> tuple[str, str] | None:
        """Connect once; return None when that worked, else the code and why not."""
        settings = self._settings
        connection = Connection(self._group)
        try:
            async with asyncio.timeout(settings.connect_timeout or None) as timeout:
                await connect(
                    loop,
                    lambda: connection,
                    settings.host,
                    settings.port,
                    context,
                    settings.permit,
                )
        except (OSError, ValueError) as error:
            if connection.number:
                # It was there in the moment in which the time was over.
                return None
            if timeout.expired() and isinstance(error, TimeoutError):
                return "ETIMEDOUT", f"no connection within {settings.connect_timeout * 1000:g} ms"
            reason = why(error, settings.tls)
            failure = failure_of(error) if isinstance(error, OSError) else None
            return ("ENOTFOUND" if failure is None else failure[0]), reason
        return None

    def _give_up(self, code: str, reason: str, error: Exception | None) -> None:
        self._dialing = None
        self._inactive.set()
        self._owner.refused(code, reason, error)
