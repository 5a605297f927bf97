"""Finding the files that scripts require: Node's rules, without a JavaScript engine.

The engine asks for a file by the text of the request and the folder of the file that asks. As an
engine under a time limit cannot ask, the literal ``require('…')`` calls of a script are followed
beforehand and their answers handed over (:meth:`Loader.preload`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypedDict

from .errors import ModuleError

__all__ = ["Answer", "Loader", "ScriptFile", "read_script", "script_from_text"]

MAX_PRELOADED_FILES = 10_000
"""Files followed beforehand; a script with more finds the rest when it asks."""

_ANY_REQUIRE = re.compile(r"\brequire\b")
_LITERAL_REQUIRE = re.compile(r"""\brequire\s*\(\s*(?:'([^'\\\n]+)'|"([^"\\\n]+)")\s*\)""")
_EXTENSIONS = ("", ".js", ".json", ".cjs")


class ScriptFile(TypedDict):
    """A file as the runtime takes it."""

    path: str
    directory: str
    source: str


class Missing(TypedDict):
    """Why there is no file, as the end of a sentence."""

    missing: str


Answer = ScriptFile | Missing


def read_script(path: Path) -> ScriptFile:
    """Read a script.

    Args:
        path: the file.

    Raises:
        ModuleError: the file is missing, unreadable, or no text.
    """
    try:
        path = path.resolve(strict=True)
        source = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ModuleError(f"cannot find script '{path}'") from None
    except UnicodeDecodeError:
        raise ModuleError(f"cannot read '{path}': it is not UTF-8 text") from None
    except OSError as error:
        raise ModuleError(f"cannot read '{path}': {error.strerror}") from None
    return {"path": str(path), "directory": str(path.parent), "source": source}


def script_from_text(source: str, name: str) -> ScriptFile:
    """Make a script of source text.

    Args:
        source: the JavaScript text.
        name: file name; relative requests start from its folder.
    """
    return {"path": name, "directory": str(Path(name).absolute().parent), "source": source}


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

    def preload(self, script: ScriptFile) -> tuple[list[tuple[str, str, Answer]], bool]:
        """Follow the literal requests of a script and of what they lead to.

        Args:
            script: where to begin.

        Returns:
            Entries ``(directory, request, answer)``, and whether they are all that the scripts
            can ask for, that is, whether every use of ``require`` was a literal request.
        """
        found: dict[tuple[str, str], Answer] = {}
        waiting = [script]
        seen = {script["path"]}
        complete = True
        while waiting:
            file = waiting.pop()
            if file["path"].endswith(".json"):
                continue
            requests = [one or other for one, other in _LITERAL_REQUIRE.findall(file["source"])]
            complete = complete and len(requests) == len(_ANY_REQUIRE.findall(file["source"]))
            for request in requests:
                answer = self.locate(request, file["directory"])
                found[file["directory"], request] = answer
                if "missing" in answer or answer["path"] in seen:
                    continue
                if len(seen) >= MAX_PRELOADED_FILES:
                    complete = False
                    continue
                seen.add(answer["path"])
                waiting.append(answer)
        return [(*key, answer) for key, answer in found.items()], complete

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
