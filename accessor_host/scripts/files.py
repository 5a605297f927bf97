"""Script files as the runtime takes them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict, final

from ..errors import ModuleError

__all__ = ["Answer", "Missing", "ScriptFile", "read_script", "script_from_text", "script_naming"]


@final
class ScriptFile(TypedDict):
    """A file as the runtime takes it."""

    path: str
    directory: str
    source: str


@final
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


def script_naming(classes: Iterable[str] = (), modules: Iterable[str] = ()) -> ScriptFile:
    """Make a script that leads to classes and modules, and does nothing else.

    Args:
        classes: names of accessor classes.
        modules: arguments of ``require``, as if in a file in the current directory.
    """
    lines = [f"require({_quoted(name)});" for name in modules]
    lines += [f"instantiate('', {_quoted(name)});" for name in classes]
    return script_from_text("\n".join(lines), "names")


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
