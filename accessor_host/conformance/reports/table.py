"""A report for a terminal: what did not pass, and why; hosts side by side if there are several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...net.quoting import printable
from ..case import Case
from ..explanation import link
from ..runner import Result
from .summary import by_case, count, hosts_of

__all__ = ["table"]

LAST_LINES = 5
"""Lines of a failing host's standard error: an error with its stack's end, and the table stays one.
The page and JSON have more."""

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
            yield f"      {_place(result.case)}"
            yield f"      -> {_one_line(result.reason)}"
            yield from _last_words(result)


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
                yield from _last_words(row[host])


def _place(case: Case) -> str:
    address = link(case)
    return f"{case.source}: {address}" if address else case.source


def _last_words(result: Result) -> Iterator[str]:
    """Show the end of a host's standard error, without what a terminal obeys."""
    lines = [line.rstrip() for line in result.stderr.splitlines() if line.strip()]
    for line in lines[-LAST_LINES:]:
        yield f"      | {printable(line)}"


def _one_line(text: str) -> str:
    return "".join(map(printable, " ".join(text.split())))
