"""Where it was measured: processor, versions, and what the benchmark needs of the machine."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .errors import BenchError, SkippedError
from .programs import REPOSITORY
from .servers import node_modules

__all__ = ["allow_open_files", "commit", "describe", "two_cores"]

_PYTHON_PACKAGES = (
    *("accessor-host", "quickjs-ng", "dukpy", "websockets", "uvloop"),
    *("picows", "jsonschema", "cryptography"),
)
_NODE_PACKAGES = ("ws", "@accessors-modules/web-socket-server")


def two_cores() -> tuple[int, int]:
    """Return the cores for the server and for the load.

    Raises:
        BenchError: there is only one.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise BenchError("this needs two processor cores: one for the server, one for the load")
    # The first core often has the interrupts of the machine.
    return cores[-1], cores[0]


def allow_open_files(count: int) -> None:
    """Raise the limit on open files, for this process and those that it starts.

    Raises:
        SkippedError: the hard limit forbids it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise SkippedError(f"needs {count} open files, and the hard limit is {hard} (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def describe() -> dict[str, str]:
    """Return the machine and the versions of all that takes part."""
    found = {
        "cpu": _cpu(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "node": _output("node", "--version").removeprefix("v"),
    }
    for name in _PYTHON_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    for name in _NODE_PACKAGES:
        file = node_modules() / name / "package.json"
        found[name] = json.loads(file.read_text())["version"] if file.is_file() else ""
    return {name: value for name, value in found.items() if value}


def commit() -> str:
    """Return the commit that is checked out, with a plus when files differ from it."""
    short = _output("git", "rev-parse", "--short", "HEAD")
    return short + ("+" if _output("git", "status", "--porcelain", "-uno") else "")


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _output(program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        return ""
    ended = subprocess.run(  # noqa: S603
        [path, *arguments], cwd=REPOSITORY, capture_output=True, text=True
    )
    return ended.stdout.strip()
