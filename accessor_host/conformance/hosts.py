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

NODE_PACKAGES = (
    "@accessors-modules/http-client",
    "@accessors-modules/http-server",
    "@accessors-modules/local-storage",
    "@accessors-modules/serial",
    "@accessors-modules/socket",
    "@accessors-modules/udp-socket",
    "@accessors-modules/web-socket-client",
    "@accessors-modules/web-socket-server",
)
"""What npm has of the Node host's modules. What is not installed is not judged."""

NODE_ACCESSORS = ("@accessors-hosts/node", "@terraswarm/accessors")
"""What the Node host needs to run accessors. npm does not have all of it: they are links to the
folders ``web/hosts/node`` and ``web`` of the accessor library."""


@dataclass(frozen=True)
class HostCommand:
    """A command that runs a script.

    Args:
        name: what reports call it.
        command: program and arguments; one of them holds ``{script}``.
        env: variables that it needs.
        accessors: program and arguments that run an accessor, likewise; without them, the cases
            for accessors are skipped.
        forks: whether it is this host: what stands after the first three words of its command is
            what a warm one needs.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    accessors: tuple[str, ...] = ()
    forks: bool = False

    def words(self, script: Path, *, accessor: bool = False) -> list[str]:
        """Return the command for one script, or for one accessor."""
        command = self.accessors if accessor else self.command
        return [word.replace("{script}", str(script)) for word in command]


def find_host(
    name: str,
    *,
    engine: str | None = None,
    node_modules: str | None = None,
    accessors: str | None = None,
) -> HostCommand:
    """Return the host that a user means.

    Args:
        name: ``python``, ``python/ENGINE``, ``node``, or a command with ``{script}`` in it.
        engine: JavaScript engine for ``python``.
        node_modules: folder of npm packages for ``node``; without it,
            ``ACCESSOR_HOST_NODE_MODULES``, ``NODE_PATH`` and ``./node_modules`` are looked into.
        accessors: command with ``{script}`` in it that runs an accessor, for a host without a name.

    Raises:
        AccessorHostError: there is no such host here; the message says what is missing.
    """
    if accessors is not None and "{script}" not in name:
        raise AccessorHostError(f"the host {name!r} runs accessors by itself")
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
    return HostCommand(name, _command(name), accessors=_command(accessors) if accessors else ())


def _command(text: str) -> tuple[str, ...]:
    command = tuple(shlex.split(text))
    if "{script}" not in text:
        raise AccessorHostError(f"the command {text!r} has no {{script}} in it")
    if shutil.which(command[0]) is None:
        raise AccessorHostError(f"the host's program {command[0]!r} cannot be found")
    return command


def _python(engine: str | None) -> HostCommand:
    from ..engine import ENGINES, resolve_engine

    if engine not in (None, *ENGINES):
        raise AccessorHostError(f"unknown engine {engine!r}; expected one of {', '.join(ENGINES)}")
    chosen = resolve_engine(engine or "auto")
    program = (sys.executable, "-m", "accessor_host")
    options = ("--engine", chosen, "{script}")
    return HostCommand(
        f"python/{chosen}",
        (*program, "run", *options),
        accessors=(*program, "invoke", *options),
        forks=hasattr(os, "fork"),
    )


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
        if any((folder / package).is_dir() for package in NODE_PACKAGES):
            env = {"NODE_PATH": str(folder.resolve())}
            shim = (node, str(NODE_SHIM))
            accessors: tuple[str, ...] = ()
            if all((folder / package).is_dir() for package in NODE_ACCESSORS):
                accessors = (*shim, "--accessor", "{script}")
            return HostCommand("node", (*shim, "{script}"), env, accessors)
    raise AccessorHostError(
        "host 'node': no folder with the packages of the Node host; "
        f"try: npm install {' '.join(NODE_PACKAGES)}, or --node-modules FOLDER"
    )
