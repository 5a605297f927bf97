"""The folders that the scripts of a host come from. What scripts say of them counts for nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["Folders", "is_inside"]


def is_inside(path: str, folder: str) -> bool:
    """Tell whether a path is a folder, or below it.

    Args:
        path: as ``realpath`` returned it.
        folder: likewise.
    """
    return path == folder or path.startswith(folder.rstrip("/") + "/")


class Folders:
    """The folders of scripts and of the library.

    The root of the file system is none of them: where a service starts, or a container keeps its
    script, would else open every file there is.

    Args:
        library: folders with accessor classes.
    """

    def __init__(self, library: Sequence[Path] = ()) -> None:
        self._library = library
        self._scripts: dict[str, None] = {}

    def add(self, folder: str | Path) -> None:
        """Take the folder of a script that the user runs."""
        self._scripts.update(dict.fromkeys(_usable([folder])))

    @property
    def all(self) -> list[str]:
        """List them, with all links followed."""
        return [*self._scripts, *_usable(self._library)]

    def hold(self, path: str) -> bool:
        """Tell whether a path lies in one of them.

        Args:
            path: as ``realpath`` returned it.
        """
        return any(is_inside(path, folder) for folder in self.all)

    @property
    def packages(self) -> list[str]:
        """List each ``node_modules`` in which Node looks for their packages; few are there."""
        found = (
            os.path.join(above, "node_modules")
            for folder in self.all
            for above in (folder, *map(str, Path(folder).parents))
        )
        return list(dict.fromkeys(found))

    def hold_package(self, path: str) -> bool:
        """Tell whether a path lies in a ``node_modules`` where Node looks for their packages.

        Args:
            path: as ``realpath`` returned it.
        """
        return any(is_inside(path, folder) for folder in self.packages)


def _usable(folders: Iterable[str | Path]) -> list[str]:
    return [real for real in map(os.path.realpath, folders) if real != "/"]
