"""What scripts will ask for is found beforehand: by their texts, and by names."""

from __future__ import annotations

from pathlib import Path

import pytest

from accessor_host.scripts.files import script_from_text
from accessor_host.scripts.library import Library
from accessor_host.scripts.loader import Loader
from accessor_host.scripts.preload import Preloaded, preload


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _loader() -> Loader:
    return Loader(lambda _manifest: None)


def _of_names(*, classes: list[str] | None = None, modules: list[str] | None = None) -> Preloaded:
    return preload(None, _loader(), Library(), classes=classes or [], modules=modules or [])


def test_without_script_and_names_nothing_is_found() -> None:
    found = _of_names()
    assert (found.modules, found.classes) == ([], [])
    assert found.is_complete
    assert not found.may_wait


def test_a_named_class_is_followed_to_what_it_leads_to(here: Path) -> None:
    (here / "A.js").write_text("this.extend('B'); require('./c');", encoding="utf-8")
    (here / "B.js").write_text("", encoding="utf-8")
    (here / "c.js").write_text("", encoding="utf-8")
    found = _of_names(classes=["A", "A"])
    assert [name for name, _ in found.classes] == ["A", "B"]
    assert [(folder, request) for folder, request, _ in found.modules] == [(str(here), "./c")]


def test_named_modules_are_required_from_the_current_directory(here: Path) -> None:
    (here / "c.js").write_text("require('./d')", encoding="utf-8")
    found = _of_names(modules=["./c", "./c"])
    assert [(folder, request) for folder, request, _ in found.modules] == [
        (str(here), "./c"),
        (str(here), "./d"),
    ]
    assert "missing" in found.modules[1][2]


@pytest.mark.parametrize("name", ["it's", 'say "so"', "a%20b", "one\\two", "a,b", "a{b}"])
def test_a_name_is_taken_as_it_is(here: Path, name: str) -> None:
    (here / f"{name}.js").write_text("", encoding="utf-8")
    found = _of_names(classes=[name], modules=[f"./{name}"])
    assert [name for name, answer in found.classes if "missing" not in answer] == [name]
    assert [request for _, request, answer in found.modules if "missing" not in answer] == [
        f"./{name}"
    ]


def test_a_script_and_names_are_followed_together(here: Path) -> None:
    for name in ("A", "B"):
        (here / f"{name}.js").write_text("", encoding="utf-8")
    script = script_from_text("instantiate('b', 'B'); require(computed);", "drive.js")
    found = preload(script, _loader(), Library(), classes=["A"])
    assert {name for name, _ in found.classes} == {"A", "B"}
    assert not found.is_complete
