"""A report for people: one page that stands alone, with filters."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

from ..case import LEVELS, Case
from ..runner import Result
from .summary import by_case, count, hosts_of

__all__ = ["html_page"]

_TEMPLATE = Path(__file__).with_name("page.html")

_MARKS = {"pass": "✓ pass", "fail": "✗ fail", "skip": "– skip"}


def html_page(results: Sequence[Result]) -> str:
    """Write results as a page without anything from elsewhere; it is readable without scripts."""
    hosts = hosts_of(results)
    rows = [_row(case, row, hosts) for case, row in by_case(results).items()]
    parts = {
        "version": escape(version("accessor-host")),
        "summary": "\n".join(_summary(results, host) for host in hosts),
        "host-options": "\n".join(
            f'<option value="{escape(h)}">{escape(h)}</option>' for h in hosts
        ),
        "host-columns": "".join(f'<th scope="col">{escape(host)}</th>' for host in hosts),
        "rows": "\n".join(rows),
        "total": str(len(rows)),
    }
    page = _TEMPLATE.read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(f"<!-- {name} -->", text)
    # A script may report half a surrogate pair, which no file can hold.
    return page.encode("utf-8", "replace").decode("utf-8")


def _summary(results: Sequence[Result], host: str) -> str:
    counted = count(results, host)
    cells = "".join(
        f'<td class="{"fail" if counted[level].failed else "pass"}">'
        f"{escape(str(counted[level]))}</td>"
        for level in LEVELS
    )
    return f'<tr><th scope="row">{escape(host)}</th>{cells}</tr>'


def _row(case: Case, row: dict[str, Result], hosts: list[str]) -> str:
    verdicts = " ".join(f"{escape(host)}={row[host].verdict}" for host in hosts)
    cells = "".join(_cell(row[host]) for host in hosts)
    return (
        f'<tr data-level="{case.level}" data-module="{escape(case.module)}"'
        f' data-verdicts="{verdicts}">'
        f'<th scope="row"><code>{escape(case.id)}</code><p>{escape(case.clause)}</p>'
        f"<details><summary>{escape(case.source)}: script and driver</summary>"
        f"<pre>{escape(case.script)}</pre><pre>{escape(_driver(case))}</pre></details></th>"
        f'<td class="level">{case.level}</td>{cells}</tr>'
    )


def _cell(result: Result) -> str:
    reason = f"<p>{escape(result.reason)}</p>" if result.reason else ""
    detail = ""
    if result.detail:
        detail = f"<details><summary>output</summary><pre>{escape(result.detail)}</pre></details>"
    mark = f"<b>{_MARKS[result.verdict]}</b>"
    return f'<td class="{result.verdict}">{mark}{reason}{detail}</td>'


def _driver(case: Case) -> str:
    source = inspect.getsource(case.drive)
    # Without the decorator: clause and script stand above.
    return dedent(source[source.index("async def") - _indent(source) :])


def _indent(source: str) -> int:
    return len(source) - len(source.lstrip())
