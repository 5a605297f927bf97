"""The Python half of ``@modules/local-storage``: the store that a host's scripts have open.

Disk work is done in the middle of the event that asks for it, because its functions return what
they did. The loop waits that long; the store's limits bound it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...options import validate

if TYPE_CHECKING:
    from ...core.services import Services
    from .store import Store

__all__ = ["LocalStorage"]


class LocalStorage:
    """The one store of a host: its scripts share the module, and so what it has open."""

    def __init__(self, services: Services) -> None:
        self._permissions = services.permissions
        self._store: Store | None = None
        self.operations: Mapping[str, Callable[..., None]] = {}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "storage.open": self._open,
            "storage.get": self._get,
            "storage.set": self._set,
            "storage.remove": self._remove,
            "storage.clear": self._clear,
            "storage.key": self._key,
            "storage.length": self._length,
        }

    async def stop(self) -> None:
        """Nothing is to be stopped: what is stored is on the disk."""

    def _open(self, options: dict[str, Any]) -> list[str]:
        # Imported late: most scripts store nothing.
        from .store import Store

        values = validate("local-storage", options).values
        if self._permissions is not None:
            self._permissions.check_write(os.path.realpath(values["dir"]))
        self._store = Store(
            Path(values["dir"]),
            quota=values["quota"],
            max_items=values["maxItems"],
            max_key_size=values["maxKeySize"],
        )
        return self._store.warnings

    def _get(self, key: str) -> str | None:
        return self._opened().get(key)

    def _set(self, key: str, value: str) -> None:
        self._opened().set(key, value)

    def _remove(self, key: str) -> None:
        self._opened().remove(key)

    def _clear(self) -> None:
        self._opened().clear()

    def _key(self, index: int) -> str | None:
        return self._opened().key(index)

    def _length(self) -> int:
        return len(self._opened())

    def _opened(self) -> Store:
        if self._store is None:
            from .entry_files import StorageError

            raise StorageError("ERR_STORAGE_NOT_OPEN", "call initSync() before anything else")
        return self._store
