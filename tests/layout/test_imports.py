"""The import rule: a file imports its own folder and lower floors, and nothing goes round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import accessor_host

PACKAGE = Path(accessor_host.__file__).parent

FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "package_files"),
    ("options", "manifests", "net", "codecs", "engine"),
    ("scripts", "websocket", "http", "core"),
    ("modules", "accessors"),
    ("host",),
    ("programs", "inspection"),
    ("commands",),
    ("cli",),
    ("conformance",),
)
"""Folders and files of the package, lowest first. Those of one floor do not import each other."""

HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor}

FREE = {"__init__", "__main__"}
"""Files that only hand on what others offer."""

NETWORK = {"socket", "ssl", "subprocess"}
"""What modules reach through ``net/`` alone, where every address has been checked."""


class Import:
    """One import of a module of the package, wherever it stands in a file."""

    def __init__(self, source: str, line: int, target: str) -> None:
        self.source = source
        self.target = target
        self.place = f"accessor_host/{source.replace('.', '/')}.py:{line} -> {target}"


def files() -> list[Path]:
    """List the package's Python files."""
    return sorted(PACKAGE.rglob("*.py"))


def name_of(file: Path) -> str:
    """Return the dotted name of a file in the package; a folder is its ``__init__``."""
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


NAMES = {name_of(file).removesuffix(".__init__") for file in files()}


def imports() -> Iterator[Import]:
    """Yield every import that stays in the package, also those in functions and for types."""
    for file in files():
        source = name_of(file)
        folder = source.split(".")[:-1]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom):
                continue
            if node.level == 0:
                if node.module and node.module.split(".")[0] == "accessor_host":
                    yield Import(source, node.lineno, node.module.partition(".")[2])
                continue
            base = folder[: len(folder) - node.level + 1]
            base += node.module.split(".") if node.module else []
            for alias in node.names:
                whole = ".".join([*base, alias.name])
                yield Import(source, node.lineno, whole if whole in NAMES else ".".join(base))


def room_of(name: str) -> str:
    """Return the folder or file on the floors that a module belongs to."""
    return name.split(".")[0]


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(name) for name in NAMES if name} - FREE
    assert rooms - set(HEIGHT) == set()


def test_imports_point_downward() -> None:
    wrong = [
        one.place
        for one in imports()
        if room_of(one.source) not in FREE
        and room_of(one.source) != room_of(one.target)
        and (not one.target or HEIGHT[room_of(one.target)] >= HEIGHT[room_of(one.source)])
    ]
    assert wrong == []


def test_modules_do_not_import_each_other() -> None:
    wrong = []
    for one in imports():
        source, target = one.source.split("."), one.target.split(".")
        if source[0] == target[0] == "modules" and len(source) > 2:
            # A file directly in modules/ is for all of them.
            is_shared = ".".join(target[:2]) in NAMES and len(target) == 2
            if source[1] != target[1] and not (
                is_shared and not (PACKAGE / "modules" / target[1]).is_dir()
            ):
                wrong.append(one.place)
    assert wrong == []


def test_no_import_goes_round() -> None:
    graph: dict[str, set[str]] = {}
    for one in imports():
        source = one.source.removesuffix(".__init__")
        if one.target and one.target != source:
            graph.setdefault(source, set()).add(one.target)
    assert circles(graph) == []


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other (Tarjan's algorithm)."""
    found: list[list[str]] = []
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}}) == []


def test_modules_reach_the_network_through_net_alone() -> None:
    wrong = []
    for file in (PACKAGE / "modules").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                named = [node.module]
            wrong += [
                f"{file.relative_to(PACKAGE.parent)}:{node.lineno} {name}"
                for name in named
                if name.split(".")[0] in NETWORK
            ]
    assert wrong == []


def test_the_top_of_the_package_stays_small() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 10


@pytest.mark.parametrize(
    "pattern", ["accessor_host/**/*.py", "accessor_host/**/*.js", "modules/**/*.js"]
)
def test_no_file_is_long(pattern: str) -> None:
    root = PACKAGE.parent
    long = {
        str(file.relative_to(root)): lines
        for file in root.glob(pattern)
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert long == {}
