"""The files of a folder, as answers to GET and HEAD.

What is not there is left to the script. Reading happens in threads, a piece at a time, and goes on
as fast as the client reads.
"""

from __future__ import annotations

import asyncio
import errno
import os
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from mimetypes import MimeTypes
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ...core.folders import is_inside
from ...errors import AccessDeniedError
from ...scripts.plain_files import open_plain_file

if TYPE_CHECKING:
    from ...core.permissions import Permissions
    from ...http.server.handler import HttpPeer
    from ...http.server.heads import Head

__all__ = ["PIECE", "StaticFiles"]

PIECE = 256 * 1024
"""Bytes of a file that are read at a time, and held for one client."""

_INDEX = "index.html"

_TYPES = MimeTypes(filenames=())
"""Types by the names of files; those that the system has elsewhere do not count."""

_TEXTS = ("text/", "application/json", "application/javascript", "application/xml", "image/svg")


class _Found:
    """A file that is open, or where to look instead.

    Args:
        file: to read; None for a folder, which is asked for without its last slash.
        path: of the file.
    """

    def __init__(self, file: IO[bytes] | None, path: str) -> None:
        self.file = file
        status = None if file is None else os.fstat(file.fileno())
        self.size = 0 if status is None else status.st_size
        self.tag = "" if status is None else f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        self.modified = 0 if status is None else int(status.st_mtime)
        kind, encoding = _TYPES.guess_type(path)
        self.type = "application/octet-stream" if kind is None or encoding else kind
        if self.type.startswith(_TEXTS):
            self.type += "; charset=utf-8"


class StaticFiles:
    """Serve the files of one folder, and of those below it.

    Names that begin with a dot are not served, nor what links lead to outside of the folder.

    Args:
        folder: name of it; a relative one starts at the current directory.
        loop: the running event loop.
        permissions: of the scripts; None lets them read all of it.

    Raises:
        AccessDeniedError: the folder may not be read.
        OSError: it is none.
    """

    def __init__(
        self, folder: str, loop: asyncio.AbstractEventLoop, permissions: Permissions | None
    ) -> None:
        self._folder = os.path.realpath(folder)
        self._loop = loop
        self._permissions = permissions
        if permissions is not None:
            permissions.check_read(self._folder)
        if not os.path.isdir(self._folder):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    def may_have(self, head: Head | None) -> bool:
        """Tell whether a request may be for a file."""
        return head is not None and head.method in ("GET", "HEAD")

    async def serve(self, connection: HttpPeer, request: int) -> bool:
        """Answer a request with a file.

        Args:
            connection: waits for the answer.
            request: its number.

        Returns:
            False when there is no such file, and nothing was sent.
        """
        head = connection.head
        if head is None:
            return True
        found = await self._loop.run_in_executor(None, partial(self._find, head.path))
        if found is None:
            return False
        try:
            # Meanwhile the client may have left, or waited for too long.
            if connection.request == request:
                await self._answer(connection, request, head, found)
        finally:
            if found.file is not None:
                found.file.close()
        return True

    async def _answer(self, connection: HttpPeer, request: int, head: Head, found: _Found) -> None:
        if found.file is None:
            query = f"?{head.query}" if head.query else ""
            connection.answer(301, [("Location", f"{head.path}/{query}")], b"")
            return
        fields = [
            ("ETag", found.tag),
            ("Last-Modified", formatdate(found.modified, usegmt=True)),
            ("Cache-Control", "no-cache"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if _is_known(head, found):
            connection.answer(304, fields, b"")
            return
        fields.insert(0, ("Content-Type", found.type))
        left = 0 if head.method == "HEAD" else found.size
        connection.begin(200, fields, found.size)
        while left:
            piece = await self._loop.run_in_executor(None, found.file.read, min(PIECE, left))
            if connection.request != request or connection.is_gone:
                return
            if not piece:
                # It was cut meanwhile; the client has to know that this is not all.
                connection.cut()
                return
            left -= len(piece)
            waits = connection.write(piece)
            if waits is not None:
                await waits
        if connection.request == request:
            connection.end()

    # In a thread.

    def _find(self, path: str) -> _Found | None:
        name = _name_of(path)
        if name is None:
            return None
        try:
            return self._open(name, is_folder=path.endswith("/"))
        except (AccessDeniedError, OSError, ValueError):
            # To those outside, what may not be read is not there.
            return None

    def _open(self, name: str, *, is_folder: bool) -> _Found | None:
        path = os.path.realpath(os.path.join(self._folder, name))
        if os.path.isdir(path):
            index = os.path.realpath(os.path.join(path, _INDEX))
            if not is_inside(index, self._folder) or not os.path.isfile(index):
                return None
            if not is_folder:
                return _Found(None, path)
            path = index
        elif is_folder:
            return None
        if not is_inside(path, self._folder):
            return None
        if self._permissions is not None and not self._permissions.may_read(path):
            return None
        return _Found(open_plain_file(path), path)


def _name_of(path: str) -> str | None:
    """Return the name of a file below the folder; None for what names none."""
    if not path.startswith("/") or path.startswith("//"):
        return None
    try:
        name = unquote_to_bytes(path[1:]).decode()
    except UnicodeDecodeError:
        return None
    if "\0" in name or "\\" in name:
        return None
    parts = name.removesuffix("/").split("/")
    if name and any(not part or part.startswith(".") for part in parts):
        return None
    return name


def _is_known(head: Head, found: _Found) -> bool:
    """Tell whether the client has the file as it is (RFC 9110 section 13.1)."""
    tags = head.fields.get("if-none-match")
    if tags is not None:
        known = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return found.tag in known or "*" in known
    since = head.fields.get("if-modified-since")
    if since is None:
        return False
    try:
        return found.modified <= parsedate_to_datetime(since).timestamp()
    except (TypeError, ValueError, OverflowError):
        return False
