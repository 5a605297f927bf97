"""What accessors cost beside Node's common host: ``python -m bench.accessors``.

A chain of 1,000 accessors passes 1,000 values, and 100,000 timers run in order. The time is what
the script itself measures, from its first value or timer to its last.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .errors import BenchError
from .servers import node_modules

_SCRIPTS = Path(__file__).parent / "scripts" / "accessors"
_TIMEOUT = 120.0
"""Seconds that a sample may take: ten times what ours need."""

# What is counted: reactions of an accessor, and timers.
_COUNTS = {"Chain": 1_000_000, "Timers": 100_000}
_HOSTS = ("quickjs", "dukpy", "node")


def main(words: Sequence[str] | None = None) -> int:
    """Run it, and print the medians.

    Args:
        words: of the command line; None takes them from the process.

    Returns:
        0, or 2 when something is missing or failed.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.accessors", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="samples of each (default: 3)")
    arguments = parser.parse_args(words)
    try:
        _run(arguments.repeat)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _run(repeat: int) -> None:
    commands = {host: _command(host) for host in _HOSTS}
    print("| what | host | microseconds each | ratio to node |")
    print("| --- | --- | ---: | ---: |")
    for name, count in _COUNTS.items():
        samples: dict[str, list[float]] = {host: [] for host in _HOSTS}
        for _ in range(repeat):
            for host, command in commands.items():
                if command is not None:
                    samples[host].append(_sample([*command, name]))
        for host in _HOSTS:
            if samples[host]:
                print(_row(name, host, samples[host], samples["node"], count), flush=True)


def _row(name: str, host: str, ours: list[float], theirs: list[float], count: int) -> str:
    each = statistics.median(ours) * 1000 / count
    if each == math.inf:
        return f"| {name} | {host} | none in {_TIMEOUT:g} s | |"
    pairs = zip(ours, theirs, strict=False)
    ratios = [one / other for one, other in pairs if other != math.inf]
    ratio = f"{statistics.median(ratios):.2f} ×" if ratios else ""
    return f"| {name} | {host} | {each:.2f} | {ratio} |"


def _command(host: str) -> list[str] | None:
    if host != "node":
        options = ["--engine", host, "--callback-timeout", "0"]
        return [sys.executable, "-m", "accessor_host", "invoke", *options, "--library", "."]
    node = shutil.which("node")
    modules = node_modules()
    if node is None or not (modules / "@accessors-hosts" / "common").is_dir():
        print("without node: it needs node, and @accessors-hosts/common from npm", file=sys.stderr)
        return None
    return [node, "node.js", str(modules)]


def _sample(command: list[str]) -> float:
    """Run a program up to its result; return its milliseconds, or infinity for none in time."""
    with subprocess.Popen(  # noqa: S603 - our own scripts
        command, cwd=_SCRIPTS, stdout=subprocess.PIPE, text=True
    ) as program:
        watchdog = threading.Timer(_TIMEOUT, program.kill)
        watchdog.start()
        try:
            for line in program.stdout or ():
                if found := re.match(r"RESULT (\d+)", line):
                    return float(found[1])
        finally:
            was_waiting = watchdog.is_alive()
            watchdog.cancel()
            program.kill()
    if was_waiting:
        raise BenchError(f"no result of {' '.join(command)}")
    return math.inf


if __name__ == "__main__":
    sys.exit(main())
