"""The Python half of ``@modules/web-socket-server``: listeners for the servers of scripts.

Events go to the target of a server, or of one of its sockets: the negative number of the socket's
connection, by which the script speaks of it as well. Text goes to the engine as it came, and is
decoded there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.mime_types import BAD_IMAGE
from ...core.rounds import Fence
from ...errors import AccessDeniedError, ConnectionFault, DecodingError, EncodingError
from ...options import validate
from ...websocket.server import ServerLifecycle
from ..payloads import Payload, missing_permission, send_payload, text_to_event, to_event
from .settings import server_settings

if TYPE_CHECKING:
    from ...core.services import Services
    from ...websocket.handler import Peer, StartError

__all__ = ["WebSocketServers"]

_FILES = ("pfxKeyCertPath", "pemKeyPath", "pemCertPath")
"""Options that name files of TLS."""


class WebSocketServers:
    """All servers of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._servers: dict[int, _Server] = {}
        self._connections: dict[int, Peer] = {}
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
            server.lifecycle.stop()
            await server.lifecycle.wait_inactive()

    def _start(self, target: int, options: dict[str, Any]) -> None:
        server = self._servers.get(target)
        if server is None:
            server = _Server(self._services, self._connections, target, options)
            self._servers[target] = server
        server.start()

    def _stop(self, target: int) -> None:
        if target in self._servers:
            self._servers[target].stop()

    def _forget(self, target: int) -> None:
        server = self._servers.get(target)
        if server is not None and not server.lifecycle.is_active:
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
        self,
        services: Services,
        connections: dict[int, Peer],
        target: int,
        options: dict[str, Any],
    ) -> None:
        self._services = services
        self._connections = connections
        self._turns = services.turns
        self._target = target
        self._answered = 0
        values = validate("web-socket-server", options).values
        self._to_event = to_event(values["receiveType"], values["maxImagePixels"])
        self._is_text = self._to_event is text_to_event
        self.lifecycle = ServerLifecycle(
            self, server_settings(values, services.permissions), services.flusher
        )
        self._files = [values[name] for name in _FILES if values["sslTls"] and values[name]]

    def start(self) -> None:
        """Listen, once what was asked for before is done."""
        self._answered += 1
        if self._services.is_stopping:
            self._post("failed", "ERR_HOST_STOPPING", "the host is stopping; no server can start")
            self._settle()
            return
        permissions = self._services.permissions
        if permissions is not None:
            try:
                permissions.check_files(self._files)
            except AccessDeniedError as error:
                self.failed(error)
                return
        self.lifecycle.start(self._services.loop)
        self._services.hold(self)

    def stop(self) -> None:
        """Stop listening."""
        self._answered += 1
        self.lifecycle.stop()
        self._settle()

    def _post(self, name: str, *details: str | int) -> None:
        self._services.post((self._target, name, *details))

    # Called by the lifecycle

    def listening(self, port: int) -> None:
        if self.lifecycle.address is not None:
            address, family, _ = self.lifecycle.address
            self._post("listening", port, address, family)

    def failed(self, error: StartError) -> None:
        self._post("failed", error.code, str(error), *missing_permission(error))
        self._settle()

    def stopped(self) -> None:
        # The ends of its connections come before it.
        self._services.post(Fence((self._target, "stopped")))
        self._settle()

    def _settle(self) -> None:
        if not self.lifecycle.is_active:
            self._services.release(self)
            self._post("idle", self._answered)

    def opened(self, connection: Peer) -> None:
        connection.context = self
        target = -connection.id
        self._connections[target] = connection
        self._turns.senders[_address(target)] = connection.send_text
        event = (self._target, "opened", target, connection.remote_host, connection.remote_port)
        self._turns.post_patiently(event)

    def message(self, connection: Peer, data: str | bytes) -> None:
        turns = self._turns
        try:
            payload = data if self._is_text and isinstance(data, str) else self._to_event(data)
        except DecodingError as error:
            self.lifecycle.count_refusal(error.code)
            self.bad_image(connection, error.reason)
        else:
            # Not by way of the host: a server that has connections holds it anyway.
            turns.post_message(-connection.id, payload)
        if turns.is_behind:
            connection.pause()
            turns.when_served(-connection.id, connection.resume)

    def violated(self, connection: Peer) -> None:
        # The script may answer what came before, when its turn comes.
        if self._turns.holds(-connection.id):
            connection.pause()
            self._turns.when_served(-connection.id, connection.resume)

    def fault(self, connection: Peer, fault: ConnectionFault) -> None:
        self._services.post((-connection.id, "fault", fault.code, fault.reason))

    def bad_image(self, connection: Peer, reason: str) -> None:
        """Tell the script of a message that was dropped; the connection stays open."""
        self._services.post((-connection.id, "fault", BAD_IMAGE, reason))

    def closed(self, connection: Peer, code: int, reason: str) -> None:
        target = -connection.id
        del self._connections[target]
        del self._turns.senders[_address(target)]
        self._services.post((target, "closed", code, reason))


def _address(target: int) -> str:
    return f"socket.send {target}"
