"""Resources that are files, for scripts: keys of the user's, and what lies beside an accessor.

Source: accessor host reference section 6.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from .resource import MAX_RESOURCE_SIZE, ResourceError, check_size

__all__ = ["KEYSTORE", "read_resource_file"]

KEYSTORE = ".ptKeystore"
"""Folder with keys in the user's home, by the name that all hosts have for it."""

_KEY = re.compile(r"\$KEYSTORE/(.*)", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def read_resource_file(uri: str, directory: str) -> bytes:
    """Read a file that a script may read.

    Args:
        uri: ``$KEYSTORE/NAME``, or a name relative to the script's folder, or else to the current
            directory, and inside of it.
        directory: the script's folder.

    Raises:
        ResourceError: it is no such name, or the file is not there, unreadable or too large.
    """
    key = _KEY.fullmatch(uri)
    try:
        path = _find(uri, directory) if key is None else _find_key(uri, key[1])
        with path.open("rb") as file:
            data = file.read(MAX_RESOURCE_SIZE + 1)
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "EIO")
        raise ResourceError(code, f"cannot read {uri!r}: {error.strerror}") from None
    except ValueError as error:
        raise ResourceError("EINVAL", f"cannot read {uri!r}: {error}") from None
    check_size(uri, len(data))
    return data


def _find_key(uri: str, name: str) -> Path:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ResourceError("EINVAL", f"{uri!r} is not a plain file name after $KEYSTORE/")
    return Path.home() / KEYSTORE / name


def _find(uri: str, directory: str) -> Path:
    if _SCHEME.match(uri):
        raise ResourceError(
            "EPROTO", f"cannot read {uri!r}: there are only http: and https: URLs and file names"
        )
    folders = list(dict.fromkeys([Path(directory).resolve(), Path.cwd().resolve()]))
    is_outside = False
    for folder in folders:
        # Links are followed first: what counts is where the file is.
        path = Path(os.path.realpath(folder / uri))
        if not path.is_relative_to(folder):
            is_outside = True
        elif path.is_file():
            return path
    places = " or ".join(map(str, folders))
    if is_outside:
        raise ResourceError("EACCES", f"{uri!r} is not inside {places}")
    raise ResourceError("ENOENT", f"there is no file {uri!r} in {places}")
