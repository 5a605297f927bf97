"""The Python half of ``@modules/socket``: the TCP clients and servers of scripts.

Events go to the target of a client or server, or of a server's socket: the negative number of its
connection, by which the script speaks of it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...codecs.elements import ELEMENT_SIZES, SUPPORTED_RECEIVE_TYPES, encode_number_text
from ...codecs.images import MAX_IMAGE_PIXELS
from ...core.rounds import Fence
from ...errors import AccessDeniedError, EncodingError, OptionError
from ...net.connect import ascii_host
from ...net.listing import MAX_SHOWN, more_than_shown
from ...net.quoting import printable
from ...net.serving import Serving
from ...options import validate
from ..client_tls import client_tls, client_tls_files
from ..payloads import Payload, bytes_of, missing_permission
from ..server_tls import server_tls
from .client import Client, ClientSettings
from .connection import Connection, Group
from .readers import Reader, make_reader
from .server import Listener, ServerSettings
from .settings import stream_settings

if TYPE_CHECKING:
    from ...core.services import Services
    from ...net.serving import StartError

__all__ = ["Sockets"]

UNSENDABLE = "ERR_SOCKET_UNSENDABLE"
"""Code of a value that cannot be sent: an image that is none, for example."""

_MAX_PORT = 65_535

_STOPPING = "ERR_HOST_STOPPING"


class Sockets:
    """All TCP clients and servers of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clients: dict[int, _Client] = {}
        self._servers: dict[int, _Server] = {}
        self._sockets: dict[int, tuple[_Server, Connection]] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "tcp-client.create": self._create,
            "tcp-client.open": self._open,
            "tcp-client.send": self._send,
            "tcp-client.close": self._close,
            "tcp-client.forget": self._forget,
            "tcp-server.start": self._start,
            "tcp-server.stop": self._stop,
            "tcp-server.forget": self._forget_server,
            "tcp-socket.send": self._send_on_socket,
            "tcp-socket.close": self._close_socket,
        }

    async def stop(self) -> None:
        """Stop every server and close every client, all at a time."""
        servers, clients = list(self._servers.values()), list(self._clients.values())
        for server in servers:
            server.server.stop()
        for client in clients:
            client.client.close()
        for server in servers:
            await server.server.wait_inactive()
        for client in clients:
            await client.client.wait_inactive()

    def reload(self) -> None:
        """Read the files of TLS again; nobody is disconnected."""
        for server in self._servers.values():
            server.server.reload()

    def state(self) -> list[str]:
        """Describe the servers and clients."""
        lines = [line for one in list(self._servers.values())[:MAX_SHOWN] for line in one.state()]
        lines += more_than_shown(len(self._servers))
        clients = list(self._clients.values())
        lines += [f"TCP clients: {len(clients)}", *(one.state() for one in clients[:MAX_SHOWN])]
        return [*lines, *more_than_shown(len(clients))]

    # Clients.

    def _create(self, target: int, port: int, host: str, options: dict[str, Any]) -> None:
        if not 0 < port <= _MAX_PORT:
            raise ValueError(f"{port} is no port of a server")
        if target not in self._clients:
            client = self._clients[target] = _Client(self._services, target, port, host, options)
            self._services.senders[f"tcp-client.send {target}"] = client.send_text

    def _open(self, target: int) -> None:
        if target in self._clients:
            self._clients[target].open()

    def _send(self, target: int, payload: Payload) -> None:
        if target in self._clients:
            self._clients[target].send(payload)

    def _close(self, target: int) -> None:
        if target in self._clients:
            self._clients[target].close()

    def _forget(self, target: int) -> None:
        client = self._clients.get(target)
        if client is not None and not client.client.is_active:
            del self._clients[target]
            del self._services.senders[f"tcp-client.send {target}"]

    # Servers.

    def _start(self, target: int, options: dict[str, Any]) -> None:
        server = self._servers.get(target)
        if server is None:
            try:
                server = _Server(self._services, self._sockets, target, options)
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

    def _forget_server(self, target: int) -> None:
        server = self._servers.get(target)
        if server is not None and not server.server.is_active:
            del self._servers[target]

    def _send_on_socket(self, target: int, payload: Payload) -> None:
        if target not in self._sockets:
            return
        server, connection = self._sockets[target]
        try:
            connection.send(bytes_of(payload))
        except EncodingError as error:
            server.dropped(connection, UNSENDABLE, str(error))

    def _close_socket(self, target: int) -> None:
        if target in self._sockets:
            self._sockets[target][1].close()


