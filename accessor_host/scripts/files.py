"""Script files as the runtime takes them."""

from collections.abc import Callable
from pathlib import Path
from typing import NotRequired, TypedDict, final

from ..errors import AccessDeniedError, ModuleError
from .plain_files import read_plain_file

__all__ = [
    "Answer",
    "CombinedModule",
    "Denied",
    "Located",
    "Missing",
    "ModuleFile",
    "ScriptFile",
    "missing",
    "read_required",
    "read_script",
    "script_from_text",
]


REQUIRED = (".js", ".cjs", ".mjs", ".json")
"""What the names of files end in that scripts can require, once all links are followed."""


@final
class ScriptFile(TypedDict):
    """A file as the runtime takes it."""

    path: str
    directory: str
    source: str


@final
class ModuleFile(TypedDict):
    """A module as the runtime takes it."""

    module: str
    """Its name, without a scope."""
    source: str
    options: str | None
    """What checks its options (:func:`~accessor_host.options.schema_for_scripts`), a JSON text."""
    synchronous: bool
    """Whether it asks Python in the middle of an event."""


@final
class CombinedModule(TypedDict):
    """A module that exports what others export, as the runtime takes it."""

    module: str
    parts: list[ModuleFile]
    synchronous: bool
    """Whether one of them asks Python in the middle of an event."""


@final
class Denied(TypedDict):
    """What a script lacks, as properties of its error."""

    code: str
    permission: str
    resource: str


@final
class Missing(TypedDict):
    """Why there is no file, as the end of a sentence."""

    missing: str
    denied: NotRequired[Denied]
    code: NotRequired[str]
    """Of the error, for a module that accessors know and this host has not."""


Answer = ScriptFile | Missing
"""What is found where files are looked for."""

Located = ScriptFile | ModuleFile | CombinedModule | Missing
"""What is found where a script requires something."""


def read_script(path: Path) -> ScriptFile:
    """Read a script that the user names, who may name any file.

    Args:
        path: the file.

    Raises:
        ModuleError: the file is missing, unreadable, or no text.
    """
    return _read(path, Path.read_bytes)


def read_required(path: Path) -> ScriptFile:
    """Read a file that a script names.

    Args:
        path: the file.

    Raises:
        ModuleError: the file is missing, unreadable, no text, or none that a script can require.
    """
    return _read(path, _read_required)


def missing(error: Exception) -> Missing:
    """Say why there is no file.

    Args:
        error: what finding or reading it raised.
    """
    answer: Missing = {"missing": f": {error}"}
    if isinstance(error, AccessDeniedError):
        answer["denied"] = {
            "code": error.code,
            "permission": error.permission,
            "resource": error.resource,
        }
    return answer


def _read(path: Path, read: Callable[[Path], bytes]) -> ScriptFile:
    try:
        path = path.resolve(strict=True)
        source = read(path).decode().removeprefix("\ufeff")
    except FileNotFoundError:
        raise ModuleError(f"cannot find script '{path}'") from None
    except UnicodeDecodeError:
        raise ModuleError(f"cannot read '{path}': it is not UTF-8 text") from None
    except OSError as error:
        raise ModuleError(f"cannot read '{path}': {error.strerror}") from None
    # As Python reads text, whatever ends its lines.
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return {"path": str(path), "directory": str(path.parent), "source": source}


def _read_required(path: Path) -> bytes:
    if path.suffix not in REQUIRED:
        names = ", ".join(REQUIRED)
        raise ModuleError(f"cannot read '{path}': its name ends in none of {names}")
    return read_plain_file(str(path))


def script_from_text(source: str, name: str) -> ScriptFile:
    """Make a script of source text.

    Args:
        source: the JavaScript text.
        name: file name; relative requests start from its folder.
    """
    return {"path": name, "directory": str(Path(name).absolute().parent), "source": source}
