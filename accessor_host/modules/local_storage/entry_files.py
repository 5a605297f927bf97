"""Entries of a store as files: one JSON file for each, in one folder.

The content of a file says which key it belongs to; its name follows from the key, and has nothing
of it that could lead out of the folder. A file appears or changes in one step, so that neither a
process that is killed nor a second one that writes leaves half an entry.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, ENOTSUP, errorcode
from hashlib import sha256
from pathlib import Path

from ..failures import ModuleError

__all__ = ["ABANDONED_AFTER", "LABEL_LENGTH", "EntryFolder", "StorageError", "file_name", "utf8"]

LABEL_LENGTH = 40
"""Characters of a key that its file's name shows: with all that follows, it is shorter than any
file system's names may be, encrypted ones too (143 bytes)."""

ABANDONED_AFTER = 3600.0
"""Seconds after which an unfinished file is nobody's: writing one takes milliseconds."""

_NAME = re.compile(r"(?:[a-z0-9-]+\.)?[0-9a-f]{64}\.json")
_UNFINISHED = (".new-", ".tmp")

# A control character is one byte of UTF-8, and six characters of JSON.
_LARGEST_ESCAPE = 6
_FRAME_SIZE = 64


class StorageError(ModuleError):
    """Report to a script what a store did not do; it never gets to a Python program.

    Args:
        code: stable machine-readable name, for example ``"ERR_STORAGE_QUOTA"`` or ``"EACCES"``.
        reason: folder and cause in words.
    """


def utf8(text: str) -> bytes:
    """Encode a text of JavaScript's, where half a surrogate pair may stand alone."""
    return text.encode("utf-8", "surrogatepass")


def file_name(key: str) -> str:
    """Return the name of a key's file: what is plain of the key, for people, and its SHA-256.

    Args:
        key: any text.
    """
    label = re.sub("[^a-z0-9]+", "-", key[:LABEL_LENGTH].lower())[:LABEL_LENGTH].strip("-")
    return f"{label}.{sha256(utf8(key)).hexdigest()}.json".removeprefix(".")


class EntryFolder:
    """The folder of one store.

    Args:
        path: the folder; it is created if need be.
        largest: most bytes that a key and its value can have. No larger file is read.

    Raises:
        StorageError: the folder cannot be created.
    """

    def __init__(self, path: Path, largest: int) -> None:
        self.path = path
        self._largest_file = _LARGEST_ESCAPE * largest + _FRAME_SIZE
        with self._saying("create"):
            self.path = path.absolute()
            self.path.mkdir(parents=True, exist_ok=True)

    def read(self) -> tuple[dict[str, str], list[str]]:
        """Read all entries.

        Returns:
            The values by key, and the other things in the folder, each with why it is no entry.

        Raises:
            StorageError: the folder cannot be read.
        """
        entries: dict[str, str] = {}
        skipped: list[str] = []
        with self._saying("read"), os.scandir(self.path) as files:
            for file in files:
                if file.name.startswith(_UNFINISHED[0]) and file.name.endswith(_UNFINISHED[1]):
                    _remove_if_abandoned(file)
                    continue
                try:
                    key, value = self._read_entry(file)
                except FileNotFoundError:
                    # Another process has just removed it.
                    continue
                except (OSError, ValueError) as error:
                    skipped.append(f"{file.name!r} ({_reason(error)})")
                else:
                    entries[key] = value
        return entries, sorted(skipped)

    def write(self, key: str, value: str) -> None:
        """Write an entry, so that it survives whatever comes; an older one stays until then.

        Raises:
            StorageError: it cannot be written.
        """
        text = json.dumps({"key": key, "value": value}, ensure_ascii=False) + "\n"
        try:
            content = text.encode()
        except UnicodeEncodeError:
            # Half a surrogate pair has no UTF-8, only an escape.
            content = (json.dumps({"key": key, "value": value}) + "\n").encode()
        with self._saying("write to"):
            prefix, suffix = _UNFINISHED
            descriptor, unfinished = tempfile.mkstemp(suffix, prefix, self.path)
            try:
                with open(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(descriptor)
                os.replace(unfinished, self.path / file_name(key))
            except BaseException:
                with suppress(OSError):
                    os.unlink(unfinished)
                raise
        self.sync()

    def remove(self, key: str) -> None:
        """Remove an entry, if there is one; :meth:`sync` makes sure that it is gone.

        Raises:
            StorageError: it cannot be removed.
        """
        with self._saying("remove from"), suppress(FileNotFoundError):
            os.unlink(self.path / file_name(key))

    def sync(self) -> None:
        """Have on the disk which entries there are.

        Raises:
            StorageError: the folder cannot be written.
        """
        with self._saying("write to"):
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            except OSError as error:
                # Some network file systems cannot, and need not.
                if error.errno not in (EINVAL, ENOTSUP):
                    raise
            finally:
                os.close(descriptor)

    def _read_entry(self, file: os.DirEntry[str]) -> tuple[str, str]:
        """Read an entry; a ValueError says in words why a file is none."""
        if not _NAME.fullmatch(file.name):
            raise ValueError("not one of a store's names")
        status = file.stat(follow_symlinks=False)
        # Opening a named pipe would wait for its other end for ever.
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a plain file")
        if status.st_size > self._largest_file:
            raise ValueError("larger than the quota")
        try:
            entry = json.loads(Path(file.path).read_bytes())
            key, value = entry["key"], entry["value"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError("damaged") from None
        if not isinstance(key, str) or not isinstance(value, str):
            raise ValueError("damaged")
        if file_name(key) != file.name:
            raise ValueError("under the name of another key")
        return key, value

    @contextmanager
    def _saying(self, what: str) -> Iterator[None]:
        """Turn an error of the operating system into one that names the folder."""
        try:
            yield
        except OSError as error:
            code = errorcode.get(error.errno or 0, "EIO")
            raise self._failure(code, what, error) from None
        except ValueError as error:
            # A text that no path can be: with a NUL, or half a surrogate pair.
            raise self._failure("EINVAL", what, error) from None

    def _failure(self, code: str, what: str, error: Exception) -> StorageError:
        return StorageError(code, f"cannot {what} the folder {str(self.path)!r}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _remove_if_abandoned(file: os.DirEntry[str]) -> None:
    with suppress(OSError):
        if time.time() - file.stat(follow_symlinks=False).st_mtime > ABANDONED_AFTER:
            os.unlink(file.path)
