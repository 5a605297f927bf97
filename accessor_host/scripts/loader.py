"""Finding what scripts require: modules of the host, and files by Node's rules.

The engine asks by the text of the request and the folder of the file that asks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from ..errors import AccessDeniedError, ModuleError
from ..manifests import Manifest, find_module, module_name
from .files import Located, missing, read_required
from .modules import read_module
from .plain_files import Reading, read_plain_file

__all__ = ["Loader"]

_EXTENSIONS = ("", ".js", ".json", ".cjs")


class Loader:
    """Resolve requests, and remember the answers.

    Args:
        use: called with the manifest of each module that is found; raises
            :class:`ManifestError` or :class:`AccessDeniedError` when it cannot be used.
        reading: decides which files may be read; None lets scripts read all that they can require.
    """

    def __init__(self, use: Callable[[Manifest], None], reading: Reading | None = None) -> None:
        self._use = use
        self._reading = reading
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
            path = self._resolve(request, directory)
            return {"missing": ""} if path is None else read_required(path)
        except (AccessDeniedError, ModuleError, OSError, ValueError) as error:
            return missing(error)

    def _resolve(self, request: str, directory: Path) -> Path | None:
        if request.startswith("/"):
            return self._found(Path(request), self._as_file_or_folder(Path(request)))
        if request in (".", "..") or request.startswith(("./", "../")):
            path = directory / request
            ends = request.endswith("/")
            return self._found(path, self._as_file_or_folder(path, folder_only=ends))
        for folder in (directory, *directory.parents):
            if folder.name != "node_modules":
                package = folder / "node_modules" / request
                path_or_none = self._as_file_or_folder(package)
                if path_or_none is not None:
                    return path_or_none
        return self._found(directory / "node_modules" / request, None)

    def _found(self, asked: Path, path: Path | None) -> Path | None:
        """Return what was found; where nothing may be read, do not even tell what is missing."""
        if path is None and self._reading is not None:
            place = os.path.realpath(asked)
            if not self._reading.may_read(place):
                self._reading.check_read(place)
        return path

    def _as_file_or_folder(self, path: Path, *, folder_only: bool = False) -> Path | None:
        if not folder_only:
            found = self._as_file(path)
            if found is not None:
                return found
        return self._as_folder(path)

    def _as_file(self, path: Path) -> Path | None:
        for extension in _EXTENSIONS:
            candidate = Path(f"{path}{extension}")
            if candidate.is_file():
                self._check(candidate)
                return candidate
        return None

    def _as_folder(self, path: Path) -> Path | None:
        main = self._main_of_package(path / "package.json")
        if main is not None:
            found = self._as_file(path / main) or self._as_file(path / main / "index")
            if found is not None:
                return found
        return self._as_file(path / "index")

    def _main_of_package(self, package: Path) -> str | None:
        if not package.is_file():
            return None
        self._check(package)
        try:
            text = read_plain_file(os.path.realpath(package)).decode("utf-8-sig")
            main = json.loads(text).get("main")
        except (ValueError, AttributeError, RecursionError):
            raise ModuleError(f"cannot read '{package}': it is no JSON object") from None
        return main if isinstance(main, str) and main else None

    def _check(self, path: Path) -> None:
        if self._reading is not None:
            self._reading.check_read(os.path.realpath(path))
