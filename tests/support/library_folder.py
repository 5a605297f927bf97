"""A library of accessors for tests, in the current directory."""

from __future__ import annotations

from pathlib import Path

import pytest


class LibraryFolder:
    """A folder of accessor classes.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, class_name: str, source: str) -> Path:
        """Write the file of a class, as it stands but for the first line break."""
        path = self.path / f"{class_name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.removeprefix("\n"), encoding="utf-8")
        return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LibraryFolder:
    """Make the current directory an empty library."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ACCESSOR_LIBRARY", raising=False)
    return LibraryFolder(folder)
