"""Following scripts beforehand: the files and classes that they will ask for.

An engine under a time limit may be unable to ask Python for a file. So the literal requests of a
script, and of what they lead to, are answered before it runs.
"""

from __future__ import annotations

from ..core.bundle import synchronous_modules
from .files import Answer, ScriptFile
from .library import Library
from .loader import Loader
from .scanning import scan

__all__ = ["MAX_PRELOADED_FILES", "Preloaded", "preload"]

MAX_PRELOADED_FILES = 10_000
"""Files followed beforehand; a script with more finds the rest when it asks."""

_SCOPES = ("@modules", "@accessors-modules")


class Preloaded:
    """What was found."""

    def __init__(self) -> None:
        self.modules: list[tuple[str, str, Answer]] = []
        """Entries ``(directory, request, answer)``."""
        self.classes: list[tuple[str, Answer]] = []
        """Entries ``(class name, answer)``."""
        self.is_complete = True
        """Whether ``modules`` is all that the scripts can require."""
        self.may_wait = False
        """Whether an accessor may ask Python in the middle of an event for something else."""
        self.needs_answers = False
        """Whether a module is among them that asks Python in the middle of any event."""


def preload(script: ScriptFile, loader: Loader, library: Library) -> Preloaded:
    """Follow the literal requests of a script and of what they lead to.

    Args:
        script: where to begin.
        loader: finds modules.
        library: finds accessor classes.
    """
    found = Preloaded()
    requested: set[tuple[str, str]] = set()
    named: set[str] = set()
    waiting = [script]
    seen = {script["path"]}

    def follow(answer: Answer) -> None:
        if "missing" in answer or answer["path"] in seen:
            return
        if len(seen) >= MAX_PRELOADED_FILES:
            found.is_complete = False
            found.may_wait = True
            return
        seen.add(answer["path"])
        waiting.append(answer)

    while waiting:
        file = waiting.pop()
        if file["path"].endswith(".json"):
            continue
        requests = scan(file["source"])
        found.is_complete &= requests.all_modules_known
        found.may_wait |= requests.may_wait
        for request in requests.modules:
            found.needs_answers |= _needs_answers(request)
            if (file["directory"], request) in requested:
                continue
            requested.add((file["directory"], request))
            answer = loader.locate(request, file["directory"])
            found.modules.append((file["directory"], request, answer))
            follow(answer)
        for name in requests.classes:
            if name in named:
                continue
            named.add(name)
            answer = library.find(name)
            found.classes.append((name, answer))
            follow(answer)
    return found


def _needs_answers(request: str) -> bool:
    scope, _, name = request.partition("/")
    if scope not in _SCOPES:
        return False
    name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
    return name in synchronous_modules()
