"""Following scripts beforehand: the files and classes that they will ask for.

An engine under a time limit may be unable to ask Python for a file. So the literal requests of a
script, and of what they lead to, are answered before it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .files import Answer, Located, ScriptFile
from .library import Library
from .loader import Loader
from .requests import read_requests

__all__ = ["MAX_PRELOADED_FILES", "Preloaded", "preload"]

MAX_PRELOADED_FILES = 10_000
"""Files followed beforehand; a script with more finds the rest when it asks."""


class Preloaded:
    """What was found."""

    def __init__(self) -> None:
        self.modules: list[tuple[str, str, Located]] = []
        """Entries ``(directory, request, answer)``."""
        self.classes: list[tuple[str, Answer]] = []
        """Entries ``(class name, answer)``."""
        self.is_complete = True
        """Whether ``modules`` is all that the scripts can require."""
        self.may_wait = False
        """Whether an accessor may ask Python in the middle of an event for something else."""
        self.needs_answers = False
        """Whether a module is among them that asks Python in the middle of any event."""


def preload(
    script: ScriptFile | None,
    loader: Loader,
    library: Library,
    *,
    classes: Iterable[str] = (),
    modules: Iterable[str] = (),
) -> Preloaded:
    """Follow the literal requests of a script, further requests, and those of what they lead to.

    Args:
        script: where to begin, if there is one.
        loader: finds modules.
        library: finds accessor classes.
        classes: names of accessor classes.
        modules: arguments of ``require``, as if in a file in the current directory.
    """
    found = Preloaded()
    requested: set[tuple[str, str]] = set()
    named: set[str] = set()
    waiting: list[ScriptFile] = []
    seen: set[str] = set()

    def follow(answer: Located) -> None:
        if "missing" in answer or "module" in answer:
            return
        if answer["path"] in seen:
            return
        if len(seen) >= MAX_PRELOADED_FILES:
            found.is_complete = False
            found.may_wait = True
            return
        seen.add(answer["path"])
        waiting.append(answer)

    def require(request: str, directory: str) -> None:
        if (directory, request) in requested:
            return
        requested.add((directory, request))
        answer = loader.locate(request, directory)
        found.modules.append((directory, request, answer))
        found.needs_answers |= "module" in answer and answer["synchronous"]
        follow(answer)

    def instantiate(name: str) -> None:
        if name in named:
            return
        named.add(name)
        answer = library.find(name)
        found.classes.append((name, answer))
        follow(answer)

    if script is not None:
        follow(script)
    for request in modules:
        require(request, str(Path.cwd()))
    for name in classes:
        instantiate(name)
    while waiting:
        file = waiting.pop()
        if file["path"].endswith(".json"):
            continue
        requests = read_requests(file["source"])
        found.is_complete &= requests.all_modules_known
        found.may_wait |= requests.may_wait
        for request in requests.modules:
            require(request, file["directory"])
        for name in requests.classes:
            instantiate(name)
    return found
