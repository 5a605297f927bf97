"""The accessor library: classes by name, in the current directory and in folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import AccessDeniedError, ModuleError
from .files import Answer, missing, read_required
from .plain_files import Reading

__all__ = ["LIBRARY_VARIABLE", "Library", "folders_from_environment"]

LIBRARY_VARIABLE = "ACCESSOR_LIBRARY"
"""Environment variable with more folders, separated like those of ``PATH``."""


def folders_from_environment() -> list[Path]:
    """Return the folders that the environment names."""
    value = os.environ.get(LIBRARY_VARIABLE, "")
    return [Path(folder) for folder in value.split(os.pathsep) if folder]


class Library:
    """Finds the files of accessor classes.

    Args:
        folders: where to look after the current directory, in order.
        reading: decides which files may be read; None is for users, who may read all.
    """

    def __init__(self, folders: Sequence[str | Path] = (), reading: Reading | None = None) -> None:
        self.folders = [Path(folder) for folder in folders]
        """Where it looks after the current directory."""
        self._reading = reading

    def find(self, class_name: str) -> Answer:
        """Find and read the file of a class.

        Args:
            class_name: for example ``net/WebSocketServer``, with or without ``.js``; a path
                relative to the current directory or to a folder of the library, or absolute.

        Returns:
            The file, or why there is none: the reason names the places that were searched.
        """
        places = self._places(class_name)
        denied: AccessDeniedError | None = None
        try:
            for place in places:
                if place.is_file():
                    try:
                        self._check(place)
                    except AccessDeniedError as error:
                        denied = denied or error
                    else:
                        return read_required(place)
            if denied is not None:
                return missing(denied)
            if class_name.startswith("/") or ".." in class_name.split("/"):
                # Where nothing may be read, do not even tell what is missing.
                self._check(places[0])
        except (AccessDeniedError, ModuleError, OSError, ValueError) as error:
            return missing(error)
        return {"missing": f"; looked for {', '.join(map(str, places))}"}

    def folder_of(self, class_name: str) -> Path | None:
        """Return the folder of the file of a class, whether it may be read or not.

        Args:
            class_name: as for :meth:`find`.
        """
        for place in self._places(class_name):
            try:
                if place.is_file():
                    return place.parent
            except (OSError, ValueError):
                break
        return None

    def _places(self, class_name: str) -> list[Path]:
        file_name = class_name if class_name.endswith(".js") else f"{class_name}.js"
        places = [Path(file_name).absolute(), *(folder / file_name for folder in self.folders)]
        return list(dict.fromkeys(places))

    def _check(self, place: Path) -> None:
        if self._reading is not None:
            self._reading.check_read(os.path.realpath(place))
