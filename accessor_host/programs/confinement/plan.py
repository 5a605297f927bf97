"""What the kernel is to hold of permissions, and holding it.

The kernel knows files, programs and TCP ports. It knows neither hosts nor UDP, nor what is denied
inside of what is allowed: these are checked in Python alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ...core.folders import Folders
from ...core.permissions import Permissions
from ...scripts.library import folders_from_environment
from . import landlock
from .executables import executables
from .landlock import (
    ABSTRACT_SOCKETS,
    BIND_TCP,
    CONNECT_TCP,
    CONTROL,
    CREATE,
    EXECUTE,
    READ,
    SIGNALS,
    SOCKETS,
    WRITE,
)
from .system_files import DEVICES, search_path, system_files

__all__ = ["MAX_PORTS", "Plan"]

MAX_PORTS = 4_096
"""Ports of one kind that the kernel holds: each takes a system call at the start and memory of the
kernel. With more, such as all above 1023, it leaves this kind to Python."""

_DNS = 53
"""The port of name servers: a long answer comes by TCP."""

_ALL = "/"

MEDIA = ("/dev/video", "/dev/snd")
"""What the paths of cameras and sound cards begin with. Whoever reads one has to set it up, too."""


class _Part(NamedTuple):
    """One thing to hold.

    Args:
        name: in the log.
        since: the version of Landlock that knows it.
        is_limited: whether the permissions leave anything to hold.
    """

    name: str
    since: int
    is_limited: bool


class Plan:
    """What the kernel is to hold.

    Args:
        permissions: of the scripts.
        scripts: files that the user has named, which lie in folders that may be read, and such
            folders.
        library: as for :class:`~accessor_host.Host`.
        log: the file of the program's log, if it has one: it may be created anew in its folder.
        signals: whether to hold signals: a program has to send some to others that it started.
        search: result of :func:`~.system_files.search_path` in the process that the user has
            started; None is this one.
    """

    def __init__(
        self,
        permissions: Permissions,
        *,
        scripts: Iterable[str | Path] = (),
        library: Sequence[Path] | None = None,
        log: str | None = None,
        signals: bool = True,
        search: list[str] | None = None,
    ) -> None:
        self.level = landlock.version()
        """The version of Landlock that is used; 0 is none."""
        self._system = {*system_files(search_path() if search is None else search)}
        self._system.update(_free(scripts, library))
        self._read = _paths(permissions, "read")
        self._write = _paths(permissions, "write")
        self._logs = [] if log is None else [os.path.dirname(os.path.realpath(log))]
        self._sockets = _folders_of_sockets(permissions)
        self._devices = [*_devices(permissions), *_media(permissions)]
        self._ports = {
            BIND_TCP: _ports(permissions, "listen"),
            CONNECT_TCP: _ports(permissions, "connect", _DNS),
        }
        self._programs = executables(permissions)
        self._scopes = ABSTRACT_SOCKETS | (SIGNALS if signals else 0)

    @cached_property
    def _parts(self) -> list[_Part]:
        writing = _ALL not in self._write
        # Who may write may read what was written.
        reading = writing and _ALL not in self._read
        ports = {right: self._ports[right] is not None for right in self._ports}
        parts = [_Part("reading", 1, reading), _Part("writing", 1, writing)]
        if all(part.is_limited for part in parts):
            parts = [_Part("files", 1, True)]
        parts.append(_Part("programs", 1, self._programs is not None))
        if self.level < landlock.TRUNCATION:
            parts.append(_Part("truncation", landlock.TRUNCATION, writing))
        if all(ports.values()):
            parts.append(_Part("TCP ports", landlock.NETWORK, True))
        else:
            parts += [
                _Part("TCP ports to listen on", landlock.NETWORK, ports[BIND_TCP]),
                _Part("TCP ports to connect to", landlock.NETWORK, ports[CONNECT_TCP]),
            ]
        return [
            *parts,
            _Part("signals", landlock.SCOPES, bool(self._scopes & SIGNALS)),
            _Part("abstract sockets", landlock.SCOPES, True),
        ]

    def __str__(self) -> str:
        """Say what this kernel holds, and what it does not."""
        if self.level == 0:
            return "kernel: nothing (it has no Landlock)"
        limited = [part for part in self._parts if part.is_limited]
        held = ", ".join(part.name for part in limited if part.since <= self.level)
        free = ", ".join(part.name for part in self._parts if not part.is_limited)
        missing = ", ".join(
            f"{part.name} (Linux {landlock.LINUX[part.since]})"
            for part in limited
            if part.since > self.level
        )
        text = f"kernel: {held} (Landlock {self.level})"
        if missing:
            text += f"; it is too old for {missing}"
        return f"{text}; not limited: {free}" if free else text

    @property
    def absent(self) -> list[str]:
        """List what may be read, and is not there: the kernel will not admit it."""
        return [path for path in self._read if not os.path.exists(path)]

    def hold(self) -> None:
        """Bind this process for ever.

        Raises:
            OSError: the kernel refuses; or there are several threads, of which it would bind one.
        """
        if _count_threads() != 1:
            raise OSError("the process has several threads")
        landlock.renounce_privileges()
        if self.level == 0:
            return
        network = scopes = 0
        if self.level >= landlock.NETWORK:
            network = sum(right for right, ports in self._ports.items() if ports is not None)
        if self.level >= landlock.SCOPES:
            scopes = self._scopes
        with landlock.Ruleset(self.level, network, scopes) as rules:
            self._allow_files(rules)
            for right, ports in self._ports.items():
                if right & network and ports is not None:
                    rules.allow_ports(right, ports)
            rules.restrict()

    def _allow_files(self, rules: landlock.Ruleset) -> None:
        for path in self._write:
            # There are no rules for what is not there.
            with suppress(OSError):
                os.makedirs(path, exist_ok=True)
        for paths, rights in (
            (self._system, READ),
            (self._read, READ),
            (self._write, READ | WRITE),
            (DEVICES, READ | WRITE),
            (self._devices, READ | WRITE | CONTROL),
            (self._logs, CREATE),
            (self._sockets, SOCKETS),
            *self._execution(),
        ):
            for path in paths:
                # Systems do not have all, and grants name what is not there yet.
                with suppress(OSError):
                    rules.allow_path(path, rights)

    def _execution(self) -> list[tuple[list[str], int]]:
        if self._programs is not None:
            return [(self._programs, EXECUTE | READ)]
        # Scripts among them have to be read, too.
        return [([_ALL], EXECUTE), (os.environ.get("PATH", os.defpath).split(os.pathsep), READ)]


def _free(scripts: Iterable[str | Path], library: Sequence[Path] | None) -> list[str]:
    """Return what may be read without a grant."""
    folders, files = Folders(folders_from_environment() if library is None else library), []
    for script in map(os.path.realpath, scripts):
        if os.path.isdir(script):
            folders.add(script)
        else:
            folders.add(os.path.dirname(script))
            files.append(script)
    return [*folders.all, *folders.packages, *files]


def _paths(permissions: Permissions, power: str) -> list[str]:
    rules = permissions.allowed(power)
    return [_ALL] if rules is None else [os.path.realpath(rule.text) for rule in rules]


def _folders_of_sockets(permissions: Permissions) -> list[str]:
    allowed = permissions.allowed_sockets()
    if allowed is None:
        return [_ALL]
    paths = [os.path.realpath(path) for path in allowed]
    return [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]


def _devices(permissions: Permissions) -> list[str]:
    rules = permissions.allowed("serial")
    if rules is None:
        return ["/dev"]
    # Imported late: hardly any program has some.
    import glob

    patterns = (glob.escape(rule.text).replace("[*]", "*") for rule in rules)
    return [os.path.realpath(device) for pattern in patterns for device in glob.glob(pattern)]


def _media(permissions: Permissions) -> list[str]:
    """Return the cameras and sound cards that may be read or written."""
    rules = [permissions.allowed(power) for power in ("read", "write")]
    named = [rule for given in rules if given is not None for rule in given]
    paths = [os.path.realpath(rule.text) for rule in named]
    found = [path for path in paths if path.startswith(MEDIA)]
    if None in rules and os.path.isdir("/dev"):
        every = (os.path.join("/dev", name) for name in os.listdir("/dev"))
        found += [path for path in every if path.startswith(MEDIA)]
    return found


def _ports(permissions: Permissions, power: str, *always: int) -> set[int] | None:
    """Return the TCP ports that are granted; None where the kernel is to hold none."""
    rules = permissions.allowed(power)
    if rules is None:
        return None
    ports = set(always)
    for rule in rules:
        if rule.udp:
            continue
        # A server on port 0 binds the port that it gets to its second address by its number.
        if rule.high - rule.low >= MAX_PORTS or (power == "listen" and rule.low == 0):
            return None
        ports.update(range(rule.low, rule.high + 1))
    return ports if len(ports) <= MAX_PORTS else None


def _count_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()
