"""The Python half of ``@modules/local-storage``: the store that a host's scripts have open.

Disk work is done in the middle of the event that asks for it, because its functions return what
they did. The loop waits that long; the store's limits bound it.
"""

from __future__ import annotations

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

    def __init__(self, _services: Services) -> None:
        self._store: Store | None = None
        self.operations: Mapping[str, Callable[..., None]] = {}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "storage.open": self._open,
            "storage.get": lambda key: self._opened().get(key),
            "storage.set": lambda key, value: self._opened().set(key, value),
            "storage.remove": lambda key: self._opened().remove(key),
            "storage.clear": lambda: self._opened().clear(),
            "storage.key": lambda index: self._opened().key(index),
            "storage.length": lambda: len(self._opened()),
        }

    async def stop(self) -> None:
        """Nothing is to be stopped: what is stored is on the disk."""

    def _open(self, options: dict[str, Any]) -> list[str]:
        # Imported late: most scripts store nothing.
        from .store import Store

        values = validate("local-storage", options).values
        self._store = Store(
            Path(values["dir"]),
            quota=values["quota"],
            max_items=values["maxItems"],
            max_key_size=values["maxKeySize"],
        )
        return self._store.warnings

    def _opened(self) -> Store:
        if self._store is None:
            from .entry_files import StorageError

            raise StorageError("ERR_STORAGE_NOT_OPEN", "call initSync() before anything else")
        return self._store
