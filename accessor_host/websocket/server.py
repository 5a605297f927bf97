"""A server over time: one listener, and the order of its starts and stops."""

from __future__ import annotations

import asyncio
import logging
from enum import Enum
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from ..errors import AccessDeniedError, ListenError, TlsError
from ..net.flusher import Flusher
from .listener import Listener
from .settings import ServerSettings

if TYPE_CHECKING:
    from .handler import Peer, ServerHandler, StartError

__all__ = ["ServerLifecycle", "Statistics"]

logger = logging.getLogger("accessor_host.websocket")


class _Phase(Enum):
    IDLE = "idle"
    STARTING = "starting"
    LISTENING = "listening"
    STOPPING = "stopping"


class Statistics:
    """What a server counts, from when it was made; starts and stops reset nothing.

    Args:
        connections: clients that TCP connects now, in their handshake, open or closing.
        refusals: how often a client was refused something, by its kind. ``HTTP 403`` and the like
            are answers to handshakes; ``WS_MESSAGE_TOO_BIG`` and the like are codes of
            :class:`~accessor_host.errors.ConnectionFault`, and ``WS_BAD_IMAGE`` is a message that
            was dropped; ``unreadable handshake`` is no HTTP; ``no TLS`` and ``failed TLS`` came to
            a port with TLS, ``TLS on a plain port`` to one without; ``dropped`` was too much even
            for an answer; ``late opening``, ``late closing``, ``late pong`` and ``idle`` did not
            come in time. What never happened is not there.
    """

    # Not a NamedTuple: Python would compile its annotations on the way to listening.
    __slots__ = ("connections", "refusals")

    def __init__(self, connections: int, refusals: dict[str, int]) -> None:
        self.connections = connections
        self.refusals = refusals

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Statistics):
            return NotImplemented
        return (self.connections, self.refusals) == (other.connections, other.refusals)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Statistics(connections={self.connections}, refusals={self.refusals})"


class ServerLifecycle:
    """Start and stop a listener, one after the other, in the order in which that is asked for.

    Args:
        handler: takes what happens.
        settings: where to listen, and for whom.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self, handler: ServerHandler, settings: ServerSettings, flusher: Flusher | None = None
    ) -> None:
        self._handler = handler
        self._settings = settings
        self._listener = Listener(handler, settings, flusher, handler.renewal_failed)
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

    @property
    def peers(self) -> list[Peer]:
        """Return the open connections, by their numbers."""
        peers = [connection for connection in self._listener.connections if connection.is_open]
        return sorted(peers, key=attrgetter("id"))

    def statistics(self) -> Statistics:
        """Return how many connections there are, and what was refused so far."""
        return Statistics(len(self._listener.connections), dict(self._listener.refusals))

    def state(self) -> list[str]:
        """Describe the server and its connections in lines for people."""
        # Imported late: hardly anybody asks.
        from ..net.listing import MAX_SHOWN, more_than_shown
        from ..net.quoting import escaped

        connections = self._listener.connections
        refusals = ", ".join(f"{kind} {count}" for kind, count in self._listener.refusals.items())
        at = ""
        if self.address is not None:
            host, _, port = self.address
            at = f" at {host}" if host.startswith("/") else f" at {host} port {port}"
        shown = islice(sorted(connections, key=lambda one: one.id), MAX_SHOWN)
        return [
            escaped(
                f"server on {self._settings.host}:{self._settings.port}: {self._phase.value}{at}, "
                f"{len(connections)} connections, refused: {refusals or 'nothing'}"
            ),
            *(f"  {connection.state()}" for connection in shown),
            *more_than_shown(len(connections)),
        ]

    def count_refusal(self, kind: str) -> None:
        """Count that a client was refused something that only the owner can judge.

        Args:
            kind: as for :class:`Statistics`.
        """
        self._listener.count_refusal(kind)

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

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; ``renewal_failed`` may follow."""
        self._listener.reload()

    async def wait_inactive(self) -> None:
        """Wait until a started server has stopped, or has failed to start."""
        if self._life is not None:
            await asyncio.wait([self._life])

    def error(self, code: str, reason: str) -> ListenError:
        """Make an error that names this server's host and port."""
        return ListenError(code, self._settings.host, self._settings.port, reason)

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
