"""Clients that send as fast as they can, so that others are not served: one kind of flood."""

from __future__ import annotations

import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

__all__ = ["KINDS", "Flood", "frame", "handshake"]

_READ = 256 * 1024
_REPEATED = 64 * 1024
"""Bytes that are read at once, and that a client has ready to send."""

_FRAGMENTS = 16 * 1024
"""Fragments in a message: as many as the server takes."""


def frame(head: int, payload: bytes = b"") -> bytes:
    """Return a frame of a client, masked with zeros.

    Args:
        head: first byte.
        payload: less than 64 KiB.
    """
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return bytes((head,)) + length + bytes(4) + payload


def handshake() -> bytes:
    """Return the request of a client."""
    return (
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def _repeated(part: bytes) -> bytes:
    return part * max(1, _REPEATED // len(part))


def _cut(payload: bytes) -> bytes:
    """Return a message of many fragments: a JSON value, spaces behind it."""
    middle = frame(0x00, payload) * (_FRAGMENTS - 2)
    return frame(0x01, b"1") + middle + frame(0x80)


KINDS: dict[str, tuple[Callable[[], bytes], bool]] = {
    "empty fragments": (lambda: _cut(b""), True),
    "one-byte fragments": (lambda: _cut(b" "), True),
    "pings": (lambda: _repeated(frame(0x89)), True),
    "pongs": (lambda: _repeated(frame(0x8A)), True),
    "empty messages": (lambda: _repeated(frame(0x82)), True),
    "one-byte messages": (lambda: _repeated(frame(0x81, b"1")), True),
    "handshakes": (handshake, False),
    "garbage for TLS": (lambda: b"\x16\x03\x01\x02\x00" + os.urandom(512), False),
}
"""What is sent, by the name of the flood; and whether over one connection, or a new one each time.

An empty message is a binary one, as JSON has no empty text.
"""


class Flood:
    """Clients in this process that flood a server.

    Args:
        kind: one of :data:`KINDS`.
        clients: how many.
        port: of the server on this machine.
    """

    def __init__(self, kind: str, clients: int, port: int) -> None:
        make, self._lasts = KINDS[kind]
        self._data = make()
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._sent: dict[socket.socket, int] = {}
        for _ in range(clients):
            self._open()

    def go_on(self, until: float) -> None:
        """Send until a time of ``time.monotonic()``."""
        while time.monotonic() < until:
            for key, events in self._selector.select(0.1):
                client = cast("socket.socket", key.fileobj)
                try:
                    self._serve(client, events)
                except OSError:
                    self._again(client)

    def close(self) -> None:
        """End every client."""
        for client in list(self._sent):
            self._forget(client)
        self._selector.close()

    def _serve(self, client: socket.socket, events: int) -> None:
        if events & selectors.EVENT_READ:
            with suppress(BlockingIOError):
                if not client.recv(_READ) or not self._lasts:
                    self._again(client)
                    return
        if events & selectors.EVENT_WRITE:
            at = self._sent[client]
            if at >= len(self._data):
                if not self._lasts:
                    self._selector.modify(client, selectors.EVENT_READ)
                    return
                at = 0
            with suppress(BlockingIOError):
                at += client.send(memoryview(self._data)[at:])
            self._sent[client] = at

    def _open(self) -> None:
        client = socket.create_connection(("127.0.0.1", self._port), 30)
        if self._lasts:
            client.sendall(handshake())
            client.recv(_READ)
        client.setblocking(False)
        self._sent[client] = 0
        self._selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _again(self, client: socket.socket) -> None:
        self._forget(client)
        self._open()

    def _forget(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        del self._sent[client]
        client.close()


def _main() -> None:
    kind, clients, port, seconds = sys.argv[1:]
    os.nice(5)  # the witness on the same core is to be measured, not this process
    flood = Flood(kind, int(clients), int(port))
    print("flooding", flush=True)
    flood.go_on(time.monotonic() + float(seconds))
    flood.close()


if __name__ == "__main__":
    _main()
