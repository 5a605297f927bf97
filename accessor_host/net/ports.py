"""Whose the port of a server is: its own, one that it shares, or one that it was started with."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Protocol

from ..errors import ListenError
from .addresses import CAN_SHARE, UNIX, Address, bind

if TYPE_CHECKING:
    from .unix_sockets import Identity

__all__ = ["SOCKET_MODE", "Claim", "Location", "OwnPorts", "Ports", "inherited", "ports"]

SOCKET_MODE = 0o660
"""Permissions of a Unix socket's file: its owner and group may connect."""


class Location:
    """Where a server listens.

    Args:
        host: name or IP address of the interface, or ``unix:PATH``.
        port: TCP port; 0 takes any free one.
        shared: whether other programs of the user may listen there too, if they say so.
        mode: permissions of a Unix socket's file.
    """

    __slots__ = ("host", "mode", "port", "shared")

    def __init__(
        self, host: str, port: int, *, shared: bool = False, mode: int = SOCKET_MODE
    ) -> None:
        self.host = host
        self.port = port
        self.shared = shared
        self.mode = mode

    @property
    def is_path(self) -> bool:
        """Whether it is a Unix socket."""
        return self.host.startswith(UNIX)


class Claim(Protocol):
    """One start of a server."""

    async def bind(self, addresses: list[Address]) -> list[socket.socket]:
        """Listen; as :func:`~accessor_host.net.addresses.bind`."""

    def release(self) -> None:
        """Say that nothing listens any more; nothing when it was said before."""


class Ports(Protocol):
    """Where servers get their ports from."""

    def claim(self, location: Location) -> Claim:
        """Begin a start, in the order in which servers are started.

        Args:
            location: where to listen.
        """


class OwnPorts:
    """Ports that belong to this process alone."""

    def claim(self, location: Location) -> Claim:
        """Begin a start."""
        return _OwnPort(location)


class _OwnPort:
    def __init__(self, location: Location) -> None:
        self._location = location
        self._file: tuple[str, Identity] | None = None

    async def bind(self, addresses: list[Address]) -> list[socket.socket]:
        location = self._location
        if found := inherited(addresses, location.port):
            return found
        if location.is_path:
            from .unix_sockets import bind_path

            ((_, path),) = addresses
            sock, identity = bind_path(path, location.mode)
            self._file = path, identity
            return [sock]
        if location.shared and not CAN_SHARE:
            reason = "only Linux lets several programs share a port"
            raise ListenError("ENOTSUP", location.host, location.port, reason)
        return bind(location.host, addresses, location.port, shared=location.shared)

    def release(self) -> None:
        if self._file is not None:
            from .unix_sockets import remove

            remove(*self._file)
            self._file = None


def inherited(addresses: list[Address], port: int) -> list[socket.socket]:
    """Return the sockets for addresses that this process was started with.

    Args:
        addresses: where a server is to listen.
        port: TCP port.
    """
    if "LISTEN_FDS" not in os.environ:
        return []
    # Imported late: hardly any process is started with sockets.
    from .inherited import inheritance

    return inheritance.find(addresses, port)


ports: Ports = OwnPorts()
"""Where the servers of this process get their ports from; a worker puts itself here."""
