"""Accessors looked at rather than run: what they are, and what is wrong with them.

The class is loaded and set up in a host of its own, where missing modules and classes have
stand-ins (``runtime/accessors/inspection.js``); nothing that its ``setup`` starts goes on.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import EngineError, ModuleError, ScriptError
from ..host import CALLBACK_TIMEOUT, Host
from ..scripts.files import ScriptFile
from ..scripts.library import Library

__all__ = ["Inspection", "Problem", "find_class", "inspect", "shown_path", "unique"]

_INLINE = " (inline)"

_STOPPED = re.compile(
    r"(?P<what>.*) of accessor '(?P<accessor>[^']*)'"
    r"(?:, .* \((?P<file>.*):(?P<line>\d+)\))? (?P<how>ran longer than .*)"
)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        accessor: name of the accessor.
        message: what is wrong, on one line.
        severity: ``"error"`` or ``"warning"``.
        file: where, as a path from the current directory if it lies there.
        line: line in the file, from 1; ``None`` when nobody knows.
    """

    accessor: str
    message: str
    severity: str
    file: str
    line: int | None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        mark = "warning: " if self.severity == "warning" else ""
        return f"{place}: {mark}accessor '{self.accessor}': {self.message}"


@dataclass
class Inspection:
    """What was seen of an accessor."""

    file: str
    """Its file, as in :class:`Problem`."""
    interface: dict[str, Any] | None = None
    """Its interface (``schemas/accessor-interface.schema.json``); ``None`` when there is none."""
    scripts: dict[str, list[ScriptFile]] = field(default_factory=dict)
    """By name of an accessor, the scripts that it is made of: its own first."""
    modules: list[str] = field(default_factory=list)
    """The modules that it requires."""
    missing: list[str] = field(default_factory=list)
    """Those of them that are not there."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong, in the order in which it was found."""


async def inspect(
    class_name: str,
    *,
    library: Sequence[str | Path] = (),
    engine: str = "auto",
    callback_timeout: float | None = CALLBACK_TIMEOUT,
) -> Inspection:
    """Load an accessor class and set it up, without running it.

    Args:
        class_name: as a library names it; a path to a file is one, too.
        library: folders to search after the current directory.
        engine: as for :class:`Host`.
        callback_timeout: seconds that loading and setting up may take, or ``None`` for no limit.

    Raises:
        ModuleError: there is no such class.
        EngineError: the engine is not there.
    """
    file = find_class(class_name, library)
    settings = {"library": library, "engine": engine, "callback_timeout": callback_timeout}
    # First with a time limit that holds. Under it some engines cannot look up a file that is not
    # named literally; only scripts that do so are seen again without.
    inspection, refused = await _look(class_name, file, settings, asks=False)
    if refused:
        inspection, _ = await _look(class_name, file, settings, asks=True)
    return inspection


async def _look(
    class_name: str, file: ScriptFile, settings: dict[str, Any], *, asks: bool
) -> tuple[Inspection, bool]:
    """Return what was seen, and whether the script asked in vain for something."""
    inspection = Inspection(shown_path(file["path"]))
    refused = False
    async with Host(**settings, stdout=io.StringIO(), stderr=io.StringIO()) as host:
        host.accessors.follow(classes=[class_name], asks=asks)
        try:
            answer = await host.accessors.control("inspect", class_name, asks=asks)
        except ScriptError:
            # It was stopped, which is one of the host's errors.
            pass
        except EngineError as error:
            name = Path(file["path"]).stem
            inspection.problems.append(Problem(name, str(error), "error", inspection.file, None))
        else:
            refused = answer.pop("refused")
            found = answer.pop("problems")
            vars(inspection).update(answer)
            inspection.problems += unique(_problem(inspection.file, **one) for one in found)
        inspection.problems += [_uncaught(inspection, error) for error in host.errors]
    return inspection, refused


def find_class(class_name: str, library: Sequence[str | Path]) -> ScriptFile:
    """Find the file of a class.

    Args:
        class_name: as a library names it.
        library: folders to search after the current directory.

    Raises:
        ModuleError: there is no such class.
    """
    file = Library(library).find(class_name)
    if "missing" in file:
        raise ModuleError(f"cannot find accessor class '{class_name}'{file['missing']}")
    return file


def unique(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out what is said already of another accessor: those of a class have its faults.

    Args:
        problems: in order.
    """
    by_place: dict[tuple[str, int | None, str], Problem] = {}
    for problem in problems:
        by_place.setdefault((problem.file, problem.line, problem.message), problem)
    return list(by_place.values())


def shown_path(path: str) -> str:
    """Return a path as people know it: from the current directory, if it lies there.

    Args:
        path: an absolute path, or a name in words.
    """
    if not os.path.isabs(path):
        return path
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


def _problem(file: str, *, accessor: str, message: str, severity: str, stack: str) -> Problem:
    inline_line = None
    for path, line in _frames(stack):
        if Path(path).is_absolute():
            if inline_line is not None:
                message = f"{message} (line {inline_line} of its inline code)"
            return Problem(accessor, message, severity, shown_path(path), line)
        if path.endswith(_INLINE) and inline_line is None:
            inline_line = line
    return Problem(accessor, message, severity, file, None)


def _uncaught(inspection: Inspection, error: ScriptError) -> Problem:
    match = _STOPPED.fullmatch(error.message)
    if match is None:
        name = inspection.interface["name"] if inspection.interface else Path(inspection.file).stem
        message = " ".join(error.message.split())
        found = {"accessor": name, "message": message, "severity": "error", "stack": error.stack}
        return _problem(inspection.file, **found)
    message = f"{match['what']} {match['how']}"
    if match["file"] is None or not Path(match["file"]).is_absolute():
        return Problem(match["accessor"], message, "error", inspection.file, None)
    place = shown_path(match["file"])
    return Problem(match["accessor"], message, "error", place, int(match["line"]))


def _frames(stack: str) -> Iterator[tuple[str, int]]:
    """Give file and line of each frame: ``at NAME (FILE:LINE:COLUMN)`` or without a name."""
    for text in stack.splitlines():
        _, at, place = text.partition("    at ")
        if not at:
            continue
        if place.endswith(")"):
            place = place.partition(" (")[2][:-1]
        path, _, position = place.rpartition(":")
        path, _, line = path.rpartition(":")
        if line.isdigit() and position.isdigit():
            yield path, int(line)
