"""The system calls of Landlock, which Python does not offer: the one file that knows their layout.

Source: landlock(7) of the Linux manual pages, and ``linux/landlock.h``.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from functools import cache
from stat import S_ISDIR
from typing import Any, Final

__all__ = [
    "ABSTRACT_SOCKETS",
    "BIND_TCP",
    "CONNECT_TCP",
    "CONTROL",
    "CREATE",
    "EXECUTE",
    "LINUX",
    "NETWORK",
    "NEWEST",
    "READ",
    "SCOPES",
    "SIGNALS",
    "SOCKETS",
    "TRUNCATION",
    "WRITE",
    "Ruleset",
    "renounce_privileges",
    "version",
]

NEWEST = 7
"""The newest version whose rights are known here; a newer kernel offers it too."""

LINUX = {1: "5.13", 2: "5.19", 3: "6.2", 4: "6.7", 5: "6.10", 6: "6.12", 7: "6.15"}
"""The first Linux that has a version."""

NETWORK = 4
"""The version that knows TCP ports."""

SCOPES = 6
"""The version that knows signals and abstract sockets."""

TRUNCATION = 3
"""The version that knows truncate(2), which writes to no file and yet empties it."""

_FILE_RIGHTS = {1: 0x1FFF, 2: 0x2000, 3: 0x4000, 5: 0x8000}
"""Rights to files that came with each version: all are refused where no rule grants them."""

EXECUTE: Final = 1 << 0
"""Start programs."""

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR = 1 << 4, 1 << 5, 1 << 7
_MAKE_REG, _MAKE_SOCK = 1 << 8, 1 << 9
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

READ: Final = _READ_FILE | _READ_DIR
"""Read files, and list folders."""

WRITE: Final = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
"""Write, create, rename and remove plain files and folders."""

CREATE: Final = _WRITE_FILE | _MAKE_REG
"""Create plain files, and write to them."""

SOCKETS: Final = _MAKE_SOCK | _REMOVE_FILE
"""Create Unix sockets, and remove those that were left behind."""

CONTROL: Final = _IOCTL_DEV
"""Set up devices, such as the speed of a serial port."""

_OF_FILES = EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
"""Rights that a rule for what is no folder may have."""

BIND_TCP: Final = 1 << 0
"""The right to listen on a TCP port."""

CONNECT_TCP: Final = 1 << 1
"""The right to connect to a TCP port."""

ABSTRACT_SOCKETS: Final = 1 << 0
"""The scope that keeps the process from abstract Unix sockets of others."""

SIGNALS: Final = 1 << 1
"""The scope that keeps the process from sending signals to others."""

# The same numbers on every machine whose system calls are numbered anew.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_MACHINES = ("aarch64", "arm", "i386", "i486", "i586", "i686", "loongarch", "ppc", "riscv", "s390")
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH, _NET_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38


def version() -> int:
    """Return the version of Landlock that is known here and that the kernel has; 0 for none."""
    if sys.platform != "linux" or not os.uname().machine.startswith(("x86_64", *_MACHINES)):
        return 0
    try:
        return min(_call(_CREATE_RULESET, None, 0, _VERSION), NEWEST)
    except (AttributeError, OSError):
        # An old kernel, one that was started without it, or a filter of system calls.
        return 0


def renounce_privileges() -> None:
    """Let no program that this process starts have more rights than it has (``no_new_privs``).

    The kernel binds only who has done so, or may do everything.

    Raises:
        OSError: the kernel refuses.
    """
    if sys.platform == "linux":
        _check(_library().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


class Ruleset:
    """What a process may still do. Use it with ``with``.

    Args:
        level: the version whose rights to files it handles, from 1.
        network: of :data:`BIND_TCP` and :data:`CONNECT_TCP`, those that need a rule.
        scopes: of :data:`ABSTRACT_SOCKETS` and :data:`SIGNALS`, those that are kept inside.

    Raises:
        OSError: the kernel refuses.
    """

    def __init__(self, level: int, network: int, scopes: int) -> None:
        rights = (right for since, right in _FILE_RIGHTS.items() if since <= level)
        self._files = sum(rights)
        # An older kernel knows the beginning of the struct.
        size = 24 if level >= SCOPES else 16 if level >= NETWORK else 8
        attributes = struct.pack("=QQQ", self._files, network, scopes)[:size]
        self._descriptor = _call(_CREATE_RULESET, attributes, size, 0)

    def __enter__(self) -> Ruleset:
        return self

    def __exit__(self, *_details: object) -> None:
        os.close(self._descriptor)

    def allow_path(self, path: str, rights: int) -> None:
        """Grant rights to a file, or to a folder with all that is below.

        Args:
            path: what is there now; a link means where it leads.
            rights: of :data:`READ`, :data:`WRITE`, :data:`EXECUTE` and :data:`CONTROL`.

        Raises:
            OSError: it is not there, or the kernel refuses.
        """
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not S_ISDIR(os.fstat(descriptor).st_mode):
                rights &= _OF_FILES
            rule = struct.pack("=Qi", rights & self._files, descriptor)
            _call(_ADD_RULE, self._descriptor, _PATH_BENEATH, rule, 0)
        finally:
            os.close(descriptor)

    def allow_ports(self, right: int, ports: Iterable[int]) -> None:
        """Grant TCP ports.

        Args:
            right: :data:`BIND_TCP` or :data:`CONNECT_TCP`.
            ports: which ones.

        Raises:
            OSError: the kernel refuses.
        """
        for port in ports:
            _call(_ADD_RULE, self._descriptor, _NET_PORT, struct.pack("=QQ", right, port), 0)

    def restrict(self) -> None:
        """Bind the calling thread, and all that it starts, for ever.

        Raises:
            OSError: the kernel refuses, as :func:`renounce_privileges` was not called for example.
        """
        _call(_RESTRICT_SELF, self._descriptor, 0)


@cache
def _library() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: int | bytes | None) -> int:
    # Of full width: a variadic function takes no types, and the kernel looks at all bits.
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _check(_library().syscall(ctypes.c_long(number), *words))


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
