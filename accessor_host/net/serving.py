"""A server over time, whatever it speaks: the order of its starts and stops."""

from __future__ import annotations

import asyncio
import logging
from enum import Enum
from typing import Protocol, TypeAlias

from ..errors import AccessDeniedError, ListenError, TlsError

__all__ = ["Served", "Serving", "ServingHandler", "StartError"]

logger = logging.getLogger("accessor_host.net")

StartError: TypeAlias = AccessDeniedError | ListenError | TlsError
"""Why a server does not listen."""


class _Phase(Enum):
    IDLE = "idle"
    STARTING = "starting"
    LISTENING = "listening"
    STOPPING = "stopping"


class ServingHandler(Protocol):
    """Take what happens to a server; called in the loop's thread, never raises."""

    def listening(self, port: int) -> None:
        """Take that the server listens; connections come after this."""

    def failed(self, error: StartError) -> None:
        """Take that a start failed, or that there was nothing to start."""

    def stopped(self) -> None:
        """Take that a started server has stopped; its connections are gone."""


class Served(Protocol):
    """What is started and stopped: a listener with its connections."""

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return where it listens, while it does."""

    async def start(self) -> int:
        """Listen, and return the port."""

    async def stop(self) -> None:
        """Listen no more, and return once every connection is gone."""

    def reload(self) -> None:
        """Read the files of TLS again, if there are any."""


class Serving:
    """Start and stop a listener, one after the other, in the order in which that is asked for.

    Args:
        handler: takes what happens.
        listener: listens.
        host: name of the interface, for errors.
        port: that was asked for, for errors.
    """

    def __init__(self, handler: ServingHandler, listener: Served, host: str, port: int) -> None:
        self._owner = handler
        self._served = listener
        self._host = host
        self._port = port
        self._phase = _Phase.IDLE
        self._restart = False
        self._stopping = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    @property
    def is_active(self) -> bool:
        """Whether the server starts, listens or stops, or is about to start again."""
        return self._phase is not _Phase.IDLE or self._restart

    @property
    def phase(self) -> str:
        """Return in one word what the server does."""
        return self._phase.value

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return ``(IP address, "IPv4" or "IPv6", port)`` while listening."""
        return self._served.address

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
            loop.call_soon(self._owner.failed, error)

    def stop(self) -> None:
        """Stop listening and close every connection; ``stopped`` follows.

        Nothing when the server is not started.
        """
        self._restart = False
        if self._phase in (_Phase.STARTING, _Phase.LISTENING):
            self._phase = _Phase.STOPPING
            self._stopping.set()

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; ``renewal_failed`` may follow."""
        self._served.reload()

    async def wait_inactive(self) -> None:
        """Wait until a started server has stopped, or has failed to start."""
        if self._life is not None:
            await asyncio.wait([self._life])

    def error(self, code: str, reason: str) -> ListenError:
        """Make an error that names this server's host and port."""
        return ListenError(code, self._host, self._port, reason)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._phase = _Phase.STARTING
        self._stopping.clear()
        self._life = loop.create_task(self._live())

    async def _live(self) -> None:
        """Take the server from start to stop."""
        failure: StartError | None = None
        try:
            await self._serve()
        except (AccessDeniedError, ListenError, TlsError) as error:
            failure = None if self._stopping.is_set() else error
        except Exception as error:
            # A defect of ours; without this, who waits for the server would wait for ever.
            logger.exception("serving failed")
            failure = self.error("ERR_SERVER_INTERNAL", f"serving failed: {error!r}")
        finally:
            self._phase = _Phase.IDLE
            self._life = None
        # Only now, so that who hears of it may start the server again.
        if failure is None:
            self._owner.stopped()
        else:
            self._owner.failed(failure)
        restart, self._restart = self._restart, False
        if restart and self._phase is _Phase.IDLE:
            self._begin(asyncio.get_running_loop())

    async def _serve(self) -> None:
        port = await self._served.start()
        try:
            if not self._stopping.is_set():
                self._phase = _Phase.LISTENING
                self._owner.listening(port)
                await self._stopping.wait()
        finally:
            # Also when the loop is shut down around a server that nobody stopped.
            await self._served.stop()
