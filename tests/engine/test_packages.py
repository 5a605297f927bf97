"""Packages of the engines: what is to be installed, and what is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from accessor_host.engine.dukpy.interpreter import VERSION
from accessor_host.engine.packages import IMPORTS, REQUIREMENTS, find_version, has_version

PROJECT = tomllib.loads(
    (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
)["project"]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for name in ("quickjs_ng-0.17.0.2.dist-info", "dukpy_extra-1.0.dist-info", "dukpy"):
        (tmp_path / name).mkdir()
    return str(tmp_path)


def test_messages_name_the_requirements_of_the_project() -> None:
    assert REQUIREMENTS["quickjs"] in PROJECT["optional-dependencies"]["fast"]
    assert REQUIREMENTS["dukpy"] in PROJECT["dependencies"]
    assert REQUIREMENTS.keys() == IMPORTS.keys()


def test_dukpy_is_pinned_to_the_version_whose_private_members_are_used() -> None:
    assert REQUIREMENTS["dukpy"] == f"dukpy=={VERSION}"


def test_a_version_that_is_installed_is_found(folder: str) -> None:
    assert has_version(folder, "quickjs_ng", ("0.17.0.3", "0.17.0.2"))
    assert find_version(folder, "quickjs_ng") == "0.17.0.2"


def test_a_version_that_is_not_installed_is_not_found(folder: str) -> None:
    assert not has_version(folder, "quickjs_ng", ("0.17.0", "0.17"))
    assert not has_version(folder, "dukpy", ("0.6.0",))
    assert find_version(folder, "dukpy") is None
