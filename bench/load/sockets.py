"""Plain sockets that speak just enough WebSocket: where even picows would be the bottleneck.

To open a connection, or to take one of a thousand deliveries, is so little work for a server that
the client has to do it with one or two system calls.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterable

__all__ = ["FailedError", "close_all", "frame_from_client", "frame_from_server", "open_all"]

_AT_A_TIME = 64
"""Handshakes under way; less than the backlog of any server."""

_LIMIT = 15.0
"""Seconds without any progress."""

# The example of RFC 6455, section 1.3.
_REQUEST = (
    b"GET / HTTP/1.1\r\n"
    b"Host: 127.0.0.1\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

_KEY = b"\x5a\xa5\x3c\xc3"


class FailedError(Exception):
    """Report that the server did not do what it must."""


def frame_from_client(opcode: int, data: bytes) -> bytes:
    """Make a frame as clients send it."""
    mask = (_KEY * (len(data) // 4 + 1))[: len(data)]
    masked = bytes(one ^ other for one, other in zip(data, mask, strict=True))
    return bytes([0x80 | opcode]) + _length(len(data), 0x80) + _KEY + masked


def frame_from_server(opcode: int, data: bytes) -> bytes:
    """Make a frame as servers send it."""
    return bytes([0x80 | opcode]) + _length(len(data), 0) + data


def open_all(port: int, count: int) -> list[socket.socket]:
    """Open connections, some of them at a time; return them in non-blocking mode.

    Raises:
        FailedError: the server did not accept one.
    """
    opened: list[socket.socket] = []
    opening: dict[int, tuple[socket.socket, bytes]] = {}
    poll = select.epoll()
    left = count
    try:
        while left or opening:
            while left and len(opening) < _AT_A_TIME:
                left -= 1
                client = socket.create_connection(("127.0.0.1", port), _LIMIT)
                client.setblocking(False)
                client.send(_REQUEST)
                opening[client.fileno()] = (client, b"")
                poll.register(client.fileno(), select.EPOLLIN)
            ready = poll.poll(_LIMIT)
            if not ready:
                raise FailedError(f"no answer to a handshake within {_LIMIT:g} s")
            for number, _ in ready:
                client, answer = opening[number]
                answer += client.recv(4096)
                if not answer.endswith(b"\r\n\r\n"):
                    _complain(answer)
                    opening[number] = (client, answer)
                    continue
                if not answer.startswith(b"HTTP/1.1 101 ") or _ACCEPT not in answer:
                    raise FailedError(f"a handshake was answered with {answer[:100]!r}")
                del opening[number]
                poll.unregister(number)
                opened.append(client)
    except BaseException:
        for client in [*opened, *(client for client, _ in opening.values())]:
            client.close()
        raise
    finally:
        poll.close()
    return opened


def close_all(clients: Iterable[socket.socket]) -> None:
    """Close connections in order: with a close frame, and after the server.

    Raises:
        FailedError: the server keeps one open.
    """
    close = frame_from_client(8, (1000).to_bytes(2, "big"))
    with select.epoll() as poll:
        waiting = {client.fileno(): client for client in clients}
        for number, client in waiting.items():
            client.send(close)
            poll.register(number, select.EPOLLIN)
        deadline = time.monotonic() + _LIMIT
        while waiting:
            for number, _ in poll.poll(1.0):
                if not waiting[number].recv(4096):
                    poll.unregister(number)
                    waiting.pop(number).close()
            if time.monotonic() > deadline:
                raise FailedError(f"the server did not close {len(waiting)} connections")


def _complain(answer: bytes) -> None:
    if not answer:
        raise FailedError("the server closed a connection during its handshake")


def _length(size: int, bit: int) -> bytes:
    if size < 126:
        return bytes([bit | size])
    if size < 65536:
        return bytes([bit | 126]) + size.to_bytes(2, "big")
    return bytes([bit | 127]) + size.to_bytes(8, "big")
