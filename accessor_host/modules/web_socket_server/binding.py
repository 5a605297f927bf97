"""The Python half of ``@modules/web-socket-server``: listeners for the servers of scripts.

Events go to the target of a server, or of one of its sockets: the negative number of the socket's
connection, by which the script speaks of it as well. Text goes to the engine as it came, and is
decoded there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.mime_types import BAD_IMAGE
from ...errors import ConnectionFault, DecodingError, EncodingError
from ...options import validate
from ...websocket.server import Service, StartError
from ..payloads import Payload, send_payload, text_to_event, to_event

if TYPE_CHECKING:
    from ...host import Host
    from ...websocket.connection import Connection

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
            "server.forget": self._forget,
            "socket.send": self._send,
            "socket.close": self._close,
        }

    async def stop(self) -> None:
        """Stop every server, in the order in which they were made."""
        for server in list(self._servers.values()):
            server.service.stop()
            await server.service.wait_inactive()

    def _start(self, target: int, options: dict[str, Any]) -> None:
        server = self._servers.get(target)
        if server is None:
            server = _Server(self._host, self._connections, target, options)
            self._servers[target] = server
        server.start()

    def _stop(self, target: int) -> None:
        self._servers[target].stop()

    def _forget(self, target: int) -> None:
        del self._servers[target]

    def _send(self, target: int, payload: Payload) -> None:
        connection = self._connections.get(target)
        if connection is None:
            return
        try:
            send_payload(connection, payload)
        except EncodingError as error:
            connection.context.bad_image(connection, str(error))

    def _close(self, target: int, code: int, reason: str) -> None:
        connection = self._connections.get(target)
        if connection is not None:
            connection.close(code, reason)


class _Server:
    """One server of a script."""

    def __init__(
        self, host: Host, connections: dict[int, Connection], target: int, options: dict[str, Any]
    ) -> None:
        self._host = host
        self._connections = connections
        self._turns = host.turns
        self._target = target
        self._answered = 0
        values = validate("web-socket-server", options).values
        self._to_event = to_event(values["receiveType"], values["maxImagePixels"])
        self._is_text = self._to_event is text_to_event
        self.service = Service(self, values, host.flusher)

    def start(self) -> None:
        """Listen, once what was asked for before is done."""
        self._answered += 1
        if self._host.is_stopping:
            self._post("failed", "ERR_HOST_STOPPING", "the host is stopping; no server can start")
            self._settle()
            return
        self.service.start(self._host.loop)
        self._host.hold(self)

    def stop(self) -> None:
        """Stop listening."""
        self._answered += 1
        self.service.stop()
        self._settle()

    def _post(self, name: str, *details: str | int) -> None:
        self._host.post((self._target, name, *details))

    # Called by the service

    def listening(self, port: int) -> None:
        if self.service.address is not None:
            address, family, _ = self.service.address
            self._post("listening", port, address, family)

    def failed(self, error: StartError) -> None:
        self._post("failed", error.code, str(error))
        self._settle()

    def stopped(self) -> None:
        self._post("stopped")
        self._settle()

    def _settle(self) -> None:
        if not self.service.is_active:
            self._host.release(self)
            self._post("idle", self._answered)

    def opened(self, connection: Connection) -> None:
        connection.context = self
        target = -connection.id
        self._connections[target] = connection
        self._turns.senders[_address(target)] = connection.send_text
        event = (self._target, "opened", target, connection.remote_host, connection.remote_port)
        self._turns.post_patiently(event)

    def message(self, connection: Connection, data: str | bytes) -> None:
        turns = self._turns
        try:
            payload = data if self._is_text and isinstance(data, str) else self._to_event(data)
        except DecodingError as error:
            self.bad_image(connection, error.reason)
        else:
            # Not by way of the host: a server that has connections holds it anyway.
            turns.post((-connection.id, "message", payload))
        if turns.is_behind:
            connection.pause()
            turns.when_caught_up(connection.resume)

    def fault(self, connection: Connection, fault: ConnectionFault) -> None:
        self._host.post((-connection.id, "fault", fault.code, fault.reason))

    def bad_image(self, connection: Connection, reason: str) -> None:
        """Tell the script of a message that was dropped; the connection stays open."""
        self._host.post((-connection.id, "fault", BAD_IMAGE, reason))

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        target = -connection.id
        del self._connections[target]
        del self._turns.senders[_address(target)]
        self._host.post((target, "closed", code, reason))


def _address(target: int) -> str:
    return f"socket.send {target}"
