"""Plain files: what is read for a script is one, and lies where files lie."""

from __future__ import annotations

import errno
import os
import stat
from typing import IO, Protocol

__all__ = ["Reading", "is_special", "open_plain_file", "read_plain_file"]

_SPECIAL = ("/dev", "/proc", "/sys")
"""Folders of the system's own: what lies there is made when it is read, such as the environment of
a process, and does not say so."""

_FLAGS = os.O_RDONLY
for _name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
    # Not every system has all of them.
    _FLAGS |= getattr(os, _name, 0)


class Reading(Protocol):
    """Decide which files scripts may read; paths have been through ``realpath``."""

    def check_read(self, path: str) -> None:
        """Raise :class:`~accessor_host.errors.AccessDeniedError` for what may not be read."""

    def may_read(self, path: str) -> bool:
        """Tell the same, and leave no trace."""


def is_special(path: str) -> bool:
    """Tell whether a path leads to what the system makes up.

    Args:
        path: as ``realpath`` returned it.
    """
    return any(path == folder or path.startswith(f"{folder}/") for folder in _SPECIAL)


def read_plain_file(path: str, limit: int = -1) -> bytes:
    """Read a regular file, and nothing that only looks like one.

    Args:
        path: as ``realpath`` returned it.
        limit: most bytes to read; -1 reads all.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with open_plain_file(path) as file:
        return file.read(limit)


def open_plain_file(path: str) -> IO[bytes]:
    """Open a regular file to read it, and nothing that only looks like one.

    Args:
        path: as ``realpath`` returned it.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    if is_special(path):
        raise OSError(errno.EACCES, "it is a special file")
    # A FIFO would keep whoever opens it waiting; a link cannot have come in between.
    number = os.open(path, _FLAGS)
    file = open(number, "rb")  # noqa: SIM115
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(errno.EACCES, "it is a special file")
    except BaseException:
        file.close()
        raise
    return file
