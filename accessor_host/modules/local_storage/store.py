"""A store of texts by key, within limits: what ``@modules/local-storage`` keeps.

All texts are in memory, as they were when the store was opened and as it has changed them since;
each change is on the disk before it is seen. Several stores may have the same folder: the last to
write a key wins, and each sees what the others wrote when it is opened again.

Source: module specification section 10.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from pathlib import Path

from .entry_files import EntryFolder, StorageError, utf8

__all__ = ["NAMED_FILES", "Store"]

NAMED_FILES = 3
"""Files that one warning names: enough to see what is wrong with all."""


class Store:
    """The texts of one folder.

    Args:
        path: the folder; it is created if need be.
        quota: most bytes of all keys and values together, as UTF-8.
        max_items: most keys.
        max_key_size: most bytes of one key, as UTF-8.

    Raises:
        StorageError: the folder cannot be created or read.
    """

    def __init__(self, path: Path, *, quota: int, max_items: int, max_key_size: int) -> None:
        self._quota = quota
        self._max_items = max_items
        self._max_key_size = max_key_size
        self._folder = EntryFolder(path, quota)
        self._name = f"the storage folder {str(self._folder.path)!r}"
        self._values, skipped = self._folder.read()
        self._keys = sorted(self._values)
        self._used = sum(_size(key, value) for key, value in self._values.items())
        self.warnings = self._warnings(skipped)
        """What to know about the folder, one sentence each."""

    def get(self, key: str) -> str | None:
        """Return the value of a key, or ``None`` when there is none."""
        return self._values.get(key)

    def set(self, key: str, value: str) -> None:
        """Store a value under a key.

        Raises:
            StorageError: a limit is in the way, or the file system; nothing was stored.
        """
        old = self._values.get(key)
        used = self._used + _size(key, value) - (0 if old is None else _size(key, old))
        if len(utf8(key)) > self._max_key_size:
            reason = f"a key has at most {self._max_key_size} bytes (maxKeySize)"
            raise StorageError("ERR_STORAGE_KEY_SIZE", reason)
        if used > self._quota:
            raise self._full(f"it would hold {used} of {self._quota} bytes (quota)")
        if old is None and len(self._values) >= self._max_items:
            raise self._full(f"it holds {len(self._values)} of {self._max_items} keys (maxItems)")
        self._folder.write(key, value)
        if old is None:
            insort(self._keys, key)
        self._values[key] = value
        self._used = used

    def remove(self, key: str) -> None:
        """Remove a key, if there is one.

        Raises:
            StorageError: the file system does not let it.
        """
        self._folder.remove(key)
        self._forget(key)
        self._folder.sync()

    def clear(self) -> None:
        """Remove every key, those too that another store has written.

        Raises:
            StorageError: the file system does not let it; what it let go is gone.
        """
        written, _ = self._folder.read()
        for key in written.keys() | self._values.keys():
            self._folder.remove(key)
            self._forget(key)
        self._folder.sync()

    def key(self, index: int) -> str | None:
        """Return a key by its place among all, sorted, or ``None`` when there is none there."""
        return self._keys[index] if 0 <= index < len(self._keys) else None

    def __len__(self) -> int:
        return len(self._keys)

    def _forget(self, key: str) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._used -= _size(key, value)
            del self._keys[bisect_left(self._keys, key)]

    def _full(self, reason: str) -> StorageError:
        return StorageError("ERR_STORAGE_QUOTA", f"{self._name} is full: {reason}")

    def _warnings(self, skipped: list[str]) -> list[str]:
        warnings = []
        if skipped:
            named = ", ".join(skipped[:NAMED_FILES])
            more = f" and {len(skipped) - NAMED_FILES} more" if len(skipped) > NAMED_FILES else ""
            warnings.append(f"{self._name} has files that are no entries: {named}{more}")
        if self._used > self._quota:
            excess = f"{self._used} bytes, more than its quota of {self._quota}"
            warnings.append(f"{self._name} holds {excess}: nothing more can be stored")
        if len(self) > self._max_items:
            excess = f"{len(self)} keys, more than its maxItems of {self._max_items}"
            warnings.append(f"{self._name} holds {excess}: no other key can be stored")
        return warnings


def _size(key: str, value: str) -> int:
    return len(utf8(key)) + len(utf8(value))
