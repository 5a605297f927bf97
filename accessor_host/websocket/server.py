"""A server over time: one listener, and the order of its starts and stops."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Any, Protocol, TypeAlias

from ..errors import ListenError, TlsError
from ..net.flusher import Flusher
from .limits import Limits
from .listener import Listener
from .shared import Handler

__all__ = ["Service", "ServiceHandler", "StartError"]

StartError: TypeAlias = ListenError | TlsError
"""Why a server does not listen."""


class ServiceHandler(Handler, Protocol):
    """Take what happens to a server and its connections."""

    def listening(self, port: int) -> None:
        """Take that the server listens; connections come after this."""

    def failed(self, error: StartError) -> None:
        """Take that a start failed, or that there was nothing to start."""

    def stopped(self) -> None:
        """Take that a started server has stopped; its connections are gone."""


class _Phase(Enum):
    IDLE = "idle"
    STARTING = "starting"
    LISTENING = "listening"
    STOPPING = "stopping"


class Service:
    """Start and stop a listener, one after the other, in the order in which that is asked for.

    Args:
        handler: takes what happens.
        values: resolved options of ``schemas/web-socket-server.schema.json``.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self, handler: ServiceHandler, values: Mapping[str, Any], flusher: Flusher | None = None
    ) -> None:
        self._handler = handler
        self._values = values
        ssl = None
        if values["sslTls"]:
            # Imported late: servers without TLS do without.
            from ..net.tls.contexts import server_context

            ssl = partial(server_context, values)
        self._listener = Listener(
            handler,
            host=values["hostInterface"],
            port=values["port"],
            limits=Limits.from_options(values),
            allowed_origins=values["allowedOrigins"],
            max_connections=values["maxConnections"],
            ssl=ssl,
            flusher=flusher,
        )
        self._phase = _Phase.IDLE
        self._restart = False
        self._stopping = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    @property
    def is_active(self) -> bool:
        """Whether the server starts, listens or stops, or is about to start again."""
        return self._phase is not _Phase.IDLE or self._restart

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return ``(IP address, "IPv4" or "IPv6", port)`` while listening."""
        return self._listener.address

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen; ``listening`` or ``failed`` follows.

        A server that is starting or listening already fails. One that is stopping starts again
        once it has stopped.

        Args:
            loop: the running event loop.
        """
        if self._phase is _Phase.STOPPING:
            self._restart = True
        elif self._phase is _Phase.IDLE:
            self._begin(loop)
        else:
            error = self.error("ERR_SERVER_ALREADY_STARTED", "the server is already started")
            loop.call_soon(self._handler.failed, error)

    def stop(self) -> None:
        """Stop listening and close every connection with 1001; ``stopped`` follows.

        Nothing when the server is not started.
        """
        self._restart = False
        if self._phase in (_Phase.STARTING, _Phase.LISTENING):
            self._phase = _Phase.STOPPING
            self._stopping.set()

    async def wait_inactive(self) -> None:
        """Wait until a started server has stopped, or has failed to start."""
        if self._life is not None:
            await asyncio.wait([self._life])

    def error(self, code: str, reason: str) -> ListenError:
        """Make an error that names this server's host and port."""
        return ListenError(code, self._values["hostInterface"], self._values["port"], reason)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._phase = _Phase.STARTING
        self._stopping.clear()
        self._life = loop.create_task(self._live())

    async def _live(self) -> None:
        """Take the server from start to stop."""
        failure: StartError | None = None
        try:
            await self._serve()
        except (ListenError, TlsError) as error:
            failure = None if self._stopping.is_set() else error
        finally:
            self._phase = _Phase.IDLE
            self._life = None
        # Only now, so that who hears of it may start the server again.
        if failure is None:
            self._handler.stopped()
        else:
            self._handler.failed(failure)
        restart, self._restart = self._restart, False
        if restart and self._phase is _Phase.IDLE:
            self._begin(asyncio.get_running_loop())

    async def _serve(self) -> None:
        port = await self._listener.start()
        try:
            if not self._stopping.is_set():
                self._phase = _Phase.LISTENING
                self._handler.listening(port)
                await self._stopping.wait()
        finally:
            # Also when the loop is shut down around a server that nobody stopped.
            await self._listener.stop()
