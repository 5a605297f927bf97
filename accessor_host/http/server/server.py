"""An HTTP server over time: its listener, and the order of its starts and stops."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ...net.serving import Serving
from .listener import HttpListener

if TYPE_CHECKING:
    from ...net.flusher import Flusher
    from .handler import HttpHandler
    from .settings import HttpServerSettings

__all__ = ["HttpServing"]


class HttpServing(Serving):
    """Start and stop an HTTP server, in the order in which that is asked for.

    Args:
        handler: takes what happens.
        settings: where to listen, and for whom.
        flusher: shared with others; None makes one.
    """

    def __init__(
        self, handler: HttpHandler, settings: HttpServerSettings, flusher: Flusher | None = None
    ) -> None:
        self._settings = settings
        self.listener = HttpListener(handler, settings, flusher)
        """Keeps the connections."""
        super().__init__(handler, self.listener, settings.host, settings.port)

    def state(self) -> list[str]:
        """Describe the server and its connections in lines for people."""
        # Imported late: hardly anybody asks.
        from ...net.listing import MAX_SHOWN, more_than_shown
        from ...net.quoting import escaped

        connections = self.listener.connections
        refusals = ", ".join(f"{kind} {count}" for kind, count in self.listener.refusals.items())
        at = ""
        if self.address is not None:
            host, _, port = self.address
            at = f" at {host}" if host.startswith("/") else f" at {host} port {port}"
        shown = islice(sorted(connections, key=lambda one: one.id), MAX_SHOWN)
        return [
            escaped(
                f"HTTP server on {self._settings.host}:{self._settings.port}: {self.phase}{at}, "
                f"{len(connections)} connections, refused: {refusals or 'nothing'}"
            ),
            *(f"  {connection.state()}" for connection in shown),
            *more_than_shown(len(connections)),
        ]
