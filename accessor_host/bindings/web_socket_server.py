"""The Python half of ``@modules/web-socket-server``: listeners for the servers of scripts.

Scripts speak of a server by its target and of a socket by its connection's number. Events go to
the server's target; text goes to the engine as it came, and is decoded there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ConnectionFault, ListenError
from ..options import validate
from ..websocket.connection import Connection
from ..websocket.limits import Limits
from ..websocket.listener import Listener

if TYPE_CHECKING:
    from ..host import Host

__all__ = ["WebSocketServers"]


class WebSocketServers:
    """All servers of one host's scripts."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._servers: dict[int, _Server] = {}
        self._connections: dict[int, Connection] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "server.start": self._start,
            "server.stop": self._stop,
            "socket.send": self._send,
            "socket.close": self._close,
        }

    async def stop(self) -> None:
        """Stop every server, in the order in which they were made."""
        for server in list(self._servers.values()):
            server.stop()
            await server.settled()

    def _start(self, target: int, options: dict[str, Any]) -> None:
        server = self._servers.get(target)
        if server is None:
            server = self._servers[target] = _Server(self._host, self._connections, target)
        server.start(options)

    def _stop(self, target: int) -> None:
        server = self._servers.get(target)
        if server is not None:
            server.stop()

    def _send(self, identifier: int, payload: str) -> None:
        connection = self._connections.get(identifier)
        if connection is not None:
            connection.send_text(payload)

    def _close(self, identifier: int, code: int, reason: str) -> None:
        connection = self._connections.get(identifier)
        if connection is not None:
            connection.close(code, reason)


class _Server:
    """One server of a script: a listener, and the order of its starts and stops."""

    def __init__(self, host: Host, connections: dict[int, Connection], target: int) -> None:
        self._host = host
        self._connections = connections
        self._target = target
        self._listener: Listener | None = None
        # Whether the script wants it to listen, once all that it asked for is done.
        self._wanted = False
        self._steps: deque[dict[str, Any] | None] = deque()
        self._worker: asyncio.Task[None] | None = None

    def start(self, options: dict[str, Any]) -> None:
        """Listen, after what was asked for before."""
        if self._wanted:
            self._post("failed", "ERR_SERVER_ALREADY_STARTED", "the server is already started")
            return
        if self._host.is_stopping:
            self._post("failed", "ERR_HOST_STOPPING", "the host is stopping; no server can start")
            return
        self._wanted = True
        self._host.hold(self)
        self._add(options)

    def stop(self) -> None:
        """Stop, after what was asked for before; nothing to do when not started."""
        if self._wanted:
            self._wanted = False
            self._add(None)

    async def settled(self) -> None:
        """Wait until all that was asked for is done."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    def _add(self, step: dict[str, Any] | None) -> None:
        self._steps.append(step)
        if self._worker is None:
            self._worker = self._host.loop.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._steps:
                step = self._steps.popleft()
                if step is not None:
                    await self._listen(step)
                elif self._listener is not None:
                    await self._listener.stop()
                    self._listener = None
                    self._post("stopped")
        finally:
            self._worker = None
            if self._listener is None:
                self._host.release(self)

    async def _listen(self, options: dict[str, Any]) -> None:
        values = validate("web-socket-server", options).values
        listener = Listener(
            self,
            host=values["hostInterface"],
            port=values["port"],
            limits=Limits.from_options(values),
            allowed_origins=values["allowedOrigins"],
            max_connections=values["maxConnections"],
            flusher=self._host.flusher,
        )
        try:
            await listener.start()
        except ListenError as error:
            self._wanted = False
            self._post("failed", error.code, str(error))
            return
        self._listener = listener
        if listener.address is not None:
            address, family, port = listener.address
            self._post("listening", port, address, family)

    def _post(self, name: str, *details: str | int) -> None:
        self._host.post((self._target, name, *details))

    # Called by the listener

    def opened(self, connection: Connection) -> None:
        self._connections[connection.id] = connection
        self._post("opened", connection.id, connection.remote_host, connection.remote_port)

    def message(self, connection: Connection, data: str | bytes) -> None:
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        self._post("message", connection.id, text)
        if self._host.turns.is_behind:
            connection.pause()
            self._host.turns.when_caught_up(connection.resume)

    def fault(self, connection: Connection, fault: ConnectionFault) -> None:
        self._post("fault", connection.id, fault.code, fault.reason)

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        del self._connections[connection.id]
        self._post("closed", connection.id, code, reason)
