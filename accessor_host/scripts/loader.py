"""Finding what scripts require: modules of the host, and files by Node's rules.

The engine asks by the text of the request and the folder of the file that asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ..errors import ModuleError
from ..manifests import Manifest, find_module, module_name
from .files import Located, read_script
from .modules import read_module

__all__ = ["Loader"]

_EXTENSIONS = ("", ".js", ".json", ".cjs")


class Loader:
    """Resolve requests, and remember the answers.

    Args:
        use: called with the manifest of each module that is found; raises
            :class:`ManifestError` when the module cannot be used.
    """

    def __init__(self, use: Callable[[Manifest], None]) -> None:
        self._use = use
        self._answers: dict[tuple[str, str], Located] = {}

    def locate(self, request: str, directory: str) -> Located:
        """Find and read what a request means.

        Args:
            request: what was given to ``require``.
            directory: folder of the file that asks.
        """
        key = (directory, request)
        if key not in self._answers:
            self._answers[key] = self._read(request, Path(directory))
        return self._answers[key]

    def _read(self, request: str, directory: Path) -> Located:
        try:
            name = module_name(request)
            manifest = None if name is None else find_module(name)
            if manifest is not None and manifest.main is not None:
                module = read_module(manifest)
                self._use(manifest)
                return module
            path = _resolve(request, directory)
            return {"missing": ""} if path is None else read_script(path)
        except (ModuleError, OSError, ValueError) as error:
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
