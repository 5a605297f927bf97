"""The README and the manual: their pages, and the fenced blocks, sections and tables in them.

A comment right above a block says what its text cannot:

``<!-- file: NAME -->``
    the block is a file of this name, for languages that have no comments of their own. If the
    repository has that file, both are the same.
``<!-- meanwhile: COMMAND -->``
    this program runs while the block does.
``<!-- not run: REASON -->``
    no test runs the block; REASON is one of :data:`REASONS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["PAGES", "REASONS", "REPOSITORY", "Block", "Heading", "Page", "page"]

REPOSITORY = Path(__file__).resolve().parents[2]

REASONS = {
    "CI runs it as it is",
    "it installs packages",
    "it needs another host",
    "it needs the system's service manager",
    "it takes minutes",
    "its own test runs it",
    "the lines stand for any",
}
"""Why a block may be left out. A new reason is a decision: add it here."""

_FENCE = re.compile(r"^(\s*)(```+|~~~+)\s*(\w*)\s*$")
_COMMENT = re.compile(r"^<!-- (file|meanwhile|not run): (.*) -->$")
_NAME = re.compile(r"^(?://|#|--) ((?:[\w-]+/)*[\w.-]+\.\w+)$")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Args:
        page: the page, as a path in the repository.
        line: number of its first line, for messages.
        language: what stands behind the fence; empty when nothing does.
        text: what is inside.
        notes: what the comments above it say, by their first word.
    """

    page: str
    line: int
    language: str
    text: str
    notes: dict[str, str]

    @property
    def file(self) -> str | None:
        """The name of the file that it shows; None when it shows none."""
        if "file" in self.notes:
            return self.notes["file"]
        match = _NAME.match(self.text.split("\n", 1)[0])
        return match[1] if match and self.language in ("js", "python") else None

    @property
    def lines(self) -> list[str]:
        """What is inside, line by line."""
        return self.text.splitlines()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Heading:
    """One heading; what belongs together ends where the next begins."""

    text: str


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(REPOSITORY).as_posix()
        self.text = path.read_text(encoding="utf-8")

    @cached_property
    def parts(self) -> list[Block | Heading]:
        """Blocks and headings in their order."""
        return _parse(self.name, self.text.splitlines())

    @property
    def blocks(self) -> list[Block]:
        """The blocks in their order."""
        return [part for part in self.parts if isinstance(part, Block)]

    @property
    def anchors(self) -> set[str]:
        """What a link may name after ``#``."""
        titles = [part.text for part in self.parts if isinstance(part, Heading)]
        return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}

    def section(self, title: str) -> str:
        """Return the text under a heading, up to the next one."""
        pattern = rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)"
        match = re.search(pattern, self.text, re.MULTILINE | re.DOTALL)
        assert match is not None, f"{self.name} has no section {title!r}"
        return match[1]

    def between(self, start: str, end: str) -> str:
        """Return the text between two comments; ``start`` is how the first begins."""
        pattern = rf"<!-- {re.escape(start)}[^\n]*-->\n(.*?)<!-- {re.escape(end)} -->"
        match = re.search(pattern, self.text, re.DOTALL)
        assert match is not None, f"{self.name} has nothing between {start!r} and {end!r}"
        return match[1]

    def __str__(self) -> str:
        return self.name


def first_column(text: str) -> list[str]:
    """Return the first cells of the tables in a text that name something in `code`."""
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    return [cell for cell in cells if cell.startswith("`")]


def _parse(page: str, lines: list[str]) -> list[Block | Heading]:
    parts: list[Block | Heading] = []
    notes: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line)
        if fence is None:
            comment = _COMMENT.match(line)
            notes = notes | {comment[1]: comment[2]} if comment else {}
            if line.startswith("#"):
                parts.append(Heading(line.lstrip("#").strip()))
            at += 1
            continue
        assert not fence[1], f"{page}:{at + 1}: a block in a list is not found; put it outside"
        end = lines.index(fence[2], at + 1)
        text = "".join(f"{one}\n" for one in lines[at + 1 : end])
        parts.append(Block(page, at + 1, fence[3], text, notes))
        notes = {}
        at = end + 1
    return parts


def page(name: str) -> Page:
    """Return a page by its path in the repository."""
    return Page(REPOSITORY / name)


PAGES = [
    Page(path)
    for path in (
        REPOSITORY / "README.md",
        *sorted((REPOSITORY / "docs").rglob("*.md")),
        REPOSITORY / "examples" / "README.md",
    )
]
"""Every page whose blocks are run."""
