"""The page about the command line: every command and every option, and none besides."""

from __future__ import annotations

import re
from functools import cache

import pytest

from ..support.programs import ACCESSOR_HOST, run
from .pages import REPOSITORY, first_column, page

PAGE = page("docs/command-line.md")
COMMANDS = re.findall(r"^## (\w+)$", PAGE.text, re.MULTILINE)


@cache
def usage_of(*words: str) -> str:
    """Return what ``--help`` prints."""
    return run([ACCESSOR_HOST, *words, "--help"]).stdout


def test_every_command_has_a_section_and_a_line() -> None:
    commands = re.findall(r"^    (\w+)(?: |$)", usage_of(), re.MULTILINE)
    listed = re.findall(r"^\| `accessor-host (\w+)`", PAGE.text, re.MULTILINE)
    assert set(commands) == set(COMMANDS) == set(listed)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_a_command_are_all_listed(command: str) -> None:
    usage = usage_of(command)
    options = set(re.findall(r"^  (?:-\w(?: \w+)?, )?(--[\w-]+)", usage, re.MULTILINE))
    short = set(re.findall(r"^  (-\w)(?: \w+)?, --", usage, re.MULTILINE))
    cells = first_column(PAGE.section(command))
    named = set(re.findall(r"`(--?[\w-]+)`", "\n".join(cells)))
    assert named == (options | short) - {"--help", "-h"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_defaults_of_options_are_the_shown_ones(command: str) -> None:
    usage = usage_of(command)
    shown = re.findall(r"^\| `(--[\w-]+)`[^|]*\| `(\w+)`", PAGE.section(command), re.MULTILINE)
    for option, default in shown:
        entry = re.search(rf"^  (?:-\w, )?{option}.*?(?=^  -|\Z)", usage, re.MULTILINE | re.DOTALL)
        assert entry is not None, option
        text = " ".join(entry[0].split())
        assert re.search(rf"default: {default}\b|\b{default} \(default\)", text), (option, text)


def test_every_environment_variable_is_listed() -> None:
    package = (REPOSITORY / "accessor_host").rglob("*.py")
    sources = "".join(file.read_text(encoding="utf-8") for file in package)
    named = set(re.findall(r"\bACCESSOR_[A-Z_]+", sources))
    listed = {cell.strip("`") for cell in first_column(PAGE.section("Environment variables"))}
    assert listed == named
