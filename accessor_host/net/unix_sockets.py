"""Sockets that have a path instead of an address and a port (AF_UNIX, unix(7))."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress

from ..errors import ListenError
from .addresses import BACKLOG, UNIX

__all__ = ["Identity", "bind_path", "remove"]

Identity = tuple[int, int]
"""Device and inode of a socket's file: what tells it from another one that has its path."""


def bind_path(path: str, mode: int) -> tuple[socket.socket, Identity]:
    """Listen at a path.

    A socket that a program has left behind is replaced. Nothing else is: no other file, and no
    socket at which somebody listens.

    Args:
        path: absolute, without links in its folders.
        mode: permissions of the file, which decide who may connect.

    Returns:
        The socket, and what its file is recognised by.

    Raises:
        ListenError: something is there, or the path cannot be used.
    """
    try:
        return _bind(path, mode)
    except OSError as error:
        if isinstance(error, ListenError):
            raise
        # Python has a check of its own for the length, without a number.
        number = error.errno or errno.ENAMETOOLONG
        reason = os.strerror(number)
        raise ListenError(errno.errorcode.get(number, "EUNKNOWN"), UNIX + path, 0, reason) from None


def remove(path: str, identity: Identity) -> None:
    """Remove the file of a socket, unless it is another one by now.

    Args:
        path: of the socket.
        identity: as :func:`bind_path` returned it.
    """
    # Who may remove files there has done so, perhaps.
    with suppress(OSError):
        if _identity(path) == identity:
            os.unlink(path)


def _bind(path: str, mode: int) -> tuple[socket.socket, Identity]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        try:
            sock.bind(path)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            _remove_stale(path)
            sock.bind(path)
        identity = _identity(path)
        try:
            # Before it listens: until then nobody can connect, whatever the mode is.
            os.chmod(path, mode)
            sock.listen(BACKLOG)
        except BaseException:
            remove(path, identity)
            raise
    except BaseException:
        sock.close()
        raise
    return sock, identity


def _remove_stale(path: str) -> None:
    """Remove a socket at which nobody listens any more; refuse anything else."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise _in_use(path, "there is something else than a socket, which is left alone")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        number = probe.connect_ex(path)
    if number == errno.EPROTOTYPE:
        raise _in_use(path, "there is a socket of another kind, which is left alone")
    # A full queue says EAGAIN.
    if number in (0, errno.EAGAIN):
        raise _in_use(path, "another program listens there")
    if number not in (errno.ECONNREFUSED, errno.ENOENT):
        raise OSError(number, os.strerror(number))
    with suppress(FileNotFoundError):
        # Another program may have replaced it meanwhile.
        if _identity(path) == (found.st_dev, found.st_ino):
            os.unlink(path)


def _identity(path: str) -> Identity:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _in_use(path: str, reason: str) -> ListenError:
    return ListenError("EADDRINUSE", UNIX + path, 0, reason)
