"""A report for a terminal: what did not pass, and why; hosts side by side if there are several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...net.quoting import printable
from ..case import Case
from ..explanation import link
from ..runner import Result
from .summary import by_case, by_module, count, hosts_of

__all__ = ["table"]

LAST_LINES = 5
"""Lines of a failing host's standard error: an error with its stack's end, and the table stays one.
The page and JSON have more."""

_WORDS = {"pass": "pass", "fail": "FAIL", "skip": "skip"}


def table(results: Sequence[Result]) -> str:
    """Write results as text."""
    hosts = hosts_of(results)
    modules = by_module(results)
    lines: list[str] = []
    for module, found in modules.items():
        part = list(_matrix(found, hosts) if len(hosts) > 1 else _deviations(found))
        if part and len(modules) > 1:
            lines.append(f"{module}:")
        lines += part
        if part:
            lines.append("")
    width = max((len(host) for host in hosts), default=0)
    if len(modules) > 1:
        lines += [*_modules(modules, hosts, width), ""]
    for host in hosts:
        parts = [f"{level}: {counted}" for level, counted in count(results, host).items()]
        lines.append(f"{host:{width}}  {'; '.join(parts)}")
    return "\n".join(lines) + "\n"


def _modules(modules: dict[str, list[Result]], hosts: list[str], width: int) -> Iterator[str]:
    """Say how each module went, a line for each host."""
    longest = max(map(len, modules))
    for module, results in modules.items():
        for host in hosts:
            counts = count(results, host)
            parts = [f"{level}: {counted}" for level, counted in counts.items()]
            yield f"{module:{longest}}  {host:{width}}  {'; '.join(parts)}"


def _absences(results: Sequence[Result]) -> dict[tuple[str, str], int]:
    """Count the cases that are skipped for a reason that others of their host share."""
    reasons = Counter((r.host, r.reason) for r in results if r.verdict == "skip")
    return {key: number for key, number in reasons.items() if number > 1}


def _deviations(results: Sequence[Result]) -> Iterator[str]:
    shared = _absences(results)
    for (_, reason), number in shared.items():
        yield f"skip  {number} cases"
        yield f"      -> {_one_line(reason)}"
    for result in results:
        if result.verdict != "pass" and (result.host, result.reason) not in shared:
            yield f"{_WORDS[result.verdict]}  {result.case.level:6}  {result.case.id}"
            yield f"      {result.case.clause}"
            yield f"      {_place(result.case)}"
            yield f"      -> {_one_line(result.reason)}"
            yield from _last_words(result)


def _matrix(results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    columns = [max(len(host), 4) for host in hosts]
    names = "  ".join(f"{host:{width}}" for host, width in zip(hosts, columns, strict=True))
    yield f"{names}  level   case"
    shared = _absences(results)
    for case, row in by_case(results).items():
        if all((host, row[host].reason) in shared for host in hosts):
            continue
        cells = "  ".join(
            f"{_WORDS[row[host].verdict]:{width}}"
            for host, width in zip(hosts, columns, strict=True)
        )
        yield f"{cells}  {case.level:6}  {case.id}"
        for host in hosts:
            if row[host].verdict != "pass" and (host, row[host].reason) not in shared:
                yield f"      {host}: {_one_line(row[host].reason)}"
                yield from _last_words(row[host])
    for (host, reason), number in shared.items():
        yield f"      {host}, {number} cases skipped: {_one_line(reason)}"


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
