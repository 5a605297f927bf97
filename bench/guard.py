"""What is recorded in the repository, and whether a run falls below it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchError
from .figures import better
from .rows import Report, Row

__all__ = ["ALLOWANCE", "RECORDED", "Fall", "falls", "read", "write"]

RECORDED = Path(__file__).parent / "recorded.json"

ALLOWANCE = 0.25
"""How far a ratio may fall below the recorded one: less is what machines differ by."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A ratio that is clearly worse than it was.

    Args:
        row: what was measured now.
        recorded: the ratio that was recorded.
    """

    row: Row
    recorded: float

    def __str__(self) -> str:
        row = self.row
        return (
            f"{row.scenario}, {row.server}: {row.ratio:.2f} × {row.baseline} ({row.unit}), "
            f"recorded {self.recorded:.2f}, {'higher' if row.higher else 'lower'} is better"
        )


def falls(rows: Sequence[Row], recorded: Mapping[str, float]) -> list[Fall]:
    """Return the rows whose ratio is more than the allowance worse than the recorded one.

    Args:
        rows: those without a ratio, or without a recorded one, are left out.
        recorded: ratios, by :func:`key`.
    """
    found = []
    for row in rows:
        if row.ratio is None or _key(row) not in recorded:
            continue
        was = recorded[_key(row)]
        now = better(row.ratio, higher=row.higher)
        if now < (1 - ALLOWANCE) * better(was, higher=row.higher):
            found.append(Fall(row, was))
    return found


def read(path: Path = RECORDED) -> dict[str, float]:
    """Return the recorded ratios.

    Raises:
        BenchError: there are none.
    """
    try:
        ratios: dict[str, float] = json.loads(path.read_text())["ratios"]
    except (OSError, ValueError, KeyError):
        raise BenchError(f"{path} has no ratios; python -m bench --guard --record") from None
    return ratios


def write(report: Report, path: Path = RECORDED) -> int:
    """Record the ratios of targets; those of scenarios that did not run stay.

    Returns:
        How many were recorded.
    """
    ratios = {
        _key(row): round(row.ratio, 3)
        for row in report.rows
        if row.ratio is not None and row.target is not None
    }
    kept = read(path) if path.is_file() else {}
    found = {
        "date": report.date,
        "commit": report.commit,
        "machine": report.machine,
        "settings": report.settings,
        "ratios": dict(sorted((kept | ratios).items())),
    }
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return len(ratios)


def _key(row: Row) -> str:
    return f"{row.scenario} / {row.unit} / {row.server}"
