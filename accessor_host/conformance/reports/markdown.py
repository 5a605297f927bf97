"""A report for the documentation: a matrix in Markdown, reasons below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..runner import Result
from .summary import by_case, by_module, count, hosts_of

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
        *_modules(results, hosts),
    ]
    for module, found in by_module(results).items():
        lines += [*_matrix(module, found, hosts), *_reasons(found, hosts)]
    return "\n".join(lines) + "\n"


def _modules(results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    """Write for each module how many of its cases of all levels each host passes."""
    yield f"| module | cases | {' | '.join(hosts)} |"
    yield "| --- | --- |" + " --- |" * len(hosts)
    for module, found in by_module(results).items():
        cells = []
        for host in hosts:
            verdicts = [result.verdict for result in found if result.host == host]
            judged = len(verdicts) - verdicts.count("skip")
            cells.append(f"{verdicts.count('pass')} of {judged}" if judged else "–")
        total = len(by_case(found))
        yield f"| [{module}](#{module}) | {total} | {' | '.join(cells)} |"
    yield ""


def _matrix(module: str, results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    yield f"## {module}"
    yield ""
    yield f"| case | what is expected | level | {' | '.join(hosts)} |"
    yield "| --- | --- | --- |" + " --- |" * len(hosts)
    for case, row in by_case(results).items():
        cells = " | ".join(_MARKS[row[host].verdict] for host in hosts)
        yield f"| `{case.id}` | {_cell(case.clause)} | {case.level} | {cells} |"
    yield ""


def _reasons(results: Sequence[Result], hosts: list[str]) -> Iterator[str]:
    for host in hosts:
        found = [r for r in results if r.host == host and r.verdict != "pass"]
        if not found:
            continue
        yield f"### What {host} does instead: {found[0].case.module}"
        yield ""
        shared = {
            reason: number
            for reason, number in Counter(r.reason for r in found if r.verdict == "skip").items()
            if number > 1
        }
        for reason, number in shared.items():
            yield f"{number} cases are skipped: {_cell(reason)}"
            yield ""
        alone = [result for result in found if result.reason not in shared]
        if not alone:
            continue
        yield "| case | level | reason |"
        yield "| --- | --- | --- |"
        for result in alone:
            yield f"| `{result.case.id}` | {result.case.level} | {_cell(result.reason)} |"
        yield ""


def _cell(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return escaped.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
