"""The import rule for the JavaScript of the runtime and the modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from accessor_host.package_files import MODULES, RUNTIME

from .test_imports import circles

FLOORS: tuple[tuple[str, ...], ...] = (
    ("node/internal",),
    ("node",),
    ("core",),
    ("kit",),
    ("accessors", "accessors/bridge", "accessors/time"),
)
"""Folders of the runtime, lowest first. The folders of accessors are one room."""

HEIGHT = {folder: height for height, floor in enumerate(FLOORS) for folder in floor}

REQUIRE = re.compile(r"\brequire(?:Builtin)?\('([^']+)'\)")
COMMENT = re.compile(r"^\s*(?://|\*|/\*).*$", re.MULTILINE)

BUILTINS = {"buffer", "console", "events", "querystring", "timers", "util"}


def requires(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of each literal require in a file, but for those in comments."""
    source = COMMENT.sub("", file.read_text(encoding="utf-8"))
    for match in REQUIRE.finditer(source):
        yield source.count("\n", 0, match.start()) + 1, match[1]


def runtime_files() -> dict[str, Path]:
    """Return the files of the runtime by the name that requires them."""
    return {
        file.relative_to(RUNTIME).with_suffix("").as_posix(): file for file in RUNTIME.rglob("*.js")
    }


def test_the_runtime_requires_downward() -> None:
    files = runtime_files()
    wrong = []
    for name, file in files.items():
        for line, target in requires(file):
            place = f"runtime/{name}.js:{line} -> {target}"
            if target not in files:
                wrong.append(f"{place}, which does not exist")
                continue
            source_folder, target_folder = name.rpartition("/")[0], target.rpartition("/")[0]
            if HEIGHT[target_folder] > HEIGHT[source_folder]:
                wrong.append(place)
    assert wrong == []


def test_no_require_goes_round() -> None:
    graph = {
        name: {target for _, target in requires(file) if target != name}
        for name, file in runtime_files().items()
    }
    assert circles(graph) == []


def test_modules_require_the_kit_and_built_ins() -> None:
    kit = {name for name in runtime_files() if name.startswith("kit/")}
    wrong = [
        f"modules/{file.relative_to(MODULES)}:{line} -> {target}"
        for file in MODULES.rglob("*.js")
        for line, target in requires(file)
        if target not in kit | BUILTINS
    ]
    assert wrong == []
