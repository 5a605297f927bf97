"""What a server and a client are told, in seconds and bytes; the module's options come from above.

Plain classes: named tuples and dataclasses are made at import, which delays the start of a server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..net.ports import SOCKET_MODE
from .limits import Limits

if TYPE_CHECKING:
    from ..net.forwarding import Proxies
    from ..net.handover import Guest
    from ..net.permits import ConnectPermit, ListenPermit
    from ..net.tls.settings import ClientTls, ServerTls
    from .opening import Verifier

__all__ = ["ClientNames", "ClientSettings", "ServerSettings"]


class ServerSettings:
    """Where a server listens, for whom, and within which limits.

    Args:
        host: name or IP address of the interface; ``"localhost"`` is both loopback addresses,
            ``unix:PATH`` a Unix socket.
        port: TCP port; 0 takes any free one.
        limits: for each connection.
        allowed_origins: origins that may connect; None admits every client.
        max_connections: clients at a time, in their handshake or open; 0 is no limit.
        max_connections_per_host: the same for one host; 0 is no limit.
        connection_rate: connections that one host may open in a second; 0 is no limit.
        proxies: whose word about the addresses of clients is taken; None is nobody's.
        path: the only one that is served, without query; None is any.
        subprotocols: those that are spoken, the preferred first.
        verifier: decides on each client; None admits all.
        tls: key and certificate; None speaks plain text.
        permit: decides where to listen; None is anywhere.
        reuse_port: whether other programs of the user may listen on the port, if they say so too.
        socket_mode: permissions of a Unix socket's file.
        health_path: path on which plain HTTP is told that the server listens; empty for none.
        guest: takes the connections of another server, in place of sockets; None has its own.
    """

    __slots__ = (
        "allowed_origins",
        "connection_rate",
        "guest",
        "health_path",
        "host",
        "limits",
        "max_connections",
        "max_connections_per_host",
        "path",
        "permit",
        "port",
        "proxies",
        "reuse_port",
        "socket_mode",
        "subprotocols",
        "tls",
        "verifier",
    )

    def __init__(
        self,
        host: str,
        port: int,
        *,
        limits: Limits | None = None,
        allowed_origins: Sequence[str] | None = None,
        max_connections: int = 0,
        max_connections_per_host: int = 0,
        connection_rate: int = 0,
        proxies: Proxies | None = None,
        path: str | None = None,
        subprotocols: Sequence[str] = (),
        verifier: Verifier | None = None,
        tls: ServerTls | None = None,
        permit: ListenPermit | None = None,
        reuse_port: bool = False,
        socket_mode: int = SOCKET_MODE,
        health_path: str = "",
        guest: Guest | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.limits = limits or Limits()
        self.allowed_origins = None if allowed_origins is None else list(allowed_origins)
        self.max_connections = max_connections
        self.max_connections_per_host = max_connections_per_host
        self.connection_rate = connection_rate
        self.proxies = proxies
        self.path = path
        self.subprotocols = tuple(subprotocols)
        self.verifier = verifier
        self.tls = tls
        self.permit = permit
        self.reuse_port = reuse_port
        self.socket_mode = socket_mode
        self.health_path = health_path
        self.guest = guest


class ClientNames:
    """The user's names of settings of a client that errors speak of.

    Args:
        tls: what switches TLS on.
        max_queued_messages: of :class:`ClientSettings`.
        max_unsent_bytes: of :class:`~.limits.Limits`.
    """

    __slots__ = ("max_queued_messages", "max_unsent_bytes", "tls")

    def __init__(
        self,
        tls: str = "tls",
        max_queued_messages: str = "max_queued_messages",
        max_unsent_bytes: str = "max_unsent_bytes",
    ) -> None:
        self.tls = tls
        self.max_queued_messages = max_queued_messages
        self.max_unsent_bytes = max_unsent_bytes


class ClientSettings:
    """Where a client connects to, how often it tries, what it keeps until it is open.

    Args:
        host: name or IP address of the server, in ASCII.
        port: TCP port.
        path: path and query of the request, which begins with ``/``.
        limits: for the connection.
        connect_timeout: seconds for one attempt; 0 is for ever.
        retries: attempts after the first one.
        retry_pause: seconds between two attempts.
        throttle: seconds between two messages that were queued; 0 sends them at once.
        discards: whether messages are dropped, not queued, before the client is open.
        max_queued_messages: messages that may wait for it.
        tls: whom to trust; None speaks plain text.
        names: what errors call these.
        permit: decides where to connect; None is anywhere.
        headers: fields that are added to the request, each a name and a value, as HTTP has them.
        subprotocols: offered to the server, in the order of preference.
        proxy: URL of a proxy, ``direct``, or empty for what the environment says.
        server_name: of the server in TLS, in ASCII; empty for the host.
    """

    __slots__ = (
        "connect_timeout",
        "discards",
        "headers",
        "host",
        "limits",
        "max_queued_messages",
        "names",
        "path",
        "permit",
        "port",
        "proxy",
        "retries",
        "retry_pause",
        "server_name",
        "subprotocols",
        "throttle",
        "tls",
    )

    def __init__(
        self,
        host: str,
        port: int,
        path: str = "/",
        *,
        limits: Limits | None = None,
        connect_timeout: float = 1.0,
        retries: int = 10,
        retry_pause: float = 0.5,
        throttle: float = 0.0,
        discards: bool = False,
        max_queued_messages: int = 1000,
        tls: ClientTls | None = None,
        names: ClientNames | None = None,
        permit: ConnectPermit | None = None,
        headers: Sequence[tuple[str, str]] = (),
        subprotocols: Sequence[str] = (),
        proxy: str = "",
        server_name: str = "",
    ) -> None:
        self.host = host
        self.port = port
        self.path = path
        self.limits = limits or Limits()
        self.connect_timeout = connect_timeout
        self.retries = retries
        self.retry_pause = retry_pause
        self.throttle = throttle
        self.discards = discards
        self.max_queued_messages = max_queued_messages
        self.tls = tls
        self.names = names or ClientNames()
        self.permit = permit
        self.headers = tuple(headers)
        self.subprotocols = tuple(subprotocols)
        self.proxy = proxy
        self.server_name = server_name

    @property
    def url(self) -> str:
        """Return the address of the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ws' if self.tls is None else 'wss'}://{host}:{self.port}{self.path}"
