"""Finding what scripts require: modules of the host, and files by Node's rules.

The engine asks by the text of the request and the folder of the file that asks. A name with the
scope of the host's modules means one of them. A name without a scope means a package, or a module,
as the oldest accessors name them, where no package has that name. What is neither may be a plain
script that a library of accessors brings along.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import AccessDeniedError, ManifestError, ModuleError
from ..manifests import KEY, Manifest, find_module, module_name
from .files import CombinedModule, Located, Missing, ModuleFile, missing, read_required
from .modules import read_module
from .plain_files import Reading, read_plain_file

__all__ = ["Loader"]

_EXTENSIONS = ("", ".js", ".json", ".cjs")

_OF_LIBRARIES = Path("hosts", "common", "modules")
"""Folder of a library with the scripts that it brings along for all hosts."""


class Loader:
    """Resolve requests, and remember the answers.

    Args:
        use: called with the manifest of each module that is found; raises
            :class:`ManifestError` or :class:`AccessDeniedError` when it cannot be used.
        reading: decides which files may be read; None lets scripts read all that they can require.
        libraries: folders of libraries of accessors, in order.
    """

    def __init__(
        self,
        use: Callable[[Manifest], None],
        reading: Reading | None = None,
        libraries: Sequence[Path] = (),
    ) -> None:
        self._use = use
        self._reading = reading
        self._libraries = libraries
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
            found: ModuleFile | CombinedModule | Path | None
            if name is None:
                found = self._resolve(request, directory)
            elif request.startswith("@"):
                found = self._module(name) or self._resolve(request, directory)
            else:
                found = self._resolve(request, directory) or self._module(name)
            if found is None and name is not None:
                found = self._in_libraries(request.rpartition("/")[2])
            if found is None:
                return _absent(request) or {"missing": ""}
            return read_required(found) if isinstance(found, Path) else found
        except AccessDeniedError as error:
            return _absent(request) or missing(error)
        except (ModuleError, OSError, ValueError) as error:
            return missing(error)

    def _module(self, name: str) -> ModuleFile | CombinedModule | None:
        manifest = find_module(name)
        if manifest is None or not manifest.is_requirable:
            return None
        if not manifest.combines:
            return self._one_module(manifest)
        parts = []
        for part in manifest.combines:
            combined = find_module(part)
            if combined is None or combined.main is None:
                reason = f"'{part}' is no module with a JavaScript half"
                raise ManifestError(manifest.package, f"{KEY}.combines", reason)
            parts.append(self._one_module(combined))
        synchronous = any(part["synchronous"] for part in parts)
        return {"module": name, "parts": parts, "synchronous": synchronous}

    def _one_module(self, manifest: Manifest) -> ModuleFile:
        module = read_module(manifest)
        self._use(manifest)
        return module

    def _in_libraries(self, name: str) -> Path | None:
        for library in self._libraries:
            found = self._as_file((library / _OF_LIBRARIES / name).absolute())
            if found is not None:
                return found
        return None

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


def _absent(request: str) -> Missing | None:
    """Say why a module that accessors know is not there, where it is one."""
    # Imported late: hardly any script asks for one.
    from .absent import code_of, why_absent

    reason = why_absent(request)
    return None if reason is None else {"missing": reason, "code": code_of(request)}
