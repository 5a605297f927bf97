"""The servers, each in a process of its own: ours with both engines, and those to compare with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .errors import BenchError
from .programs import REPOSITORY, Program

__all__ = [
    "DEFAULT",
    "NODE",
    "OURS",
    "SCRIPTS",
    "SERVERS",
    "Server",
    "Started",
    "has_workers",
    "listening",
    "no_module",
    "node_modules",
]

NODE = "node"
"""The server that all others are compared with."""

SCRIPTS = Path(__file__).parent / "scripts"

_NODE_PACKAGE = "@accessors-modules/web-socket-server"

_START_LIMIT = 30.0
"""Seconds until a server listens, however busy the machine is."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be measured.

    Args:
        name: for ``--server``.
        what: it is, in a few words.
        command: makes the command that runs a script; scripts have the same names everywhere.
        missing: says what is not installed and how to install it; empty when nothing is.
    """

    name: str
    what: str
    command: Callable[[str], list[str]]
    missing: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Started:
    """A server that listens.

    Args:
        program: its process.
        port: where.
        seconds: from the start of the process to the line that says so.
    """

    program: Program
    port: int
    seconds: float


def _ours(engine: str, loop: str = "auto") -> Callable[[str], list[str]]:
    def command(script: str) -> list[str]:
        run = [sys.executable, "-m", "accessor_host", "run", "--engine", engine, "--loop", loop]
        return [*run, str(SCRIPTS / f"{script}.js")]

    return command


def _node(script: str) -> list[str]:
    return ["node", str(SCRIPTS / "node.js"), script]


def _websockets(script: str) -> list[str]:
    return [sys.executable, str(SCRIPTS / "websockets_server.py"), script]


def node_modules() -> Path:
    """Return the folder of Node's packages."""
    given = os.environ.get("ACCESSOR_HOST_NODE_MODULES")
    return Path(given).resolve() if given else REPOSITORY / "node_modules"


def _no_node() -> str:
    if shutil.which("node") is None:
        return "there is no Node; on Debian: apt-get install nodejs npm"
    if not (node_modules() / _NODE_PACKAGE).is_dir():
        return (
            f"{node_modules()} has no {_NODE_PACKAGE}; npm install --no-save {_NODE_PACKAGE}, "
            "or set ACCESSOR_HOST_NODE_MODULES to a folder that has it"
        )
    return ""


def no_module(name: str) -> Callable[[], str]:
    """Return what says that a Python module is missing, if it is."""

    def missing() -> str:
        if find_spec(name) is None:
            return f"there is no {name} here; {sys.executable} -m pip install -e '.[bench]'"
        return ""

    return missing


SERVERS = {
    server.name: server
    for server in (
        Server(
            "quickjs", "this host, as [fast] installs it", _ours("quickjs"), no_module("_quickjs")
        ),
        Server(
            "dukpy",
            "this host with dukpy, and uvloop if it is here",
            _ours("dukpy"),
            no_module("dukpy"),
        ),
        Server(
            "dukpy-asyncio",
            "this host without extras",
            _ours("dukpy", "asyncio"),
            no_module("dukpy"),
        ),
        Server(NODE, "Node and ws, JSON in the script", _node, _no_node),
        Server(
            "websockets",
            "Python, and uvloop if it is here, no JavaScript",
            _websockets,
            no_module("websockets"),
        ),
    )
}

DEFAULT = ("quickjs", "dukpy", NODE, "websockets")

OURS = ("quickjs", "dukpy", "dukpy-asyncio")


@contextmanager
def listening(
    name: str,
    script: str,
    cores: Sequence[int],
    workers: int = 1,
    options: Sequence[str] = (),
) -> Iterator[Started]:
    """Start a server; it has ended when the block is left.

    Args:
        name: of the server.
        script: without ``.js``.
        cores: where it may run.
        workers: processes that share one port; one of ours only.
        options: of the command; one of ours only.

    Raises:
        BenchError: it does not listen.
    """
    command = SERVERS[name].command(script)
    env = {"NODE_PATH": str(node_modules())} if name == NODE else {}
    if workers > 1:
        command += ["--workers", str(workers)]
    command += options
    with Program(command, cores, env) as program:
        port = _port(program)
        seconds = time.perf_counter() - program.started
        for _ in range(1, workers):
            if _port(program) != port:
                raise BenchError(f"{name}: its workers listen on different ports")
        try:
            yield Started(program, port, seconds)
        except BenchError:
            # What a client complains about, the server may explain.
            program.check()
            raise
        program.check()


def _port(program: Program) -> int:
    line = program.read_line(_START_LIMIT)
    word, _, port = line.partition(" ")
    if word != "listening" or not port.isdigit():
        raise BenchError(f"a server printed {line!r}, not the port that it listens on")
    return int(port)


@cache
def has_workers() -> bool:
    """Return whether ``accessor-host run`` can share a port between processes."""
    command = [sys.executable, "-m", "accessor_host", "run", "--help"]
    helped = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)  # noqa: S603
    return "--workers" in helped.stdout
