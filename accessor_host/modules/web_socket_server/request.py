"""What a client asks for in its opening handshake, as the Python face shows it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...websocket.opening import offered_subprotocols, read_fields

if TYPE_CHECKING:
    from ...websocket.handler import ServerPeer

__all__ = ["Request"]


class Request:
    """The request of a client: the argument of ``verify_client``, and the second of ``connection``.

    It is read when something of it is asked for, and nobody but its user keeps it.

    Args:
        peer: of which the head of the request is still there.
    """

    def __init__(self, peer: ServerPeer) -> None:
        self._head = peer.head
        self._target = peer.request_path
        self.origin: str | None = peer.origin
        """Origin that a browser names; None for most other clients."""
        self.remote_host: str = peer.remote_host
        """IP address of the client."""
        self.remote_port: int = peer.remote_port
        """TCP port of the client."""
        self.secure: bool = peer.is_secure
        """Whether the client connects over TLS."""
        self.client_certificate: Mapping[str, object] | None = peer.client_certificate()
        """The client's certificate, if it has shown one and it was verified:
        :func:`accessor_host.net.tls.peer_certificate.describe` says what is in it."""

    @property
    def path(self) -> str:
        """The path, as the client wrote it, without query."""
        return self._target.partition("?")[0]

    @property
    def query(self) -> str:
        """What stands behind the ``?``; empty when there is nothing."""
        return self._target.partition("?")[2]

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The fields by their names in lower case; one that came twice is joined by ``", "``,
        and ``cookie`` by ``"; "``."""
        fields: dict[str, str] = {}
        for name, value in read_fields(self._head):
            separator = "; " if name == "cookie" else ", "
            fields[name] = f"{fields[name]}{separator}{value}" if name in fields else value
        return MappingProxyType(fields)

    @cached_property
    def subprotocols(self) -> list[str]:
        """The subprotocols that the client offers, those that it prefers first."""
        return offered_subprotocols(self._head)

    def __repr__(self) -> str:
        # Not the query, nor headers: they hold secrets.
        return f"<Request of {self.remote_host}:{self.remote_port} for {self.path}>"
