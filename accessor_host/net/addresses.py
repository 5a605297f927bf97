"""From an interface's name and a port to listening sockets."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ..errors import ListenError

__all__ = [
    "BACKLOG",
    "CAN_SHARE",
    "UNIX",
    "Address",
    "bind",
    "family_name",
    "reserve",
    "resolve",
]

BACKLOG = 1024
"""Connections that the system holds until they are accepted: a thousand clients at once."""

CAN_SHARE = sys.platform == "linux" and hasattr(socket, "SO_REUSEPORT")
"""Whether several processes can listen on one port.

Other systems have ``SO_REUSEPORT`` too, but there it neither spreads connections over the
processes nor can it be set once a port is bound, as :func:`reserve` does.
"""

UNIX = "unix:"
"""What a host begins with that is the path of a Unix socket."""

_PORT_ATTEMPTS = 10
"""Times that another free port is tried when one is free for IPv4 and taken for IPv6."""

_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
"""How a bind fails when the machine has no such address or no such family."""

Address = tuple[socket.AddressFamily, str]


async def resolve(host: str, port: int) -> list[Address]:
    """Find the addresses to listen on.

    Args:
        host: name or IP address of a local interface, or ``unix:PATH``.
        port: only for the error message.

    Raises:
        ListenError: the name cannot be resolved, or is no path.
    """
    if host.startswith(UNIX):
        return [(socket.AF_UNIX, _locate(host))]
    if host == "localhost":
        # RFC 6761 section 6.3: both loopback addresses, whatever a resolver says.
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    for family in (socket.AF_INET, socket.AF_INET6):
        # Not ipaddress, which takes longer to import than anything here.
        with suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            return [(family, host)]
    return await _look_up(host, port)


def _locate(host: str) -> str:
    """Return the path that a host names, absolute and without links in its folders."""
    path = host.removeprefix(UNIX)
    if not hasattr(socket, "AF_UNIX"):
        raise ListenError("ENOTSUP", host, 0, "this system has no Unix sockets")
    if not path or "\0" in path:
        raise ListenError("EINVAL", host, 0, "a Unix socket needs a path, as in unix:/run/app.sock")
    folder, name = os.path.split(path)
    if name in ("", ".", ".."):
        raise ListenError("EINVAL", host, 0, "this is a folder, not the path of a socket")
    # Not the name itself: a link there is not followed.
    return os.path.join(os.path.realpath(folder or "."), name)


async def _look_up(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror as error:
        unknown = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None))
        code = "ENOTFOUND" if unknown else "EAI_AGAIN"
        raise ListenError(code, host, port, error.strerror or "unknown host") from None
    except (UnicodeError, ValueError) as error:
        # A label that is empty or too long never reaches the resolver.
        raise ListenError("ENOTFOUND", host, port, f"not a host name: {error}") from None
    addresses = [
        (family, str(address[0]))
        for family, _, _, _, address in found
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
    return list(dict.fromkeys(addresses))


def bind(
    host: str, addresses: list[Address], port: int, *, shared: bool = False
) -> list[socket.socket]:
    """Listen on one port of several addresses.

    An address that this machine does not have is left out, as long as another is there.

    Args:
        host: only for the error message.
        addresses: result of :func:`resolve`.
        port: TCP port; 0 takes one that is free on all addresses.
        shared: whether others may listen there too, if all of them say so.

    Raises:
        ListenError: the port is taken, not permitted, or no address is there.
    """
    listen = partial(_listen, shared=True) if shared else _listen
    for attempt in range(1, _PORT_ATTEMPTS + 1):
        try:
            return _bind_all(host, addresses, port, listen)
        except ListenError as error:
            # Free on the first address, taken on the second: another may be free on both.
            if port or error.code != "EADDRINUSE" or attempt == _PORT_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def reserve(host: str, addresses: list[Address], port: int) -> list[socket.socket]:
    """Keep a port for processes of this user that bind it as ``shared``.

    Args:
        host: only for the error message.
        addresses: result of :func:`resolve`.
        port: TCP port; 0 takes one that is free on all addresses.

    Returns:
        Sockets that keep it until they are closed. They do not listen.

    Raises:
        ListenError: as for :func:`bind`, and also when those who listen there would share it.
    """
    # Nobody has what can be bound without sharing it.
    listening = bind(host, addresses, port)
    guards: list[socket.socket] = []
    try:
        for sock in listening:
            guards.append(socket.socket(sock.family, socket.SOCK_STREAM))
            _take_over(guards[-1], sock)
    except OSError as error:
        for guard in guards:
            guard.close()
        raise _listen_error(error, host, port) from None
    finally:
        for sock in listening:
            sock.close()
    return guards


def family_name(family: int) -> str:
    """Name an address family as Node's ``server.address()`` does; Unix sockets are ``"unix"``."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return "unix"
    return "IPv6" if family == socket.AF_INET6 else "IPv4"


def _bind_all(
    host: str,
    addresses: list[Address],
    port: int,
    listen: Callable[[socket.AddressFamily, str, int], socket.socket],
) -> list[socket.socket]:
    bound: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in addresses:
            try:
                bound.append(listen(family, address, port))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error
            else:
                port = bound[-1].getsockname()[1]
        if not bound:
            raise absent or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    except OSError as error:
        for listening in bound:
            listening.close()
        raise _listen_error(error, host, port) from None
    return bound


def _listen(
    family: socket.AddressFamily, address: str, port: int, *, shared: bool = False
) -> socket.socket:
    # asyncio has small writes wait for answers (Nagle) unless it is told that this is TCP.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # A port whose last connections linger in TIME_WAIT can be taken again at once.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # IPv4 has its own socket; a dual-stack one would collide with it.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setblocking(False)
        sock.bind((address, port))
        # Here and not later: two sockets may be bound to one port as long as neither listens.
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _take_over(guard: socket.socket, listening: socket.socket) -> None:
    """Bind a socket to the address of one that listens and is about to be closed."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if guard.family == socket.AF_INET6:
        guard.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    guard.bind(listening.getsockname())
    # It was for connections in TIME_WAIT. From now on it would let in whoever sets it too, as long
    # as nobody listens.
    guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def _listen_error(error: OSError, host: str, port: int) -> ListenError:
    code = errno.errorcode.get(error.errno or 0, "EUNKNOWN")
    return ListenError(code, host, port, _reason(error, port))


def _reason(error: OSError, port: int) -> str:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno == errno.EACCES and 0 < port < 1024:
        return f"{reason}; ports below 1024 need a privilege"
    return reason
