"""A report for the documentation: a matrix in Markdown, reasons below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..runner import Result
from .summary import by_case, count, hosts_of

__all__ = ["markdown"]

_MARKS = {"pass": "yes", "fail": "**no**", "skip": "–"}


def markdown(results: Sequence[Result]) -> str:
    """Write results as two tables and a list: summary, matrix, and the reason of each failure."""
    hosts = hosts_of(results)
    lines = [
        "| host | must | should | extra |",
        "| --- | --- | --- | --- |",
        *(
            f"| {host} | {' | '.join(str(c) for c in count(results, host).values())} |"
            for host in hosts
        ),
        "",
        *_matrix(results, hosts),
        *_reasons(results, hosts),
    ]
    return "\n".join(lines) + "\n"


def _matrix(results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    module = ""
    for case, row in by_case(results).items():
        if case.module != module:
            module = case.module
            yield f"## {module}"
            yield ""
            yield f"| case | what is expected | level | {' | '.join(hosts)} |"
            yield "| --- | --- | --- |" + " --- |" * len(hosts)
        cells = " | ".join(_MARKS[row[host].verdict] for host in hosts)
        yield f"| `{case.id}` | {_cell(case.clause)} | {case.level} | {cells} |"
    yield ""


def _reasons(results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    for host in hosts:
        found = [r for r in results if r.host == host and r.verdict != "pass"]
        if not found:
            continue
        yield f"## What {host} does instead"
        yield ""
        yield "| case | level | reason |"
        yield "| --- | --- | --- |"
        for result in found:
            yield f"| `{result.case.id}` | {result.case.level} | {_cell(result.reason)} |"
        yield ""


def _cell(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return escaped.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
