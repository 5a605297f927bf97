"""One message in, one delivery to each of many connections out."""

from __future__ import annotations

import select
import socket
import time

from .jobs import Job, Result
from .payloads import payload
from .sockets import FailedError, close_all, frame_from_client, frame_from_server, open_all
from .window import Window

__all__ = ["run"]

_LIMIT = 15.0
"""Seconds without any delivery."""


def run(job: Job) -> Result:
    """Send a message when the one before has come to all; count deliveries."""
    clients = open_all(job.port, job.connections)
    with select.epoll() as poll:
        audience = _Audience(clients, payload(job.payload), poll)
        audience.check_first()
        audience.rounds(job.warm_up)
        with Window(job.pids) as window:
            count = audience.rounds(job.seconds)
        audience.check_all()
    close_all(clients)
    return window.result(count)


class _Audience:
    def __init__(self, clients: list[socket.socket], data: bytes, poll: select.epoll) -> None:
        self._clients = clients
        self._message = frame_from_client(1, data)
        self._frame = frame_from_server(1, data)
        self._poll = poll
        self._received = {client.fileno(): 0 for client in clients}
        self._receive = {client.fileno(): client.recv_into for client in clients}
        self._rounds = 0
        for client in clients:
            poll.register(client.fileno(), select.EPOLLIN)

    def check_first(self) -> None:
        """Let one message go to all, and look at what comes.

        Raises:
            FailedError: it is something else.
        """
        self._clients[0].send(self._message)
        self._rounds = 1
        for client in self._clients:
            client.settimeout(_LIMIT)
            # All at once is what servers do with so short a frame.
            data = client.recv(len(self._frame))
            client.setblocking(False)
            self._received[client.fileno()] = len(data)
            if data != self._frame:
                raise FailedError(f"a delivery is {data[:100]!r}, not {self._frame[:100]!r}")

    def rounds(self, seconds: float) -> int:
        """Go on for a while; return the number of deliveries.

        Raises:
            FailedError: one does not come.
        """
        count = 0
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self._one_round()
            count += len(self._clients)
        return count

    def check_all(self) -> None:
        """Compare what came to each with what was sent.

        Raises:
            FailedError: one got more, another less.
        """
        if set(self._received.values()) != {self._rounds * len(self._frame)}:
            raise FailedError("not every connection got every message")

    def _one_round(self) -> None:
        received, receive, poll = self._received, self._receive, self._poll.poll
        buffer = bytearray(64 * 1024)
        left = len(self._clients) * len(self._frame)
        everybody = len(self._clients)
        self._clients[0].send(self._message)
        self._rounds += 1
        while left > 0:
            ready = poll(_LIMIT, everybody)
            if not ready:
                raise FailedError(f"no delivery within {_LIMIT:g} s")
            for number, _ in ready:
                size = receive[number](buffer)
                if not size:
                    raise FailedError("the server closed a connection")
                received[number] += size
                left -= size
