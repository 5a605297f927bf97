"""What an HTTP server is told, in seconds and bytes; the module's options come from above.

Plain classes: named tuples and dataclasses are made at import, which delays the start of a server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...net.ports import SOCKET_MODE

if TYPE_CHECKING:
    from ...net.forwarding import Proxies
    from ...net.handover import Door
    from ...net.permits import ListenPermit
    from ...net.tls.settings import ServerTls

__all__ = ["HttpLimits", "HttpServerSettings"]


class HttpLimits:
    """Limits of the connections of an HTTP server.

    Args:
        max_head_size: bytes of a request line with its fields.
        max_fields: fields of a request.
        max_body_size: bytes of a request's body.
        max_held_bytes: bytes of all bodies that are not answered yet, together.
        head_timeout: seconds for a request's head, from its first byte or from the connection on.
        body_timeout: seconds for the rest of a request.
        answer_timeout: seconds that the owner has for an answer.
        idle_timeout: seconds between an answer and the next request; also between two signs that a
            client reads its answer.
        closing_timeout: seconds that a client has to read its last answer.
        max_unsent_bytes: bytes that may wait for a client, and so of an answer.
        high_water_mark: unsent bytes above which nothing more is read.
    """

    __slots__ = (
        "answer_timeout",
        "body_timeout",
        "closing_timeout",
        "head_timeout",
        "high_water_mark",
        "idle_timeout",
        "max_body_size",
        "max_fields",
        "max_head_size",
        "max_held_bytes",
        "max_unsent_bytes",
    )

    def __init__(
        self,
        *,
        max_head_size: int = 16 * 1024,
        max_fields: int = 100,
        max_body_size: int = 16 * 1024 * 1024,
        max_held_bytes: int = 64 * 1024 * 1024,
        head_timeout: float = 10.0,
        body_timeout: float = 30.0,
        answer_timeout: float = 10.0,
        idle_timeout: float = 15.0,
        closing_timeout: float = 2.0,
        max_unsent_bytes: int = 16 * 1024 * 1024,
        high_water_mark: int = 256 * 1024,
    ) -> None:
        self.max_head_size = max_head_size
        self.max_fields = max_fields
        self.max_body_size = max_body_size
        self.max_held_bytes = max_held_bytes
        self.head_timeout = head_timeout
        self.body_timeout = body_timeout
        self.answer_timeout = answer_timeout
        self.idle_timeout = idle_timeout
        self.closing_timeout = closing_timeout
        self.max_unsent_bytes = max_unsent_bytes
        # As for web sockets: a quarter at most, so that one more answer fits behind it.
        self.high_water_mark = min(high_water_mark, max(1, max_unsent_bytes // 4))


class HttpServerSettings:
    """Where an HTTP server listens, for whom, and within which limits.

    Args:
        host: name or IP address of the interface; ``"localhost"`` is both loopback addresses,
            ``unix:PATH`` a Unix socket.
        port: TCP port; 0 takes any free one.
        limits: for each connection.
        max_connections: clients at a time; 0 is no limit.
        max_connections_per_host: the same for one host; 0 is no limit.
        connection_rate: connections that one host may open in a second; 0 is no limit.
        tls: key and certificate; None speaks plain text.
        permit: decides where to listen; None is anywhere.
        reuse_port: whether other programs of the user may listen on the port, if they say so too.
        socket_mode: permissions of a Unix socket's file.
        door: where connections go whose clients want a web socket; None is nowhere.
        proxies: whose word about the addresses of clients is taken; None is nobody's.
    """

    __slots__ = (
        "connection_rate",
        "door",
        "host",
        "limits",
        "max_connections",
        "max_connections_per_host",
        "permit",
        "port",
        "proxies",
        "reuse_port",
        "socket_mode",
        "tls",
    )

    def __init__(
        self,
        host: str,
        port: int,
        *,
        limits: HttpLimits | None = None,
        max_connections: int = 0,
        max_connections_per_host: int = 0,
        connection_rate: int = 0,
        tls: ServerTls | None = None,
        permit: ListenPermit | None = None,
        reuse_port: bool = False,
        socket_mode: int = SOCKET_MODE,
        door: Door | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.limits = limits or HttpLimits()
        self.max_connections = max_connections
        self.max_connections_per_host = max_connections_per_host
        self.connection_rate = connection_rate
        self.tls = tls
        self.permit = permit
        self.reuse_port = reuse_port
        self.socket_mode = socket_mode
        self.door = door
        self.proxies = proxies
