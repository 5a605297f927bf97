"""Sockets that a process was started with: systemd's socket activation (sd_listen_fds(3)).

Whoever starts this process listens before it does, with privileges that this process need not have.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping, Sequence

from .addresses import Address

__all__ = ["FIRST", "MAX_SOCKETS", "Inheritance", "inheritance"]

FIRST = 3
"""Number of the first descriptor, behind those of standard input, output and error."""

MAX_SOCKETS = 256
"""Descriptors that are looked at: more than any unit has, and fewer than a typing error."""


class Inheritance:
    """The listening sockets that a process was started with.

    Args:
        environment: ``LISTEN_PID`` says for which process ``LISTEN_FDS`` descriptors are.
        process: number of this process.
    """

    def __init__(self, environment: Mapping[str, str], process: int) -> None:
        count = environment.get("LISTEN_FDS", "")
        is_ours = environment.get("LISTEN_PID") == str(process)
        found = int(count) if is_ours and count.isdecimal() else 0
        self._sockets: list[socket.socket] | None = None
        self._descriptors: Sequence[int] = range(FIRST, FIRST + min(found, MAX_SOCKETS))

    @property
    def descriptors(self) -> list[int]:
        """Return the descriptors of the sockets, to hand them on."""
        return [sock.fileno() for sock in self._all()]

    def adopt(self, descriptors: Iterable[int]) -> None:
        """Take descriptors that a process which has them has handed on.

        Args:
            descriptors: as :attr:`descriptors`.
        """
        self._descriptors, self._sockets = tuple(descriptors), None

    def find(self, addresses: Sequence[Address], port: int) -> list[socket.socket]:
        """Return duplicates of the sockets that listen on addresses: none, one or more.

        The sockets themselves stay, for a server that starts again.

        Args:
            addresses: where a server is to listen.
            port: TCP port; 0 is any, and none that is here.
        """
        if not self._descriptors:
            return []
        wanted = [(family, address, port) for family, address in addresses]
        return [sock.dup() for sock in self._all() if any(_is_at(sock, *one) for one in wanted)]

    def _all(self) -> list[socket.socket]:
        if self._sockets is None:
            found = map(_listening, self._descriptors)
            self._sockets = [sock for sock in found if sock is not None]
        return self._sockets


def _listening(descriptor: int) -> socket.socket | None:
    """Return the socket that a descriptor is, if it listens for streams."""
    try:
        sock = socket.socket(fileno=descriptor)
    except OSError:
        return None
    try:
        if sock.type == socket.SOCK_STREAM and sock.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            # No program that this one may start has anything to do with it.
            os.set_inheritable(descriptor, False)
            return sock
    except OSError:
        pass
    sock.detach()  # it belongs to somebody else
    return None


def _is_at(sock: socket.socket, family: int, address: str, port: int) -> bool:
    """Tell whether a socket listens on an address."""
    name = sock.getsockname()
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        path = os.fsdecode(name)
        return sock.family == family and bool(path) and os.path.realpath(path) == address
    if not port or name[1] != port:
        return False
    if sock.family == family:
        return _packed(family, name[0]) == _packed(family, address)
    # One of IPv6 for all interfaces listens on those of IPv4, too, unless it was told not to.
    return (
        (sock.family, family) == (socket.AF_INET6, socket.AF_INET)
        and (name[0], address) == ("::", "0.0.0.0")  # noqa: S104 - compared, not bound
        and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    )


def _packed(family: int, address: str) -> bytes:
    return socket.inet_pton(family, address.partition("%")[0])


inheritance = Inheritance(os.environ, os.getpid())
"""What this process was started with."""
