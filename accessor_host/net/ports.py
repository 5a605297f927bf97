"""Whose the port of a server is: its own, or one that it shares with other processes."""

from __future__ import annotations

import socket
from typing import Protocol

from .addresses import Address, bind

__all__ = ["Claim", "OwnPorts", "Ports", "ports"]


class Claim(Protocol):
    """One start of a server."""

    async def bind(self, addresses: list[Address]) -> list[socket.socket]:
        """Listen; as :func:`~accessor_host.net.addresses.bind`."""

    def release(self) -> None:
        """Say that nothing listens any more; nothing when it was said before."""


class Ports(Protocol):
    """Where servers get their ports from."""

    def claim(self, host: str, port: int) -> Claim:
        """Begin a start, in the order in which servers are started.

        Args:
            host: name or IP address of the interface.
            port: TCP port; 0 takes any free one.
        """


class OwnPorts:
    """Ports that belong to this process alone."""

    def claim(self, host: str, port: int) -> Claim:
        """Begin a start."""
        return _OwnPort(host, port)


class _OwnPort:
    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def bind(self, addresses: list[Address]) -> list[socket.socket]:
        return bind(self._host, addresses, self._port)

    def release(self) -> None:
        pass


ports: Ports = OwnPorts()
"""Where the servers of this process get their ports from; a worker puts itself here."""
