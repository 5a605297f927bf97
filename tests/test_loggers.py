"""The names of loggers are documented, and none of them follows from where a file lies."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_manual_names_every_logger_and_no_other() -> None:
    used = {
        name
        for file in (ROOT / "accessor_host").rglob("*.py")
        for name in re.findall(r"getLogger\((\".*?\")\)", file.read_text(encoding="utf-8"))
    }
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(accessor_host\.\w+)` \|", manual, re.MULTILINE))
    assert used == {f'"{name}"' for name in documented}
