"""Finding the files that scripts require: Node's rules, without a JavaScript engine.

The engine asks for a file by the text of the request and the folder of the file that asks.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import ModuleError
from .files import Answer, read_script

__all__ = ["Loader"]

_EXTENSIONS = ("", ".js", ".json", ".cjs")


class Loader:
    """Resolves requests and remembers the answers."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}

    def locate(self, request: str, directory: str) -> Answer:
        """Find and read the file that a request means.

        Args:
            request: what was given to ``require``.
            directory: folder of the file that asks.
        """
        key = (directory, request)
        if key not in self._answers:
            self._answers[key] = self._read(request, Path(directory))
        return self._answers[key]

    def _read(self, request: str, directory: Path) -> Answer:
        try:
            path = _resolve(request, directory)
            if path is None:
                return {"missing": ""}
            return read_script(path)
        except ModuleError as error:
            return {"missing": f": {error}"}
        except (OSError, ValueError) as error:
            return {"missing": f": {error}"}


def _resolve(request: str, directory: Path) -> Path | None:
    if request.startswith("/"):
        return _as_file_or_folder(Path(request))
    if request in (".", "..") or request.startswith(("./", "../")):
        return _as_file_or_folder(directory / request, folder_only=request.endswith("/"))
    for folder in (directory, *directory.parents):
        if folder.name != "node_modules":
            path = _as_file_or_folder(folder / "node_modules" / request)
            if path is not None:
                return path
    return None


def _as_file_or_folder(path: Path, *, folder_only: bool = False) -> Path | None:
    if not folder_only:
        found = _as_file(path)
        if found is not None:
            return found
    return _as_folder(path)


def _as_file(path: Path) -> Path | None:
    for extension in _EXTENSIONS:
        candidate = Path(f"{path}{extension}")
        if candidate.is_file():
            return candidate
    return None


def _as_folder(path: Path) -> Path | None:
    main = _main_of_package(path / "package.json")
    if main is not None:
        found = _as_file(path / main) or _as_file(path / main / "index")
        if found is not None:
            return found
    return _as_file(path / "index")


def _main_of_package(package: Path) -> str | None:
    if not package.is_file():
        return None
    try:
        main = json.loads(package.read_text(encoding="utf-8-sig")).get("main")
    except (ValueError, AttributeError) as error:
        raise ModuleError(f"cannot read '{package}': {error}") from None
    return main if isinstance(main, str) and main else None
