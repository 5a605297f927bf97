"""The accessor library: classes by name, in the current directory and in folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import ModuleError
from .files import Answer, read_script

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
    """

    def __init__(self, folders: Sequence[str | Path] = ()) -> None:
        self._folders = [Path(folder) for folder in folders]

    def find(self, class_name: str) -> Answer:
        """Find and read the file of a class.

        Args:
            class_name: for example ``net/WebSocketServer``, with or without ``.js``; a path
                relative to the current directory or to a folder of the library, or absolute.

        Returns:
            The file, or why there is none: the reason names the places that were searched.
        """
        file_name = class_name if class_name.endswith(".js") else f"{class_name}.js"
        places = [Path(file_name).absolute(), *(folder / file_name for folder in self._folders)]
        try:
            for place in dict.fromkeys(places):
                if place.is_file():
                    return read_script(place)
        except (ModuleError, OSError, ValueError) as error:
            return {"missing": f": {error}"}
        return {"missing": f"; looked for {', '.join(map(str, dict.fromkeys(places)))}"}
