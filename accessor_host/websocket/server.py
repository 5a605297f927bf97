"""A server over time: one listener, and the order of its starts and stops."""

from __future__ import annotations

from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from ..net.flusher import Flusher
from ..net.serving import Serving
from .listener import Listener
from .settings import ServerSettings

if TYPE_CHECKING:
    from .handler import Peer, ServerHandler

__all__ = ["ServerLifecycle", "Statistics"]


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


class ServerLifecycle(Serving):
    """Start and stop a listener, one after the other, in the order in which that is asked for.

    Args:
        handler: takes what happens.
        settings: where to listen, and for whom.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self, handler: ServerHandler, settings: ServerSettings, flusher: Flusher | None = None
    ) -> None:
        self._settings = settings
        self._listener = Listener(handler, settings, flusher, handler.renewal_failed)
        super().__init__(handler, self._listener, settings.host, settings.port)
        self._guest = settings.guest
        if self._guest is not None:
            self._guest.ended = self.stop

    def stop(self) -> None:
        """Stop listening and close every connection with 1001; ``stopped`` follows.

        Nothing when the server is not started.
        """
        super().stop()
        if self._guest is not None:
            self._guest.give_up()

    async def _serve(self) -> None:
        # Stopped before it began: nothing would tell it to wait no longer for another server.
        if self._guest is None or not self._stopping.is_set():
            await super()._serve()

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
                f"server on {self._settings.host}:{self._settings.port}: {self.phase}{at}, "
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
