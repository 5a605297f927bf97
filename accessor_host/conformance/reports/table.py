"""A report for a terminal: what did not pass, and why; hosts side by side if there are several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..runner import Result
from .summary import by_case, count, hosts_of

__all__ = ["table"]

_WORDS = {"pass": "pass", "fail": "FAIL", "skip": "skip"}


def table(results: Sequence[Result]) -> str:
    """Write results as text."""
    hosts = hosts_of(results)
    lines = list(_matrix(results, hosts) if len(hosts) > 1 else _deviations(results))
    if lines:
        lines.append("")
    width = max((len(host) for host in hosts), default=0)
    for host in hosts:
        parts = [f"{level}: {counted}" for level, counted in count(results, host).items()]
        lines.append(f"{host:{width}}  {'; '.join(parts)}")
    return "\n".join(lines) + "\n"


def _deviations(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if result.verdict != "pass":
            yield f"{_WORDS[result.verdict]}  {result.case.level:6}  {result.case.id}"
            yield f"      {result.case.clause}"
            yield f"      -> {_one_line(result.reason)}"


def _matrix(results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    columns = [max(len(host), 4) for host in hosts]
    names = "  ".join(f"{host:{width}}" for host, width in zip(hosts, columns, strict=True))
    yield f"{names}  level   case"
    for case, row in by_case(results).items():
        cells = "  ".join(
            f"{_WORDS[row[host].verdict]:{width}}"
            for host, width in zip(hosts, columns, strict=True)
        )
        yield f"{cells}  {case.level:6}  {case.id}"
        for host in hosts:
            if row[host].verdict != "pass":
                yield f"      {host}: {_one_line(row[host].reason)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
