"""The page about scripts: what they have, and what they do not have."""

from __future__ import annotations

import re

from .evaluation import script_value
from .pages import page

PAGE = page("docs/scripts.md")


def names_in(sentence: str) -> list[str]:
    """Return the names in a part of the page that begins and ends as given."""
    match = re.search(sentence, PAGE.text, re.DOTALL)
    assert match is not None, sentence
    return re.findall(r"`(\w+)`", match[1])


def test_the_globals_are_there(engine: str) -> None:
    names = names_in(r"these of Node: (.*?)\.\n")
    assert len(names) > 10
    kinds = script_value(engine, f"[{', '.join(f'typeof {name}' for name in names)}]")
    assert "undefined" not in kinds


def test_what_scripts_do_not_have_is_told_truly(engine: str) -> None:
    names = names_in(r"There is no (`process`.*?)\. ")
    assert len(names) == 5
    kinds = script_value(engine, f"[{', '.join(f'typeof {name}' for name in names)}]")
    assert set(kinds) == {"undefined"}


def test_the_built_in_modules_are_all_listed(engine: str) -> None:
    listed = names_in(r"the built-in modules (.*?);")
    error = script_value(
        engine, "(() => { try { require('nothing'); } catch (e) { return e.message; } })()"
    )
    available = re.search(r"This host has: (.*)", error)
    assert available is not None
    names = available[1].split(", ")
    assert set(listed) == {name for name in names if not name.startswith("@")}
