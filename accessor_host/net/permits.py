"""What decides where servers listen and clients connect, for those who have the sockets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["ConnectPermit", "DatagramPermit", "ListenPermit"]


class ListenPermit(Protocol):
    """Decide where servers may listen."""

    def check_listen(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """Raise :class:`~accessor_host.errors.AccessDeniedError` where a server may not.

        Args:
            host: name or address, as it was given.
            port: which one.
            addresses: what the host was resolved to.
        """

    def check_files(self, paths: Sequence[str]) -> None:
        """Raise :class:`~accessor_host.errors.AccessDeniedError` for a file that is not to be read.

        Args:
            paths: of key and certificate files, as they were given.
        """


class ConnectPermit(Protocol):
    """Decide where clients may connect."""

    def check_name(self, host: str, port: int) -> None:
        """Raise :class:`~accessor_host.errors.AccessDeniedError` for a name not to be looked up.

        Args:
            host: name or address, as it was given.
            port: of the server.
        """

    def check_connect(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """Raise :class:`~accessor_host.errors.AccessDeniedError` where a client may not.

        Args:
            host: name or address, as it was given.
            port: of the server.
            addresses: what the host was resolved to; nothing else is connected to.
        """

    def check_target(self, host: str, port: int) -> None:
        """Raise :class:`~accessor_host.errors.AccessDeniedError` where no proxy may lead.

        Args:
            host: name or address, as it was given; a name is resolved by the proxy.
            port: of the server.
        """


class DatagramPermit(Protocol):
    """Decide where datagrams may come from and go to."""

    def check_listen(self, host: str, port: int, addresses: Sequence[str], *, udp: bool) -> None:
        """Raise as :meth:`ListenPermit.check_listen`, for a port of UDP."""

    def check_name(self, host: str, port: int, *, udp: bool) -> None:
        """Raise as :meth:`ConnectPermit.check_name`, for a port of UDP."""

    def check_connect(self, host: str, port: int, addresses: Sequence[str], *, udp: bool) -> None:
        """Raise as :meth:`ConnectPermit.check_connect`, for a port of UDP."""
