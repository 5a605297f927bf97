"""Requests of scripts beside Node's http client: ``python -m bench.http_client``.

One client makes 20,000 GET requests over connections that are kept, of which some are under way at
any time, and parses the JSON of each answer. The time is what the script itself measures. The
server, which costs as little as it can, has a core of its own; the client has the other one.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import BenchError
from .programs import Program

_SCRIPTS = Path(__file__).parent / "scripts" / "http_client"

_COUNT = 20_000

_WINDOWS = (1, 16)
"""Requests under way: one, as a script makes that waits for each; and all connections in use."""

_LIMIT = 120.0
"""Seconds that a sample may take."""

_TARGET = 0.6
"""What the ratio to Node must reach with ``quickjs`` and all connections in use."""

_HOSTS = ("quickjs", "dukpy", "node")


def main(words: Sequence[str] | None = None) -> int:
    """Run it, and print the medians.

    Args:
        words: of the command line; None takes them from the process.

    Returns:
        0; 1 when the ratio is below its target, 2 when something is missing or failed.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.http_client", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="samples of each (default: 3)")
    arguments = parser.parse_args(words)
    try:
        return _run(arguments.repeat)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _run(repeat: int) -> int:
    if shutil.which("node") is None:
        raise BenchError("it needs node; on Debian: apt-get install nodejs")
    cores = sorted(os.sched_getaffinity(0))
    missed = False
    print("| under way | client | requests/s | ratio to node |")
    print("| --- | --- | ---: | ---: |")
    with Program([sys.executable, str(_SCRIPTS / "server.py")], cores[:1]) as server:
        port = int(server.read_line(10))
        for window in _WINDOWS:
            samples: dict[str, list[float]] = {host: [] for host in _HOSTS}
            for _ in range(repeat):
                for host in _HOSTS:
                    samples[host].append(_sample(host, port, window, cores[-1:]))
            for host in _HOSTS:
                pairs = zip(samples[host], samples["node"], strict=True)
                ratio = statistics.median(ours / theirs for ours, theirs in pairs)
                if host == "quickjs" and window > 1:
                    missed = ratio < _TARGET
                rate = statistics.median(samples[host])
                print(f"| {window} | {host} | {rate:,.0f} | {ratio:.2f} × |", flush=True)
    return int(missed)


def _sample(host: str, port: int, window: int, cores: Sequence[int]) -> float:
    """Run one client to its result, and return requests a second."""
    place = (port, _COUNT, window)
    if host == "node":
        return _result(["node", str(_SCRIPTS / "node.js"), *map(str, place)], cores)
    source = (_SCRIPTS / "ours.js").read_text(encoding="utf-8")
    with tempfile.NamedTemporaryFile("w", suffix=".js") as script:
        script.write(source.replace("PLACE", str(list(place))))
        script.flush()
        run = [sys.executable, "-m", "accessor_host", "run", "--engine", host]
        return _result([*run, script.name], cores)


def _result(command: Sequence[str], cores: Sequence[int]) -> float:
    with Program(command, cores) as program:
        line = program.read_line(_LIMIT)
    if (found := re.match(r"RESULT (\d+)", line)) is None:
        raise BenchError(f"no result of {' '.join(command)}: {line}")
    return _COUNT / (int(found[1]) / 1000)


if __name__ == "__main__":
    sys.exit(main())
