"""What the operating system is told about a TCP connection."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import NamedTuple

__all__ = ["Tuning", "tune"]


class Tuning(NamedTuple):
    """Settings of a TCP connection.

    Args:
        keep_alive: whether the system asks a silent peer whether it is still there.
        no_delay: whether small writes leave at once, instead of waiting for answers (Nagle).
        receive_buffer: bytes that the system may hold that have come; 0 leaves it to the system.
        send_buffer: bytes that the system may hold that are to leave; 0 leaves it to the system.
    """

    keep_alive: bool = False
    no_delay: bool = True
    receive_buffer: int = 0
    send_buffer: int = 0


def tune(transport: asyncio.BaseTransport, tuning: Tuning) -> None:
    """Tell the system how a connection is to be treated; what it does not have is left out.

    Args:
        transport: of the connection.
        tuning: the settings.
    """
    sock = transport.get_extra_info("socket")
    if sock is None:
        return
    # A peer may be gone already, and a Unix socket has none of TCP's options.
    with suppress(OSError):
        if tuning.keep_alive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if tuning.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, tuning.receive_buffer)
        if tuning.send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, tuning.send_buffer)
        # The loops switch Nagle off by themselves.
        if not tuning.no_delay:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
