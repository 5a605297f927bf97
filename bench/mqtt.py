"""Messages through mosquitto beside mqtt.js: ``python -m bench.mqtt``.

One client publishes 20,000 messages of 32 bytes, of which some are under way at any time, and gets
them back from the broker. The time is what the script itself measures. The broker has a core of its
own, the script the other one, and nothing is written to a disk.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchError
from .programs import Program
from .servers import node_modules

_SCRIPTS = Path(__file__).parent / "scripts" / "mqtt"

_COUNT = 20_000

_WINDOW = 100
"""Messages under way: enough that nobody waits for a single one."""

_LIMIT = 120.0
"""Seconds that a sample may take."""

_TARGET = 0.5
"""What the ratio to mqtt.js must reach."""

_HOSTS = ("quickjs", "dukpy", "node")

_CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages 0
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run it, and print the medians.

    Args:
        words: of the command line; None takes them from the process.

    Returns:
        0; 1 when a ratio is below its target, 2 when something is missing or failed.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.mqtt", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="samples of each (default: 3)")
    arguments = parser.parse_args(words)
    try:
        return _run(arguments.repeat)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _run(repeat: int) -> int:
    cores = sorted(os.sched_getaffinity(0))
    missed = False
    print("| quality | client | messages/s | ratio to node |")
    print("| --- | --- | ---: | ---: |")
    with _broker(cores[:1]) as port:
        for qos in (0, 1, 2):
            samples: dict[str, list[float]] = {host: [] for host in _HOSTS}
            for _ in range(repeat):
                for host in _HOSTS:
                    samples[host].append(_sample(host, port, qos, cores[-1:]))
            for host in _HOSTS:
                pairs = zip(samples[host], samples["node"], strict=True)
                ratio = statistics.median(ours / theirs for ours, theirs in pairs)
                missed = missed or ratio < _TARGET
                rate = statistics.median(samples[host])
                print(f"| {qos} | {host} | {rate:,.0f} | {ratio:.2f} × |", flush=True)
    return int(missed)


@contextmanager
def _broker(cores: Sequence[int]) -> Iterator[int]:
    """Run mosquitto, and give its port."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise BenchError("there is no mosquitto; on Debian: apt-get install mosquitto")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
        configuration.write(_CONFIGURATION.format(port=port))
        configuration.flush()
        os.chmod(configuration.name, 0o644)
        with Program([program, "-c", configuration.name], cores) as broker:
            deadline = time.monotonic() + 10
            while True:
                broker.check()
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise BenchError("mosquitto does not listen") from None
                    time.sleep(0.02)
            yield port


def _sample(host: str, port: int, qos: int, cores: Sequence[int]) -> float:
    """Run one client to its result, and return messages a second."""
    place = (port, qos, _COUNT, _WINDOW)
    if host == "node":
        if shutil.which("node") is None or not (node_modules() / "mqtt").is_dir():
            raise BenchError("it needs node, and mqtt from npm; see CONTRIBUTING.md")
        command = ["node", str(_SCRIPTS / "node.js"), *map(str, place)]
        return _result(command, cores)
    source = (_SCRIPTS / "ours.js").read_text(encoding="utf-8")
    with tempfile.NamedTemporaryFile("w", suffix=".js") as script:
        script.write(source.replace("PLACE", str(list(place))))
        script.flush()
        run = [sys.executable, "-m", "accessor_host", "run", "--engine", host]
        return _result([*run, script.name], cores)


def _result(command: Sequence[str], cores: Sequence[int]) -> float:
    with Program(command, cores, {"NODE_PATH": str(node_modules())}) as program:
        line = program.read_line(_LIMIT)
    if (found := re.match(r"RESULT (\d+)", line)) is None:
        raise BenchError(f"no result of {' '.join(command)}: {line}")
    return _COUNT / (int(found[1]) / 1000)


if __name__ == "__main__":
    sys.exit(main())
