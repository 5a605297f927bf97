"""Hosts under test: names that the kit knows, and commands of anybody's."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import AccessorHostError

__all__ = ["NODE_PACKAGES", "HostCommand", "find_host"]

NODE_SHIM = Path(__file__).with_name("node_host.js")

NODE_PACKAGES = ("@accessors-modules/web-socket-server", "@accessors-modules/web-socket-client")
"""What the Node host needs from npm; they bring ``ws``."""


@dataclass(frozen=True)
class HostCommand:
    """A command that runs a script.

    Args:
        name: what reports call it.
        command: program and arguments; one of them holds ``{script}``.
        env: variables that it needs.
        forks: whether it is this host: what stands after the first three words of its command is
            what a warm one needs.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    forks: bool = False

    def words(self, script: Path) -> list[str]:
        """Return the command for one script."""
        return [word.replace("{script}", str(script)) for word in self.command]


def find_host(
    name: str, *, engine: str | None = None, node_modules: str | None = None
) -> HostCommand:
    """Return the host that a user means.

    Args:
        name: ``python``, ``python/ENGINE``, ``node``, or a command with ``{script}`` in it.
        engine: JavaScript engine for ``python``.
        node_modules: folder of npm packages for ``node``; without it,
            ``ACCESSOR_HOST_NODE_MODULES``, ``NODE_PATH`` and ``./node_modules`` are looked into.

    Raises:
        AccessorHostError: there is no such host here; the message says what is missing.
    """
    known, _, variant = name.partition("/")
    if known == "python":
        return _python(variant or engine)
    if engine is not None:
        raise AccessorHostError(f"only the host python has engines, not {name!r}")
    if name == "node":
        return _node(node_modules)
    if "{script}" not in name:
        raise AccessorHostError(
            f"unknown host {name!r}; expected python, node, or a command with {{script}} in it"
        )
    command = tuple(shlex.split(name))
    if shutil.which(command[0]) is None:
        raise AccessorHostError(f"the host's program {command[0]!r} cannot be found")
    return HostCommand(name, command)


def _python(engine: str | None) -> HostCommand:
    from ..engine import ENGINES, resolve_engine

    if engine not in (None, *ENGINES):
        raise AccessorHostError(f"unknown engine {engine!r}; expected one of {', '.join(ENGINES)}")
    chosen = resolve_engine(engine or "auto")
    command = (sys.executable, "-m", "accessor_host", "run", "--engine", chosen, "{script}")
    return HostCommand(f"python/{chosen}", command, forks=hasattr(os, "fork"))


def _node(given: str | None) -> HostCommand:
    node = shutil.which("node")
    if node is None:
        raise AccessorHostError("host 'node': there is no program node")
    candidates = (
        [given]
        if given
        else [
            os.environ.get("ACCESSOR_HOST_NODE_MODULES", ""),
            *os.environ.get("NODE_PATH", "").split(os.pathsep),
            "node_modules",
        ]
    )
    for folder in map(Path, filter(None, candidates)):
        if all((folder / package).is_dir() for package in NODE_PACKAGES):
            env = {"NODE_PATH": str(folder.resolve())}
            return HostCommand("node", (node, str(NODE_SHIM), "{script}"), env)
    raise AccessorHostError(
        f"host 'node': no folder with {' and '.join(NODE_PACKAGES)}; "
        f"try: npm install {' '.join(NODE_PACKAGES)}, or --node-modules FOLDER"
    )
