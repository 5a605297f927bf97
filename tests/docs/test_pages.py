"""The README and the manual: whatever in them can be run is run, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import PAGES, REASONS, REPOSITORY, Page, page
from .story import ENGINES, needs_engine, tell

LINKED = [
    *PAGES,
    *map(page, ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "bench/README.md")),
]


def _is_slow(one: Page, engine: str) -> bool:
    if one.name == "docs/conformance-for-authors.md":
        return True
    return engine != ENGINES[0] and one.name != "README.md"


# With the second engine, the pages of the manual are slow tests; so is the page that runs the kit.
TOLD = [
    pytest.param(
        one,
        engine,
        id=f"{one}-{engine}",
        marks=[pytest.mark.slow] if _is_slow(one, engine) else [],
    )
    for one in PAGES
    if one.blocks
    for engine in (ENGINES if needs_engine(one) else ENGINES[:1])
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("told", "engine"), TOLD)
def test_what_a_page_shows_is_what_happens(told: Page, engine: str, tmp_path: Path) -> None:
    tell(told, tmp_path, engine)


@pytest.mark.parametrize("one", PAGES, ids=str)
def test_what_is_not_run_has_a_known_reason(one: Page) -> None:
    for block in one.blocks:
        reason = block.notes.get("not run")
        assert reason is None or reason in REASONS, f"{block}: {reason!r}"


@pytest.mark.parametrize("one", LINKED, ids=str)
def test_links_lead_somewhere(one: Page) -> None:
    prose = re.sub(r"^```.*?^```", "", one.text, flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"https?:|mailto:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (one.path.parent / target).resolve() if target else one.path
        assert path.exists(), f"{one}: {link}"
        if anchor:
            assert anchor in Page(path).anchors, f"{one}: {link}"


@pytest.mark.parametrize("one", LINKED, ids=str)
def test_files_and_tests_that_are_named_exist(one: Page) -> None:
    roots = "accessor_host|bench|compliance|docs|examples|modules|schemas|tests"
    for name, test in re.findall(rf"`((?:{roots})/[\w./-]*)(?:::(\w+))?`", one.text):
        path = REPOSITORY / name
        assert path.exists(), f"{one}: {name}"
        if test:
            assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{one}: {name}::{test}"
