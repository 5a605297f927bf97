"""Bytes and datagrams that come back, each answered with the next: plain TCP and UDP, in epoll."""

from __future__ import annotations

import select
import socket
import time

from .jobs import Job, Result
from .payloads import payload
from .sockets import FailedError
from .window import Window

__all__ = ["run"]

_LIMIT = 5.0
"""Seconds without any answer."""

_LOST = 0.5
"""Seconds without any answer after which a datagram was lost, and is sent again."""


def run(job: Job) -> Result:
    """Keep messages in flight on every connection, and count those that come back.

    Raises:
        FailedError: something else came back, or nothing.
    """
    kind = socket.SOCK_STREAM if job.kind == "tcp" else socket.SOCK_DGRAM
    data = payload(job.payload)
    clients = {}
    poll = select.epoll()
    try:
        for _ in range(job.connections):
            client = socket.socket(socket.AF_INET, kind)
            clients[client.fileno()] = client
            client.connect(("127.0.0.1", job.port))
            client.setblocking(False)
            poll.register(client.fileno(), select.EPOLLIN)
            for _ in range(job.in_flight):
                client.send(data)
        _pass_time(job, poll, clients, data, job.warm_up)
        with Window(job.pids) as window:
            count = _pass_time(job, poll, clients, data, job.seconds)
        return window.result(count)
    finally:
        poll.close()
        for client in clients.values():
            client.close()


def _pass_time(
    job: Job, poll: select.epoll, clients: dict[int, socket.socket], data: bytes, seconds: float
) -> int:
    count, size = 0, len(data)
    end = time.perf_counter() + seconds
    heard = time.perf_counter()
    while (now := time.perf_counter()) < end:
        ready = poll.poll(_LOST)
        if not ready:
            if job.kind == "tcp" or now - heard > _LIMIT:
                raise FailedError(f"nothing came back within {now - heard:g} s")
            for client in clients.values():
                client.send(data)
            continue
        heard = now
        for number, _ in ready:
            client = clients[number]
            # A stream may bring several at once, and cut one.
            for _ in range(job.in_flight):
                try:
                    got = client.recv(size)
                except BlockingIOError:
                    break
                while len(got) < size and got and job.kind == "tcp":
                    client.setblocking(True)
                    got += client.recv(size - len(got))
                    client.setblocking(False)
                if got != data:
                    raise FailedError(f"what came back is {got[:100]!r}")
                count += 1
                client.send(data)
    return count
