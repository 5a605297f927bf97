"""How long an echo takes beside clients that send as fast as they can: ``python -m bench.flood``.

The server has one core, floods and witness share the other. The witness sends a message, waits for
its answer, and rests for 10 ms; beside it, idle clients answer the pings of the server. Node with
``ws`` does the same in the same table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchError
from .load.flood import KINDS
from .machine import two_cores
from .programs import Program
from .servers import NODE, SERVERS, node_modules
from .signals import InterruptedBySignal, handled

__all__ = ["LIMITS", "main", "measure"]

LIMITS = {1: (0.030, 0.200), 10: (0.150, float("inf"))}
"""By the number of flooding clients: the median and the longest time of an echo, in seconds."""

IDLE = 20
"""Clients that only answer pings, every half second."""

_START = 30.0

_GARBAGE = "garbage for TLS"

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
    with _listening(server, loop, kind == _GARBAGE, cores[0]) as port:
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 when a server of ours is beyond :data:`LIMITS`."""
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description=__doc__)
    ours = ("quickjs", "dukpy", NODE)
    parser.add_argument("--server", action="append", choices=ours, help="repeatable")
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    parser.add_argument("--kind", action="append", choices=KINDS, help="repeatable")
    parser.add_argument("--clients", action="append", type=int, help="1 and 10; repeatable")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each flood")
    chosen = parser.parse_args(arguments)
    servers = chosen.server or ours
    for server in servers:
        if missing := SERVERS[server].missing():
            raise BenchError(missing)
    cores, beyond = two_cores(), 0
    print(f"{'flood':20}{'clients':>8} {'server':10}{'p50':>10}{'longest':>11}  idle left")
    for kind in chosen.kind or KINDS:
        for clients in chosen.clients or sorted(LIMITS):
            for server in servers:
                if server == NODE and kind == _GARBAGE:
                    continue  # its module takes a certificate in another way
                seen = measure(server, chosen.loop, kind, clients, chosen.seconds, cores)
                is_ours = server != NODE
                wrong = is_ours and _is_beyond(seen, clients)
                beyond += wrong
                print(
                    f"{kind:20}{clients:>8} {server:10}{seen['p50'] * 1000:>7.1f} ms"
                    f"{seen['longest'] * 1000:>8.0f} ms"
                    + (f"  {seen['stayed']:.0f} of {IDLE}" if is_ours else "")
                    + ("  beyond the limit" if wrong else ""),
                    flush=True,
                )
    return 1 if beyond else 0


def _is_beyond(seen: dict[str, float], clients: int) -> bool:
    p50, longest = LIMITS.get(clients, LIMITS[max(LIMITS)])
    return seen["p50"] > p50 or seen["longest"] > longest or seen["stayed"] < IDLE


@contextmanager
def _listening(server: str, loop: str, secure: bool, core: int) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, object] = {"port": 0, "hostInterface": "127.0.0.1", "pingInterval": 500}
        if secure:
            options |= _certificate(Path(folder))
        if server == NODE:
            # Not JSON: an empty message would end it.
            command, env = SERVERS[NODE].command("text"), {"NODE_PATH": str(node_modules())}
        else:
            script = Path(folder) / "echo.js"
            script.write_text(_SCRIPT % json.dumps(options))
            command = [sys.executable, "-m", "accessor_host", "run", "--engine", server]
            command += ["--loop", loop, str(script)]
            env = {}
        with Program(command, [core], env) as program:
            word, _, port = program.read_line(_START).partition(" ")
            if word != "listening":
                raise BenchError(f"{server} does not listen: {word}")
            yield int(port)
            program.check()


def _certificate(folder: Path) -> dict[str, object]:
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return {"sslTls": True, "pemKeyPath": key, "pemCertPath": certificate}


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
