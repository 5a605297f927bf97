"""What is recorded in the repository, and whether a run falls below it.

Each kind of processor has a record of its own: the same code opens 1.7 times as many connections as
Node on one, and 1.2 times as many on another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchError
from .figures import better
from .rows import Report, Row

__all__ = ["ALLOWANCE", "RECORDED", "Fall", "falls", "path_of", "read", "write"]

RECORDED = Path(__file__).parent / "recorded"
"""Folder of the records, one for each kind of processor."""

ALLOWANCE = 0.25
"""How far a ratio may fall below the recorded one: less is what runs differ by."""


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


def falls(rows: Sequence[Row], records: Sequence[Mapping[str, float]]) -> list[Fall]:
    """Return the rows whose ratio is more than the allowance worse than every recorded one.

    Args:
        rows: those without a ratio, or without a recorded one, are left out.
        records: ratios by scenario, unit and server; several for a processor without a record.
    """
    found = []
    for row in rows:
        was = [record[_key(row)] for record in records if _key(row) in record]
        if row.ratio is None or not was:
            continue
        least = min(was, key=lambda ratio: better(ratio, higher=row.higher))
        now = better(row.ratio, higher=row.higher)
        if now < (1 - ALLOWANCE) * better(least, higher=row.higher):
            found.append(Fall(row, least))
    return found


def path_of(processor: str, folder: Path = RECORDED) -> Path:
    """Return where the ratios of a kind of processor are recorded.

    Args:
        processor: as :func:`~.machine.describe` says it.
        folder: of the records.
    """
    return folder / f"{'-'.join(re.findall('[a-z0-9]+', processor.lower()))}.json"


def read(processor: str, folder: Path = RECORDED) -> list[dict[str, float]]:
    """Return the ratios that were recorded with a kind of processor, else those of every kind.

    Args:
        processor: as for :func:`path_of`.
        folder: of the records.

    Raises:
        BenchError: there are none.
    """
    own = path_of(processor, folder)
    paths = [own] if own.is_file() else sorted(folder.glob("*.json"))
    if not paths:
        raise BenchError(f"{folder} has no ratios; python -m bench --guard --record")
    return [_ratios(path) for path in paths]


def _ratios(path: Path) -> dict[str, float]:
    try:
        ratios: dict[str, float] = json.loads(path.read_text())["ratios"]
    except (OSError, ValueError, KeyError):
        raise BenchError(f"{path} has no ratios; python -m bench --guard --record") from None
    return ratios


def write(report: Report, folder: Path = RECORDED) -> int:
    """Record the ratios of targets; those of scenarios that did not run stay.

    Args:
        report: of a run.
        folder: of the records.

    Returns:
        How many were recorded.
    """
    ratios = {
        _key(row): round(row.ratio, 3)
        for row in report.rows
        if row.ratio is not None and row.target is not None
    }
    path = path_of(report.machine["cpu"], folder)
    kept = _ratios(path) if path.is_file() else {}
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
