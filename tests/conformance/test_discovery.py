"""Cases are found where they lie: a new folder or file needs no list."""

from __future__ import annotations

from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

from accessor_host.conformance.cases import all_cases, case_modules
from accessor_host.conformance.discovery import find_case_modules
from accessor_host.errors import AccessorHostError

TOPIC = """
from accessor_host.conformance.case import Suite

suite = Suite({module!r}, "made")
suite.reports({name!r}, "must", "It is done.", "nowhere", "report('done');", ("done",))
"""


class Package:
    """A package of cases in the making.

    Args:
        folder: where it goes.
        name: what it is called.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._name = name
        self.add("__init__.py", "")

    def add(self, path: str, text: str) -> Path:
        """Write a file."""
        file = self._folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def add_topic(self, folder: str, topic: str, module: str = "") -> Path:
        """Write a file with a suite of one case."""
        text = TOPIC.format(module=module or folder.replace("_", "-"), name=topic)
        return self.add(f"{folder}/{topic}.py", text)

    def found(self) -> list[tuple[str, list[str]]]:
        """Return the modules and the names of their cases, as the kit finds them."""
        invalidate_caches()
        modules = find_case_modules(import_module(self._name))
        return [(module.name, [case.id for case in module.cases()]) for module in modules]


@pytest.fixture
def package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Package:
    """An empty package of cases that Python finds, with a name of its own in each test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return Package(tmp_path, f"cases_of_{request.node.name}")


def test_a_new_folder_and_its_files_are_found(package: Package) -> None:
    package.add_topic("made_module", "second")
    package.add_topic("made_module", "first")
    package.add("made_module/_helpers.py", "")
    package.add("_drafts/notes.py", "")
    assert package.found() == [("made-module", ["made/first", "made/second"])]


def test_rank_and_topics_set_the_order_and_the_rest_follows_by_name(package: Package) -> None:
    for folder in ("b", "a", "z"):
        package.add_topic(folder, "one")
    for topic in ("two", "three", "four"):
        package.add_topic("z", topic)
    package.add("z/__init__.py", "RANK = 1\nTOPICS = ('two', 'three')\n")
    assert package.found() == [
        ("z", ["made/two", "made/three", "made/four", "made/one"]),
        ("a", ["made/one"]),
        ("b", ["made/one"]),
    ]


def test_a_file_without_a_suite_is_an_error_that_names_it(package: Package) -> None:
    path = package.add("made_module/topic.py", "cases = []\n")
    with pytest.raises(AccessorHostError) as caught:
        package.found()
    assert str(caught.value).startswith(f"{path}: expected a Suite named 'suite'")


def test_a_suite_for_another_module_is_an_error_that_names_the_file(package: Package) -> None:
    path = package.add_topic("made_module", "topic", module="mqtt")
    with pytest.raises(AccessorHostError) as caught:
        package.found()
    assert str(caught.value).startswith(f"{path}: its suite is for 'mqtt'")


def test_a_topic_without_a_file_is_an_error_that_names_both(package: Package) -> None:
    path = package.add("made_module/__init__.py", "TOPICS = ('gone',)\n")
    with pytest.raises(AccessorHostError) as caught:
        package.found()
    assert str(caught.value) == f"{path}: TOPICS names 'gone', but there is no such file"


def test_the_kit_s_own_cases_keep_their_order() -> None:
    modules = [module.name for module in case_modules()]
    assert modules[:2] == ["web-socket-server", "web-socket-client"]
    assert modules.index("mqtt") < modules.index("runtime") < modules.index("local-storage")
    names = [case.id for case in all_cases() if case.module in modules[:2]]
    assert names[0] == "server/exports/server"
    last_of_server = names.index("server/snippet/messages")
    assert all(name.startswith("client/") for name in names[last_of_server + 1 :])
