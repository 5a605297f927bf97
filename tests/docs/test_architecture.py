"""The page about the architecture: the drawn house is the one that stands."""

from __future__ import annotations

import runpy
from typing import Any

from ..layout.test_imports import FLOORS
from .pages import REPOSITORY

HOUSE: dict[str, Any] = runpy.run_path(str(REPOSITORY / "docs" / "house.py"))


def test_the_floors_are_those_of_the_import_rule() -> None:
    drawn = [set(rooms) for _, rooms in reversed(HOUSE["FLOORS"])]
    package = REPOSITORY / "accessor_host"
    standing = [
        {room for room in floor if (package / room).is_dir() or (package / f"{room}.py").is_file()}
        for floor in FLOORS
    ]
    assert drawn == standing


def test_the_picture_is_the_drawn_one() -> None:
    picture = (REPOSITORY / "docs" / "house.svg").read_text(encoding="utf-8")
    assert picture == HOUSE["draw"]()
