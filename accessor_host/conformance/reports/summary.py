"""What every report counts: verdicts by host and level, and whether a host keeps the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..case import LEVELS, Case, Level
from ..runner import Result

__all__ = ["Count", "by_case", "by_module", "count", "hosts_of", "is_conformant"]


@dataclass(frozen=True)
class Count:
    """How many cases passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} of {self.passed + self.failed} passed{skipped}"


def hosts_of(results: Sequence[Result]) -> list[str]:
    """List the hosts in the order of their first results."""
    return list(dict.fromkeys(result.host for result in results))


def by_case(results: Sequence[Result]) -> dict[Case, dict[str, Result]]:
    """Arrange results by case, and then by host."""
    arranged: dict[Case, dict[str, Result]] = {}
    for result in results:
        arranged.setdefault(result.case, {})[result.host] = result
    return arranged


def by_module(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Arrange results by module, in the order of their first results."""
    arranged: dict[str, list[Result]] = {}
    for result in results:
        arranged.setdefault(result.case.module, []).append(result)
    return arranged


def count(results: Sequence[Result], host: str) -> dict[Level, Count]:
    """Count the verdicts of one host by level."""

    def verdicts(level: Level) -> Count:
        found = [r.verdict for r in results if r.host == host and r.case.level == level]
        return Count(found.count("pass"), found.count("fail"), found.count("skip"))

    return {level: verdicts(level) for level in LEVELS}


def is_conformant(results: Sequence[Result]) -> bool:
    """Tell whether no case failed that says must or should, and any case has a verdict at all."""
    failed = any(r.verdict == "fail" and r.case.level != "extra" for r in results)
    return not failed and any(r.verdict != "skip" for r in results)
