"""What was found: one row for each scenario, server and metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .figures import median, pairwise, reaches, spread

__all__ = ["BUSY", "LOADED", "Report", "Row"]

LOADED = 0.9
"""Share of a core from which on the load generator may be the bottleneck."""

BUSY = 0.1
"""Share of the time in which something else had the core, from which on a figure is in doubt."""


@dataclass(slots=True)
class Row:
    """What one server did in one scenario.

    Args:
        scenario: its name.
        server: its name.
        variant: what distinguishes it from the same server in the same scenario; mostly nothing.
        unit: of the values.
        higher: whether more is better.
        values: one for each round.
        baseline: name of what it is compared with; empty when there is no such thing.
        ratios: to the baseline, one for each round.
        target: what the ratio must reach, or must not exceed; None when it is for information.
        shares: medians of the parts of the time, as in :class:`~bench.probes.Sample`.
        series: the curve on which the scenario is a point.
        x: where on the curve.
    """

    scenario: str
    server: str
    variant: str
    unit: str
    higher: bool
    values: list[float]
    baseline: str = ""
    ratios: list[float] = field(default_factory=list)
    target: float | None = None
    shares: dict[str, float] = field(default_factory=dict)
    series: str = ""
    x: int = 0

    @property
    def median(self) -> float:
        """Return the median of the values."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """Return how much they differ."""
        return spread(self.values)

    @property
    def ratio(self) -> float | None:
        """Return the median of the ratios."""
        return median(self.ratios) if self.ratios else None

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None without a target or a ratio."""
        if self.target is None or self.ratio is None:
            return None
        return reaches(self.ratio, self.target, higher=self.higher)

    @property
    def remarks(self) -> list[str]:
        """Return what makes the figure doubtful."""
        found = []
        if self.shares.get("load_cpu", 0) > LOADED:
            found.append("load is the limit")
        if max(self.shares.get("load_waited", 0), self.shares.get("server_waited", 0)) > BUSY:
            found.append("core was shared")
        return found

    def compare(self, other: Row) -> None:
        """Make another row the baseline."""
        self.baseline = " ".join(filter(None, (other.server, other.variant)))
        self.ratios = pairwise(self.values, other.values)

    def to_json(self) -> dict[str, object]:
        """Return what ``--json`` writes."""
        found: dict[str, object] = {
            "scenario": self.scenario,
            "server": self.server,
            "variant": self.variant,
            "unit": self.unit,
            "higher_is_better": self.higher,
            "median": _short(self.median),
            "values": [_short(value) for value in self.values],
        }
        if self.ratio is not None:
            found["baseline"] = self.baseline
            found["ratio"] = _short(self.ratio)
            found["ratios"] = [_short(ratio) for ratio in self.ratios]
        if self.target is not None:
            found["target"] = self.target
            found["met"] = self.met
        if self.shares:
            found["shares"] = {name: round(share, 3) for name, share in self.shares.items()}
        if self.series:
            found |= {"series": self.series, "x": self.x}
        if self.remarks:
            found["remarks"] = self.remarks
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Row:
        """Return the row that :meth:`to_json` wrote."""
        return cls(
            scenario=found["scenario"],
            server=found["server"],
            variant=found["variant"],
            unit=found["unit"],
            higher=found["higher_is_better"],
            values=found["values"],
            baseline=found.get("baseline", ""),
            ratios=found.get("ratios", []),
            target=found.get("target"),
            shares=found.get("shares", {}),
            series=found.get("series", ""),
            x=found.get("x", 0),
        )


@dataclass(slots=True)
class Report:
    """All that was found.

    Args:
        date: in UTC.
        commit: that was measured.
        machine: as :func:`~bench.machine.describe` has it.
        settings: how it was measured.
        rows: in the order of the scenarios.
        skipped: scenarios that could not be measured, and why.
    """

    date: str
    commit: str
    machine: dict[str, str]
    settings: dict[str, object]
    rows: list[Row] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return what ``--json`` writes."""
        return {
            "date": self.date,
            "commit": self.commit,
            "machine": self.machine,
            "settings": self.settings,
            "rows": [row.to_json() for row in self.rows],
            "skipped": self.skipped,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Report:
        """Return the report that :meth:`to_json` wrote."""
        rows = [Row.from_json(row) for row in found["rows"]]
        return cls(**{**found, "rows": rows})


def _short(value: float) -> float:
    return float(f"{value:.5g}")
