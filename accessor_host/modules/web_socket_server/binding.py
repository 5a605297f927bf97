"""The Python half of ``@modules/web-socket-server``: listeners for the servers of scripts.

Events go to the target of a server, or of one of its sockets: the negative number of the socket's
connection, by which the script speaks of it as well. Text goes to the engine as it came, and is
decoded there.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ...codecs.mime_types import BAD_IMAGE
from ...core.rounds import Fence
from ...engine.records import count_utf16_units
from ...errors import (
    AccessDeniedError,
    ConnectionFault,
    DecodingError,
    EncodingError,
    OptionError,
)
from ...options import validate
from ...websocket.server import ServerLifecycle
from ..payloads import (
    Payload,
    frame_of,
    missing_permission,
    send_payload,
    text_to_event,
    to_event,
    weight_of,
)
from ..server_tls import FILES
from .settings import server_settings

if TYPE_CHECKING:
    from ...core.services import Services
    from ...net.handover import Guest
    from ...websocket.handler import Peer, ServerPeer, StartError
    from ...websocket.opening import Applicant

__all__ = ["WebSocketServers"]

_FAILED = 500


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
            "server.broadcast": self._broadcast,
            "server.admit": self._admit,
            "server.refuse": self._refuse,
            "socket.send": self._send,
            "socket.close": self._close,
            "socket.ping": self._ping,
            "socket.measure": self._measure,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {"socket.unsent": self._unsent}
        self._taken: dict[int, int] = {}  # by target: what was sent since it is measured

    async def stop(self) -> None:
        """Stop every server, all at a time: silent clients of each have the same time to close."""
        servers = list(self._servers.values())
        for server in servers:
            server.lifecycle.stop()
        for server in servers:
            await server.lifecycle.wait_inactive()

    def state(self) -> list[str]:
        """Describe the servers and their connections."""
        # Imported late: hardly anybody asks.
        from ...net.listing import MAX_SHOWN, more_than_shown

        servers = list(self._servers.values())
        lines = [line for one in servers[:MAX_SHOWN] for line in one.lifecycle.state()]
        return [*lines, *more_than_shown(len(servers))]

    def reload(self) -> None:
        """Read the files of TLS again; nobody is disconnected."""
        for server in self._servers.values():
            server.lifecycle.reload()

    def _start(
        self, target: int, options: dict[str, Any], verifies: bool = False, door: int = 0
    ) -> None:
        server = self._servers.get(target)
        if server is None:
            try:
                guest = self._services.doors.guest(door, options.get("path")) if door else None
                server = _Server(
                    self._services, self._connections, self._taken, target, options, verifies, guest
                )
            except OptionError as error:
                # JavaScript checks what the schema says; what is more, the start fails for.
                self._services.post((target, "failed", "ERR_INVALID_ARG_VALUE", str(error)))
                self._services.post((target, "idle", 1))
                return
            self._servers[target] = server
        server.start()

    def _stop(self, target: int) -> None:
        if target in self._servers:
            self._servers[target].stop()

    def _forget(self, target: int) -> None:
        server = self._servers.get(target)
        if server is not None and not server.lifecycle.is_active:
            server.release()
            del self._servers[target]

    def _admit(self, target: int, applicant: int, subprotocol: str | None) -> None:
        if target in self._servers:
            self._servers[target].admit(applicant, subprotocol)

    def _refuse(
        self,
        target: int,
        applicant: int,
        status: int,
        reason: str,
        headers: dict[str, Any] | None,
    ) -> None:
        if target in self._servers:
            self._servers[target].refuse(applicant, status, reason, headers)

    def _send(self, target: int, payload: Payload) -> None:
        connection = self._connections.get(target)
        if connection is None:
            return
        if target in self._taken:
            self._taken[target] += weight_of(payload)
        try:
            send_payload(connection, payload)
        except EncodingError as error:
            connection.context.bad_image(connection, str(error))

    def _broadcast(self, target: int, last: int, payload: Payload) -> None:
        """Send to the open sockets of a server, up to the last one that the script has seen."""
        server = self._servers.get(target)
        if server is None:
            return
        peers = [
            connection
            for address, connection in self._connections.items()
            if address >= last and connection.context is server
        ]
        try:
            frame = frame_of(payload)
        except EncodingError as error:
            for peer in peers:
                server.bad_image(peer, str(error))
            return
        if isinstance(frame, str):
            for peer in peers:
                peer.send_text(frame)
        else:
            for peer in peers:
                peer.send_binary(frame)

    def _ping(self, target: int, payload: str) -> None:
        connection = self._connections.get(target)
        if connection is not None:
            connection.ping(a2b_base64(payload))

    def _unsent(self, target: int) -> tuple[int, int]:
        """Return the bytes that wait, and how much was sent since it is measured; -1 is not yet."""
        connection = self._connections.get(target)
        if connection is None:
            return 0, -1
        return connection.unsent_bytes, self._taken.get(target, -1)

    def _measure(self, target: int) -> None:
        """Count from now on what a script sends on a socket, as its JavaScript half does."""
        connection = self._connections.get(target)
        if connection is None or target in self._taken:
            return
        taken = self._taken
        taken[target] = 0

        def send(text: str) -> None:
            taken[target] += count_utf16_units(text)
            connection.send_text(text)

        self._services.senders[_address(target)] = send

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
        taken: dict[int, int],
        target: int,
        options: dict[str, Any],
        verifies: bool,
        guest: Guest | None = None,
    ) -> None:
        self._services = services
        self._connections = connections
        self._taken = taken
        self._turns = services.turns
        self._target = target
        self._answered = 0
        self._begun = 0
        values = validate("web-socket-server", options).values
        self._to_event = to_event(values["receiveType"], values["maxImagePixels"])
        self._is_text = self._to_event is text_to_event
        self._verifies = verifies
        self._applicants: dict[int, Applicant] = {}
        verifier = self if verifies else None
        settings = server_settings(values, services.permissions, verifier, guest)
        self._guest = guest
        self.lifecycle = ServerLifecycle(self, settings, services.flusher)
        self._files = [values[name] for name in FILES if values["sslTls"] and values[name]]

    def start(self) -> None:
        """Listen, once what was asked for before is done."""
        self._answered += 1
        self._begun = self._services.listens.begin()
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

    def release(self) -> None:
        """Let go of what is shared with others."""
        if self._guest is not None:
            self._guest.forget()

    def admit(self, applicant: int, subprotocol: str | None) -> None:
        """Open the WebSocket of a client that waits for it; the script hears of it either way.

        Args:
            applicant: its number.
            subprotocol: one that it offers, or None.
        """
        peer = self._applicants.pop(applicant, None)
        admitted = False
        try:
            admitted = peer is not None and peer.admit(subprotocol)
        except ValueError:
            # The module's JavaScript half says what is wrong; this is for whoever comes around it.
            if peer is not None:
                peer.refuse(_FAILED)
            raise
        finally:
            if not admitted:
                self._post("left", applicant)

    def refuse(
        self, applicant: int, status: int, reason: str, headers: dict[str, Any] | None
    ) -> None:
        """Refuse a client that waits to be admitted; nothing when it has left."""
        peer = self._applicants.pop(applicant, None)
        if peer is None:
            return
        try:
            peer.refuse(status, reason, headers)
        except ValueError:
            peer.refuse(_FAILED)
            raise

    def _post(self, name: str, *details: str | int) -> None:
        self._services.post((self._target, name, *details))

    # Called by the lifecycle, and for clients

    def listening(self, port: int) -> None:
        self._services.listens.succeeded(self._begun)
        if self.lifecycle.address is not None:
            address, family, _ = self.lifecycle.address
            self._post("listening", port, address, family)

    def failed(self, error: StartError) -> None:
        # One that is started twice goes on listening.
        if not self.lifecycle.is_active:
            self._services.listens.failed()
        self._post("failed", error.code, str(error), *missing_permission(error))
        self._settle()

    def renewal_failed(self, error: StartError) -> None:
        self._post("failed", error.code, str(error), *missing_permission(error))

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
        client = cast("ServerPeer", connection)
        if self._verifies:
            # The script knows the rest.
            self._turns.post_patiently((self._target, "admitted", target, client.subprotocol))
        else:
            self._turns.post_patiently(self._event("opened", client))

    def verify(self, applicant: Applicant) -> None:
        self._applicants[-applicant.id] = applicant
        self._turns.post_patiently(self._event("asked", applicant))

    def forget(self, applicant: Applicant) -> None:
        self._applicants.pop(-applicant.id, None)

    def _event(self, name: str, peer: ServerPeer) -> tuple[int, str, int, str, str]:
        """Make the event of a client, with what it asks for."""
        path = peer.request_path.partition("?")[0]
        if peer.is_secure or peer.subprotocol is not None:
            certificate = peer.client_certificate()
            secure, spoken = peer.is_secure, peer.subprotocol
            facts = json.dumps(
                [peer.remote_host, peer.remote_port, secure, certificate, spoken, path]
            )
        else:
            # JSON would take a tenth of the time for which a client is connected.
            facts = f"{peer.remote_host} {peer.remote_port} {path}"
        return self._target, name, -peer.id, facts, peer.head.decode("latin-1")

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

    def drained(self, connection: Peer) -> None:
        self._services.post((-connection.id, "drain"))

    def ponged(self, connection: Peer, data: bytes) -> None:
        self._services.post((-connection.id, "pong", b2a_base64(data, newline=False).decode()))

    def fault(self, connection: Peer, fault: ConnectionFault) -> None:
        self._services.post((-connection.id, "fault", fault.code, fault.reason))

    def bad_image(self, connection: Peer, reason: str) -> None:
        """Tell the script of a message that was dropped; the connection stays open."""
        self._services.post((-connection.id, "fault", BAD_IMAGE, reason))

    def closed(self, connection: Peer, code: int, reason: str) -> None:
        target = -connection.id
        self._taken.pop(target, None)
        del self._connections[target]
        del self._turns.senders[_address(target)]
        self._services.post((target, "closed", code, reason))


def _address(target: int) -> str:
    return f"socket.send {target}"