class _Endpoint:
    """What clients and servers of scripts have in common: events of their connections."""

    def __init__(self, services: Services, target: int, values: dict[str, Any]) -> None:
        if values["receiveType"] not in SUPPORTED_RECEIVE_TYPES:
            allowed = f"one of {', '.join(SUPPORTED_RECEIVE_TYPES)}"
            raise OptionError("receiveType", values["receiveType"], allowed)
        self._services = services
        self._turns = services.turns
        self._target = target
        self._answered = 0
        self._files = client_tls_files(values)
        make: Callable[[], Reader] = partial(
            make_reader,
            values["receiveType"],
            is_raw=values["rawBytes"],
            is_batch=values["emitBatchDataAsAvailable"],
            max_size=values["maxMessageSize"],
            max_pixels=MAX_IMAGE_PIXELS,
        )
        kind = values["sendType"]
        self._numbers = kind if kind in ELEMENT_SIZES else ""  # what texts of scripts are, if so
        self._group = Group(self, stream_settings(values), make, services.flusher, services.loop)

    def _check_files(self) -> AccessDeniedError | None:
        """Return why files of TLS may not be read, if they may not."""
        permissions = self._services.permissions
        if permissions is not None:
            try:
                permissions.check_files(self._files)
            except AccessDeniedError as error:
                return error
        return None

    def _post(self, name: str, *details: str | int) -> None:
        self._services.post((self._target, name, *details))

    def _target_of(self, connection: Connection) -> int:
        raise NotImplementedError

    # Called by connections.

    def opened(self, connection: Connection) -> None:
        raise NotImplementedError

    def received(self, connection: Connection, payload: str) -> None:
        target, turns = self._target_of(connection), self._turns
        turns.post_message(target, payload)
        if turns.is_behind:
            connection.pause()
            turns.when_served(target, connection.resume)

    def dropped(self, connection: Connection, code: str, reason: str) -> None:
        self._services.post((self._target_of(connection), "fault", code, reason))

    def failed(self, connection: Connection, code: str, reason: str) -> None:
        self._services.post((self._target_of(connection), "fault", code, reason))

    def ended(self, connection: Connection) -> None:
        self._services.post((self._target_of(connection), "closed"))

    def lost(self, connection: Connection) -> None:
        raise NotImplementedError


class _Client(_Endpoint):
    """One client of a script."""

    def __init__(
        self, services: Services, target: int, port: int, host: str, options: dict[str, Any]
    ) -> None:
        values = validate("socket", options).values
        super().__init__(services, target, values)
        settings = ClientSettings(
            ascii_host(host),
            port,
            values["connectTimeout"] / 1000,
            values["reconnectAttempts"],
            values["reconnectInterval"] / 1000,
            client_tls(values, "TCP"),
            services.permissions,
        )
        self.client = Client(self, self._group, settings)

    def state(self) -> str:
        """Describe the client in one line."""
        connection = self.client.connection
        phase = "inactive" if not self.client.is_active else "connecting"
        if connection is not None:
            phase = connection.state().rpartition(": ")[2]
        return f"  TCP client of {printable(self.client.address)}: {phase}"

    def open(self) -> None:
        """Begin to connect."""
        self._answered += 1
        if self._services.is_stopping:
            self.refused(_STOPPING, "the host is stopping; no client can open", None)
            return
        denied = self._check_files()
        if denied is not None:
            self.refused(denied.code, denied.reason, denied)
            return
        self.client.open(self._services.loop)
        self._services.hold(self)
        self._settle()

    def send(self, payload: Payload) -> None:
        """Send what the script encoded."""
        try:
            data = bytes_of(payload)
        except EncodingError as error:
            self._answered += 1
            self._post("fault", UNSENDABLE, str(error))
            self._settle()
            return
        self._send_bytes(data)

    def send_text(self, text: str) -> None:
        """Send a text that is well-formed, or the numbers that it is."""
        kind = self._numbers
        self._send_bytes(encode_number_text(kind, text) if kind else text.encode())

    def close(self) -> None:
        """Close, and stop connecting."""
        self._answered += 1
        self.client.close()
        self._settle()

    def _send_bytes(self, data: bytes) -> None:
        self._answered += 1
        connection = self.client.connection
        if connection is not None:
            connection.send(data)
        else:
            self._settle()

    def _settle(self) -> None:
        if not self.client.is_active:
            self._services.release(self)
            self._post("idle", self._answered)

    def _target_of(self, connection: Connection) -> int:
        return self._target

    # Called by the client and its connection.

    def refused(self, code: str, reason: str, error: Exception | None) -> None:
        self._post("failed", code, reason, *missing_permission(error))
        self._settle()

    def opened(self, connection: Connection) -> None:
        self.client.made(connection)
        self._post("opened")

    def lost(self, connection: Connection) -> None:
        self.client.left(self._services.loop)
        self._settle()


