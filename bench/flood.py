"""How long an echo takes beside clients that send as fast as they can: ``python -m bench.flood``.

The server has one core, floods and witness share the other. The witness sends a message, waits for
its answer, and rests for 10 ms; beside it, idle clients answer the pings of the server. Bombs are
small messages that inflate to more than a server takes: what counts is the memory they leave. Node
with ``ws`` does the same in the same table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchError
from .load.flood import KINDS
from .load.peers import Counts, bombed
from .machine import two_cores
from .memory import Memory
from .programs import Program
from .servers import NODE, SCRIPTS, SERVERS, node_modules
from .signals import InterruptedBySignal, handled

__all__ = ["BOMBS", "LIMITS", "MOST_LEFT", "bomb", "main", "measure"]

LIMITS = {1: (0.030, 0.200), 10: (0.150, float("inf"))}
"""By the number of flooding clients: the median and the longest time of an echo, in seconds."""

IDLE = 20
"""Clients that only answer pings, every half second."""

BOMBS = 40

MOST_LEFT = 5.0
"""MiB that bombs may leave."""

_BOMB = 20
"""MiB to which a bomb inflates; servers take 16."""

_RETURN = 2.0
"""Seconds in which memory has to be back."""

_START = 30.0

_BESIDES = 2.0
"""Seconds of a flood before and after what is watched, and of starting and stopping."""

_GARBAGE, _BOMBS = "garbage for TLS", "bombs"

_MIB = 1024 * 1024

_UNCOLLECTED = """
import gc, sys
from accessor_host.cli import main
gc.disable()
sys.exit(main(sys.argv[1:]))
"""

_SCRIPT = """
const { Server } = require('@modules/web-socket-server');
const server = new Server(%s);
server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => {
  socket.on('message', (message) => socket.send(message));
  socket.on('error', () => {});
});
server.start();
"""


def measure(
    server: str, loop: str, kind: str, clients: int, seconds: float, cores: Sequence[int]
) -> dict[str, float]:
    """Return what a witness sees beside a flood.

    Args:
        server: name of one of :data:`~bench.servers.SERVERS`.
        loop: of a server of ours.
        kind: one of :data:`~bench.load.flood.KINDS`.
        clients: that flood.
        seconds: how long.
        cores: for the server, and for the rest.

    Raises:
        BenchError: a program does not do its part.
    """
    with _listening(server, loop, kind, cores[0]) as (_, port):
        idle = 0 if server == NODE else IDLE
        secure = "tls" if kind == _GARBAGE else "plain"
        watch = _load("witness", str(port), str(idle), str(seconds), secure)
        # The flood begins before and ends after what is watched.
        flood = _load("flood", kind, str(clients), str(port), str(seconds + 2))
        with Program(watch, cores[1:]) as witness:
            _expect(witness, "ready")
            with Program(flood, cores[1:]) as flooding:
                _expect(flooding, "flooding")
                witness.write_line("go")
                seen: dict[str, float] = json.loads(witness.read_line(seconds + 90))
                return seen


def bomb(server: str, loop: str, cores: Sequence[int]) -> float:
    """Return the MiB by which a server has grown after :data:`BOMBS` bombs.

    A server of ours runs without Python's collector: nothing may wait for it.

    Args:
        server: as for :func:`measure`.
        loop: as for :func:`measure`.
        cores: as for :func:`measure`.

    Raises:
        BenchError: a program does not do its part.
    """

    visit, counts = bombed(_BOMB), Counts()

    async def throw(count: int) -> None:
        for _ in range(count):
            await visit(port, counts)

    with _listening(server, loop, _BOMBS, cores[0]) as (program, port):
        # The first loads what a server has only once.
        asyncio.run(throw(1))
        before = Memory.of(program.pid).rss
        asyncio.run(throw(BOMBS))
        end = time.monotonic() + _RETURN
        while (left := (Memory.of(program.pid).rss - before) / _MIB) > MOST_LEFT:
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        return left


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 when a server of ours is beyond a limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description=__doc__)
    ours = ("quickjs", "dukpy", NODE)
    kinds = (*KINDS, _BOMBS)
    parser.add_argument("--server", action="append", choices=ours, help="repeatable")
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    parser.add_argument("--kind", action="append", choices=kinds, help="repeatable")
    parser.add_argument("--clients", action="append", type=int, help="1 and 10; repeatable")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each flood")
    chosen = parser.parse_args(arguments)
    servers = chosen.server or ours
    for server in servers:
        if missing := SERVERS[server].missing():
            raise BenchError(missing)
    cores, beyond, started = two_cores(), 0, time.monotonic()
    floods = [
        (kind, clients, server)
        for kind in chosen.kind or KINDS
        if kind != _BOMBS
        for clients in chosen.clients or sorted(LIMITS)
        for server in servers
    ]
    print(f"about {len(floods) * (chosen.seconds + _BESIDES) / 60:.1f} minutes", flush=True)
    if floods:
        print(f"{'flood':20}{'clients':>8} {'server':10}{'p50':>10}{'longest':>11}  idle left")
    for kind, clients, server in floods:
        seen = measure(server, chosen.loop, kind, clients, chosen.seconds, cores)
        wrong = server != NODE and _is_beyond(seen, clients)
        beyond += wrong
        print(
            f"{kind:20}{clients:>8} {server:10}{seen['p50'] * 1000:>7.1f} ms"
            f"{seen['longest'] * 1000:>8.0f} ms"
            + (f"  {seen['stayed']:.0f} of {IDLE}" if server != NODE else "")
            + ("  beyond the limit" if wrong else ""),
            flush=True,
        )
    for server in servers if _BOMBS in (chosen.kind or kinds) else ():
        left = bomb(server, chosen.loop, cores)
        wrong = server != NODE and left > MOST_LEFT
        beyond += wrong
        print(
            f"{f'{BOMBS} {_BOMBS}':20}{1:>8} {server:10}{left:>+7.1f} MiB"
            + ("  beyond the limit" if wrong else ""),
            flush=True,
        )
    print(f"took {(time.monotonic() - started) / 60:.1f} minutes")
    return 1 if beyond else 0


def _is_beyond(seen: dict[str, float], clients: int) -> bool:
    p50, longest = LIMITS.get(clients, LIMITS[max(LIMITS)])
    return seen["p50"] > p50 or seen["longest"] > longest or seen["stayed"] < IDLE


@contextmanager
def _listening(server: str, loop: str, kind: str, core: int) -> Iterator[tuple[Program, int]]:
    with tempfile.TemporaryDirectory() as folder:
        command, env = _command(server, loop, kind, Path(folder))
        with Program(command, [core], env) as program:
            word, _, port = program.read_line(_START).partition(" ")
            if word != "listening":
                raise BenchError(f"{server} does not listen: {word}")
            yield program, int(port)
            program.check()


def _command(server: str, loop: str, kind: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command of a server, and what its environment has besides."""
    keys = _certificate(folder) if kind == _GARBAGE else ()
    if server == NODE:
        env = {"NODE_PATH": str(node_modules())}
        if kind in (_GARBAGE, _BOMBS):
            # Its module has neither TLS nor compression; ws has.
            return ["node", str(SCRIPTS / "node_ws.js"), *keys], env
        # Not JSON: an empty message would end it.
        return SERVERS[NODE].command("text"), env
    options: dict[str, object] = {"port": 0, "hostInterface": "127.0.0.1", "pingInterval": 500}
    if keys:
        options |= {"sslTls": True, "pemKeyPath": keys[0], "pemCertPath": keys[1]}
    script = folder / "echo.js"
    script.write_text(_SCRIPT % json.dumps(options | {"compression": kind == _BOMBS}))
    program = ["-c", _UNCOLLECTED] if kind == _BOMBS else ["-m", "accessor_host"]
    command = [sys.executable, *program, "run", "--engine", server, "--loop", loop, str(script)]
    return command, {}


def _certificate(folder: Path) -> tuple[str, str]:
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return key, certificate


def _load(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"bench.load.{name}", *arguments]


def _expect(program: Program, line: str) -> None:
    said = program.read_line(_START + 60)
    if said != line:
        raise BenchError(f"expected {line!r}, got {said!r}")


if __name__ == "__main__":
    try:
        with handled():
            sys.exit(main())
    except InterruptedBySignal as signal:
        os._exit(128 + signal.number)
    except BenchError as error:
        sys.exit(f"bench.flood: {error}")
