"""A client that behaves well while others flood: how long its echo takes, and who stays."""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import sys
import time

from .flood import frame, handshake

__all__ = ["Seen", "Witness"]

_MESSAGE = b'{"celsius": 21.5, "place": "kitchen"}'

_PAUSE = 0.01
"""Seconds between an answer and the next message: there is to be no load from here."""

_LIMIT = 60.0
"""Seconds for one answer."""

_OPCODE, _CLOSE, _PING = 0x0F, 0x8, 0x9


class Seen(dict[str, float]):
    """What a witness has seen: ``p50`` and ``longest`` in seconds, ``echoes``, ``stayed``."""


class _Peer:
    """One connection."""

    def __init__(self, port: int, context: object = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), _LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket)  # type: ignore[attr-defined]
        self.socket.sendall(handshake())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._receive()
        self._unread = head.partition(b"\r\n\r\n")[2]

    def frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame."""
        while True:
            data = self._unread
            if len(data) >= 2 and len(data) >= 2 + data[1]:
                self._unread = data[2 + data[1] :]
                return data[0] & _OPCODE, data[2 : 2 + data[1]]
            self._unread += self._receive()

    def answer_ping(self) -> bool:
        """Answer what the server asks; tell whether the connection is still there."""
        try:
            opcode, payload = self.frame()
        except OSError:
            return False
        if opcode == _PING:
            self.socket.sendall(frame(0x8A, payload))
        return opcode != _CLOSE

    def echo(self) -> None:
        """Send a message and wait for its answer."""
        self.socket.sendall(frame(0x81, _MESSAGE))
        while True:
            opcode, payload = self.frame()
            if opcode == _PING:
                self.socket.sendall(frame(0x8A, payload))
            elif opcode == _CLOSE:
                raise ConnectionError("the server has closed")
            else:
                return

    def _receive(self) -> bytes:
        data = self.socket.recv(4096)
        if not data:
            raise ConnectionError("the server has ended the connection")
        return data


class Witness:
    """Connections that behave well: one that sends, and some that only answer pings.

    Args:
        port: of the server on this machine.
        idle: how many only answer.
        context: for TLS; None speaks plain text.
    """

    def __init__(self, port: int, idle: int, context: object = None) -> None:
        self._sender = _Peer(port, context)
        self._selector = selectors.DefaultSelector()
        for _ in range(idle):
            peer = _Peer(port, context)
            self._selector.register(peer.socket, selectors.EVENT_READ, peer)

    def watch(self, seconds: float) -> Seen:
        """Return what happens within a time."""
        times = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            started = time.monotonic()
            self._sender.echo()
            times.append(time.monotonic() - started)
            self._answer(_PAUSE)
        return Seen(
            p50=statistics.median(times),
            longest=max(times),
            echoes=len(times),
            stayed=len(self._selector.get_map()),
        )

    def _answer(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self._selector.get_map():
                time.sleep(left)
                return
            for key, _ in self._selector.select(left):
                if not key.data.answer_ping():
                    self._selector.unregister(key.fileobj)


def _main() -> None:
    port, idle, seconds, secure = sys.argv[1:]
    context = None
    if secure == "tls":
        import ssl

        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    witness = Witness(int(port), int(idle), context)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(witness.watch(float(seconds))), flush=True)


if __name__ == "__main__":
    _main()
