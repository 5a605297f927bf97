"""What the suite's report says, in short."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .python27 import SetupError

__all__ = ["Outcome", "Summary", "summarise"]

BEHAVIOURS = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")
"""In the order from good to bad."""

_CLEAN = {"OK", "INFORMATIONAL"}
"""What the suite may say of a connection's end; all else is FAILED, WRONG CODE, UNCLEAN."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case.

    Args:
        case: its number, like ``7.1.5``.
        behaviour: one of :data:`BEHAVIOURS`; the end of the connection counts too.
        reason: in the suite's words.
    """

    case: str
    behaviour: str
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of all cases, in their order."""

    outcomes: tuple[Outcome, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many cases there are of each behaviour."""
        found = Counter(outcome.behaviour for outcome in self.outcomes)
        return {behaviour: found[behaviour] for behaviour in BEHAVIOURS}

    @property
    def not_ok(self) -> list[Outcome]:
        """Return the cases that are not OK."""
        return [outcome for outcome in self.outcomes if outcome.behaviour != "OK"]

    def to_json(self) -> dict[str, object]:
        """Return what ``--json`` writes."""
        not_ok = {
            one.case: {"behaviour": one.behaviour, "reason": one.reason} for one in self.not_ok
        }
        return {"counts": self.counts, "not_ok": not_ok}

    def __str__(self) -> str:
        lines = [", ".join(f"{count} {name}" for name, count in self.counts.items())]
        lines += [f"  {one.case:8} {one.behaviour:13} {one.reason}" for one in self.not_ok]
        return "\n".join(lines)


def summarise(folder: Path, agent: str, count: int) -> Summary:
    """Read a report.

    Args:
        folder: in which ``index.json`` stands.
        agent: whose cases.
        count: how many cases there must be.

    Raises:
        SetupError: cases are missing, or the report is.
    """
    index = folder / "index.json"
    cases = json.loads(index.read_text()).get(agent, {}) if index.is_file() else {}
    if not count or len(cases) != count:
        raise SetupError(f"the suite reports {len(cases)} cases of {count} in {index}")
    return Summary(tuple(_outcome(folder, case, cases[case]) for case in sorted(cases, key=_order)))


def _outcome(folder: Path, case: str, entry: dict[str, str]) -> Outcome:
    behaviour, close = entry["behavior"], entry["behaviorClose"]
    if behaviour == "OK" and close in _CLEAN:
        return Outcome(case, "OK", "")
    report = json.loads((folder / entry["reportfile"]).read_text())
    if close not in _CLEAN:
        return Outcome(case, "FAILED", _line(f"{close}: {report['resultClose']}"))
    # A behaviour that is not known here would be no success either.
    known = behaviour if behaviour in BEHAVIOURS else "FAILED"
    wanted = report["expected"].get("OK")
    if wanted is None or report["received"] == wanted:
        return Outcome(case, known, _line(report["result"]))
    # What the suite says of these is only that something else came, or that it may.
    return Outcome(case, known, f"got {_events(report['received'])}, not {_events(wanted)}")


def _events(events: list[list[object]]) -> str:
    return _line(", ".join(f"{kind} {detail!r}" for kind, detail, *_ in events)) or "nothing"


def _line(text: str) -> str:
    return " ".join(text.split())


def _order(case: str) -> list[int]:
    return [int(number) for number in case.split(".")]