class _Server(_Endpoint):
    """One server of a script."""

    def __init__(
        self,
        services: Services,
        sockets: dict[int, tuple[_Server, Connection]],
        target: int,
        options: dict[str, Any],
    ) -> None:
        values = validate("socket", options).values
        super().__init__(services, target, values)
        self._sockets = sockets
        self._begun = 0
        host, port = values["hostInterface"], values["port"]
        settings = ServerSettings(
            host,
            port,
            values["maxConnections"],
            server_tls(values, authorities="trustedCACertPath", request="clientAuth", alpn=()),
            services.permissions,
        )
        self._address = f"{host}:{port}"
        self._listener = Listener(self._group, settings, self._tell)
        self.server = Serving(_Starts(self), self._listener, host, port)

    def state(self) -> list[str]:
        """Describe the server and its connections in lines."""
        connections = self._listener.connections
        shown = sorted(connections, key=lambda one: one.number)[:MAX_SHOWN]
        return [
            f"TCP server on {printable(self._address)}: {self.server.phase}, "
            f"{len(connections)} connections, dropped: {self._listener.dropped}",
            *(f"  {connection.state()}" for connection in shown),
            *more_than_shown(len(connections)),
        ]

    def start(self) -> None:
        """Listen, once what was asked for before is done."""
        self._answered += 1
        self._begun = self._services.listens.begin()
        if self._services.is_stopping:
            self._post("failed", _STOPPING, "the host is stopping; no server can start")
            self._settle()
            return
        denied = self._check_files()
        if denied is not None:
            self.failed_to_start(denied)
            return
        self.server.start(self._services.loop)
        self._services.hold(self)

    def stop(self) -> None:
        """Stop listening."""
        self._answered += 1
        self.server.stop()
        self._settle()

    def _settle(self) -> None:
        if not self.server.is_active:
            self._services.release(self)
            self._post("idle", self._answered)

    def _target_of(self, connection: Connection) -> int:
        return -connection.number

    # Called by the server and its connections.

    def listening(self, port: int) -> None:
        self._services.listens.succeeded(self._begun)
        self._post("listening", port)

    def failed_to_start(self, error: StartError) -> None:
        # One that is started twice goes on listening.
        if not self.server.is_active:
            self._services.listens.failed()
        self._tell(error)
        self._settle()

    def _tell(self, error: StartError) -> None:
        self._post("failed", error.code, str(error), *missing_permission(error))

    def stopped(self) -> None:
        # The ends of its connections come before it.
        self._services.post(Fence((self._target, "stopped")))
        self._settle()

    def opened(self, connection: Connection) -> None:
        if not self._listener.add(connection, connection.transport):
            return
        target = -connection.number
        self._sockets[target] = self, connection
        kind = self._numbers
        self._turns.senders[f"tcp-socket.send {target}"] = (
            partial(_send_numbers, connection, kind) if kind else connection.send_text
        )
        host, port = connection.remote_host, connection.remote_port
        self._turns.post_patiently((self._target, "opened", target, host, port))

    def ended(self, connection: Connection) -> None:
        if -connection.number in self._sockets:
            super().ended(connection)

    def lost(self, connection: Connection) -> None:
        self._listener.remove(connection)
        target = -connection.number
        if self._sockets.pop(target, None) is not None:
            del self._turns.senders[f"tcp-socket.send {target}"]


class _Starts:
    """Take what happens to a server, apart from what happens to its connections."""

    def __init__(self, server: _Server) -> None:
        self.listening = server.listening
        self.failed = server.failed_to_start
        self.stopped = server.stopped


def _send_numbers(connection: Connection, kind: str, text: str) -> None:
    connection.send(encode_number_text(kind, text))
