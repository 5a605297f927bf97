"""The site: every page is in its menu. ``make docs`` builds it, and fails for a broken link."""

from __future__ import annotations

import re

from .pages import REPOSITORY

DOCS = REPOSITORY / "docs"


def test_every_page_is_in_the_menu_once() -> None:
    menu = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n", 1)[1]
    entries = re.findall(r": (\S+\.md)$", menu, re.MULTILINE)
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert sorted(entries) == sorted(pages)


def test_ci_and_the_makefile_have_the_same_targets() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    called = set(re.findall(r"\btarget (\w+)", script))
    assert called <= targets
    assert {"check", "lint", "types", "test", "slow", "docs", "bench", "wheel"} <= targets
