"""Script files as the runtime takes them."""

from pathlib import Path
from typing import TypedDict, final

from ..errors import ModuleError

__all__ = [
    "Answer",
    "Located",
    "Missing",
    "ModuleFile",
    "ScriptFile",
    "read_script",
    "script_from_text",
]


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
class Missing(TypedDict):
    """Why there is no file, as the end of a sentence."""

    missing: str


Answer = ScriptFile | Missing
"""What is found where files are looked for."""

Located = ScriptFile | ModuleFile | Missing
"""What is found where a script requires something."""


def read_script(path: Path) -> ScriptFile:
    """Read a script.

    Args:
        path: the file.

    Raises:
        ModuleError: the file is missing, unreadable, or no text.
    """
    try:
        path = path.resolve(strict=True)
        source = path.read_text(encoding="utf-8").removeprefix("\ufeff")
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
