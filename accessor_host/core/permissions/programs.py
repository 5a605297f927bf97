"""Rules of the power ``run``: which programs may be started, and where they lie."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator

from .patterns import TextRule, parse_pattern

__all__ = [
    "EVERY_PROGRAM",
    "find_program",
    "has_own",
    "own_program",
    "parse_program",
    "programs_now",
]

EVERY_PROGRAM = "*"
"""The rule that means every program."""

_OWN = "@modules/"


def own_program(module: str) -> str:
    """Return the value of the program that a module starts by itself.

    Args:
        module: its name without a scope.
    """
    return f"{_OWN}{module}"


def has_own(rule: str, module: str) -> bool:
    """Tell whether a rule means the program that a module starts by itself.

    Args:
        rule: its text.
        module: its name without a scope.
    """
    return rule == EVERY_PROGRAM or (
        rule.startswith(_OWN) and parse_pattern(rule).means(own_program(module))
    )


def find_program(name: str) -> str | None:
    """Return the path of a program, with the links followed that lead to its folder.

    The last link stays: a program with many names does what its name says, and whoever may start
    it by one of them may not start it by another.

    Args:
        name: a path; or without a slash, the name of a program on ``PATH``.

    Returns:
        The path; None where there is no such program that can be executed.
    """
    # Imported late: few programs start others.
    import shutil

    found = shutil.which(name)
    return None if found is None else _placed(found)


def parse_program(text: str) -> TextRule:
    """Read a rule.

    Args:
        text: a path; a path with ``*`` for any text without a slash; a name, which means the
            program that ``PATH`` leads to at this moment; ``@modules/NAME`` for the program that
            a module starts by itself; or ``*`` for every program.

    Raises:
        ValueError: it is empty, or there is no such program on ``PATH``.
    """
    if text == EVERY_PROGRAM or text.startswith(_OWN):
        return parse_pattern(text)
    path = _path_of(text)
    if EVERY_PROGRAM in path:
        pattern = parse_pattern(path, but="/")

        def means(value: str) -> bool:
            # A link out of the folder is outside of it.
            return pattern.means(value) and pattern.means(os.path.realpath(value))

        def touches(value: str) -> bool:
            return pattern.means(value) or pattern.means(os.path.realpath(value))

        return TextRule(text, means, touches)
    # What a link leads to at this moment: nobody may put another one in its place later.
    file = os.path.realpath(path)
    return TextRule(
        text,
        lambda value: (
            os.path.basename(value) == os.path.basename(path) and os.path.realpath(value) == file
        ),
        lambda value: value == path or os.path.realpath(value) == file,
    )


def programs_now(text: str) -> Iterator[str]:
    """Yield the paths of the programs that a rule means and that are there.

    Args:
        text: of a rule; neither :data:`EVERY_PROGRAM` nor one of a module.
    """
    path = _path_of(text)
    if EVERY_PROGRAM not in path:
        yield path
        return
    rule = parse_program(text)
    for found in glob.iglob(glob.escape(path).replace("[*]", "*")):
        if rule.means(found) and os.access(found, os.X_OK):
            yield found


def _path_of(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    if "/" in text:
        return _placed(text)
    if EVERY_PROGRAM in text:
        raise ValueError("a pattern takes a folder, such as /usr/bin/")
    path = find_program(text)
    if path is None:
        raise ValueError(f"there is no program {text!r} on PATH")
    return path


def _placed(path: str) -> str:
    folder, name = os.path.split(path)
    before, star, after = folder.partition(EVERY_PROGRAM)
    if not star:
        return os.path.join(os.path.realpath(folder or "."), name)
    fixed, part = os.path.split(before)
    return os.path.join(os.path.realpath(fixed or "."), part + star + after, name)
