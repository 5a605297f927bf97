"""Resources that are files, for scripts: keys of the user's, and what lies beside an accessor.

Source: accessor host reference section 6.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.folders import Folders, is_inside
from ...scripts.plain_files import is_special, read_plain_file
from .resource import MAX_RESOURCE_SIZE, ResourceError, check_size

if TYPE_CHECKING:
    from ...core.permissions import Permissions

__all__ = ["KEYSTORE", "ResourceFiles"]

KEYSTORE = ".ptKeystore"
"""Folder with keys in the user's home, by the name that all hosts have for it."""

_KEY = re.compile(r"\$KEYSTORE/(.*)", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class ResourceFiles:
    """The files that the scripts of one host may read as resources.

    They lie where the scripts or the library do, or in the current directory unless that is the
    root of the file system, as that of a service is; or where a permission says.

    Args:
        folders: where the scripts come from.
        permissions: of the scripts; None lets them read all that lies there.
    """

    def __init__(self, folders: Folders, permissions: Permissions | None = None) -> None:
        self._folders = folders
        self._permissions = permissions

    def read(self, uri: str, directory: str) -> bytes:
        """Read a file that a script may read.

        Args:
            uri: ``$KEYSTORE/NAME``, or a name relative to the script's folder, or else to the
                current directory.
            directory: the script's folder, as the script says: one that is not a script's is
                passed over.

        Raises:
            ResourceError: it is no such name, or the file is not there, unreadable or too large.
            AccessDeniedError: a permission is missing.
        """
        key = _KEY.fullmatch(uri)
        try:
            path = self._find(uri, directory) if key is None else _find_key(uri, key[1])
            if self._permissions is not None:
                self._permissions.check_read(path)
            data = read_plain_file(path, MAX_RESOURCE_SIZE + 1)
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0, "EIO")
            raise ResourceError(code, f"cannot read {uri!r}: {error.strerror}") from None
        except ValueError as error:
            raise ResourceError("EINVAL", f"cannot read {uri!r}: {error}") from None
        check_size(uri, len(data))
        return data

    def _find(self, uri: str, directory: str) -> str:
        if _SCHEME.match(uri):
            raise ResourceError(
                "EPROTO",
                f"cannot read {uri!r}: there are only http: and https: URLs and file names",
            )
        here = os.path.realpath(Path.cwd())
        allowed = [*self._folders.all, *([] if here == "/" else [here])]
        named = dict.fromkeys((os.path.realpath(directory), here))
        starts = [one for one in named if _is_in_any(one, allowed)] or self._folders.all
        # Links are followed first: what counts is where the file is.
        paths = [os.path.realpath(os.path.join(start, uri)) for start in starts or ["/"]]
        inside = [path for path in paths if self._is_allowed(path, allowed)]
        for path in inside:
            if os.path.isfile(path):
                return path
        places = " or ".join(starts) or "the folder of any script"
        if len(inside) < len(paths):
            raise ResourceError("EACCES", f"{uri!r} is not inside {places}")
        raise ResourceError("ENOENT", f"there is no file {uri!r} in {places}")

    def _is_allowed(self, path: str, folders: list[str]) -> bool:
        permissions = self._permissions
        is_granted = permissions is not None and permissions.grants_read(path)
        return not is_special(path) and (is_granted or _is_in_any(path, folders))


def _find_key(uri: str, name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ResourceError("EINVAL", f"{uri!r} is not a plain file name after $KEYSTORE/")
    return os.path.realpath(Path.home() / KEYSTORE / name)


def _is_in_any(path: str, folders: list[str]) -> bool:
    return any(is_inside(path, folder) for folder in folders)
