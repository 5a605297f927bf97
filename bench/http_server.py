"""Requests to scripts beside Node's http server: ``python -m bench.http_server``.

Clients keep their connections, and send the next GET request when they have an answer: a text, as
accessors give it, or JSON with what the query says. The server has a core of its own; the clients,
which cost as little as they can, have the other one. The ratio compares requests for each second
of the server's processor time.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import socket
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from .errors import BenchError
from .load.window import Window
from .memory import Memory
from .programs import Program

_SCRIPTS = Path(__file__).parent / "scripts" / "http_server"

_SECONDS = 1.0
"""How long a sample counts."""

_LIMIT = 20.0
"""Seconds until a server listens, or answers."""

_TARGET = 0.6
"""What the ratio to Node must reach with ``quickjs``, texts and most connections."""

_HOSTS = ("quickjs", "dukpy", "node")

_FIELDS = (
    b" HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n"
)


class _Load(NamedTuple):
    """What clients ask for.

    Args:
        connections: how many clients there are.
        what: they get, in a word.
        request: in bytes.
        body: of each answer.
    """

    connections: int
    what: str
    request: bytes
    body: bytes


_TEXT = _Load(50, "text", b"GET /text" + _FIELDS, b"<p>21.5 celsius")
_JSON = _Load(
    50,
    "JSON",
    b"GET /json?room=12" + _FIELDS,
    b'{"reading":21.5,"unit":"celsius","room":"12"}',
)

# One client waits for each answer, as a page does; 50 keep the server busy.
_LOADS = (_TEXT._replace(connections=1), _TEXT, _JSON)


def main(words: Sequence[str] | None = None) -> int:
    """Run it, and print the medians.

    Args:
        words: of the command line; None takes them from the process.

    Returns:
        0; 1 when the ratio is below its target, 2 when something is missing or failed.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.http_server", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="samples of each (default: 5)")
    parser.add_argument(
        "--idle", type=int, default=0, metavar="N", help="measure what N kept connections take"
    )
    arguments = parser.parse_args(words)
    try:
        if shutil.which("node") is None:
            raise BenchError("it needs node; on Debian: apt-get install nodejs")
        return _hold(arguments.idle) if arguments.idle else _compare(arguments.repeat)
    except (BenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _compare(repeat: int) -> int:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    missed = False
    print("| connections | answer | server | requests/s | processor time of each | ratio to node |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    with ExitStack() as stack:
        servers = {host: stack.enter_context(_start(host, cores[-1:])) for host in _HOSTS}
        ports = {host: int(server.read_line(_LIMIT)) for host, server in servers.items()}
        for load in _LOADS:
            rates: dict[str, list[float]] = {host: [] for host in _HOSTS}
            costs: dict[str, list[float]] = {host: [] for host in _HOSTS}
            for _ in range(repeat):
                for host in _HOSTS:
                    rate, cost = _sample(ports[host], load, servers[host].pids)
                    rates[host].append(rate)
                    costs[host].append(cost)
            for host in _HOSTS:
                pairs = zip(costs[host], costs["node"], strict=True)
                ratio = statistics.median(theirs / ours for ours, theirs in pairs)
                if host == "quickjs" and load is _TEXT:
                    missed = ratio < _TARGET
                rate, cost = statistics.median(rates[host]), statistics.median(costs[host])
                place = f"| {load.connections} | {load.what} | {host}"
                print(f"{place} | {rate:,.0f} | {cost * 1e6:.0f} µs | {ratio:.2f} × |", flush=True)
    return int(missed)


def _hold(count: int) -> int:
    """Print what connections take that have had an answer, and are kept."""
    print("| server | memory of each kept connection |")
    print("| --- | ---: |")
    for host in _HOSTS:
        with _start(host, sorted(os.sched_getaffinity(0))) as server, ExitStack() as stack:
            port = int(server.read_line(_LIMIT))
            # What the first of them need is there then.
            _open(stack, port, 100)
            before = Memory.of(server.pid).rss
            _open(stack, port, count)
            taken = (Memory.of(server.pid).rss - before) / count / 1024
        print(f"| {host} | {taken:.1f} KiB |")
    return 0


def _open(stack: ExitStack, port: int, count: int) -> None:
    for _ in range(count):
        _exchange(stack.enter_context(_connect(port)), _TEXT)


def _start(host: str, cores: Sequence[int]) -> Program:
    if host == "node":
        return Program(["node", str(_SCRIPTS / "node.js")], cores)
    run = [sys.executable, "-m", "accessor_host", "run", "--engine", host]
    return Program([*run, str(_SCRIPTS / "ours.js")], cores)


def _connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), _LIMIT)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _exchange(client: socket.socket, load: _Load) -> int:
    """Send a request, and return the size of its answer."""
    client.sendall(load.request)
    answer = b""
    while not answer.endswith(load.body):
        piece = client.recv(65_536)
        if not piece:
            raise BenchError(f"the server hung up after {answer!r}")
        answer += piece
    return len(answer)


def _sample(port: int, load: _Load, pids: Sequence[int]) -> tuple[float, float]:
    """Return requests a second, and seconds of the server's processor time for each."""
    with ExitStack() as stack:
        clients = {}
        poll = stack.enter_context(select.epoll())
        for _ in range(load.connections):
            client = stack.enter_context(_connect(port))
            clients[client.fileno()] = client, _exchange(client, load)
            poll.register(client.fileno(), select.EPOLLIN)
        for client, _ in clients.values():
            client.sendall(load.request)
        _pass_time(poll, load, clients, _SECONDS / 4)
        with Window(pids) as window:
            answered = _pass_time(poll, load, clients, _SECONDS)
        result = window.result(answered)
        return answered / result.seconds, result.server_cpu * result.seconds / answered


def _pass_time(
    poll: select.epoll, load: _Load, clients: dict[int, tuple[socket.socket, int]], seconds: float
) -> int:
    count = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        ready = poll.poll(_LIMIT)
        if not ready:
            raise BenchError(f"no answer within {_LIMIT:g} s")
        for number, _ in ready:
            client, size = clients[number]
            answer = client.recv(size, socket.MSG_WAITALL)
            if not answer.endswith(load.body):
                raise BenchError(f"the answer is {answer!r}")
            count += 1
            client.sendall(load.request)
    return count


if __name__ == "__main__":
    sys.exit(main())
