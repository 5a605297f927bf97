"""Connecting while a thread waits, to addresses that have been checked and to no others."""

from __future__ import annotations

import socket
import ssl
import time

from .permits import ConnectPermit

__all__ = ["connect_blocking", "secure"]


def connect_blocking(host: str, port: int, timeout: float, permit: ConnectPermit) -> socket.socket:
    """Connect to a server.

    Args:
        host: name or address.
        port: TCP port.
        timeout: seconds for all of its addresses together.
        permit: decides whether this may be.

    Raises:
        AccessDeniedError: it may not.
        OSError: the name cannot be resolved, or no address be reached.
    """
    deadline = time.monotonic() + timeout
    permit.check_name(host, port)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    permit.check_connect(host, port, [str(address[0]) for *_, address in found])
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            sock.connect(address)
            sock.settimeout(timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure or OSError(f"{host} has no address")


def secure(sock: socket.socket, host: str) -> socket.socket:
    """Speak TLS, as a client that trusts whom the system trusts.

    Args:
        sock: connected.
        host: whom the certificate must name.

    Raises:
        OSError: TLS fails; the socket is closed.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise
