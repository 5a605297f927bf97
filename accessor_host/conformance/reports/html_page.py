"""A report for people: one page that stands alone, with filters."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path

from ..case import LEVELS, Case
from ..explanation import driver, link, values
from ..runner import Result
from .summary import by_case, by_module, count, hosts_of

__all__ = ["html_page"]

_TEMPLATE = Path(__file__).with_name("page.html")

_MARKS = {"pass": "✓ pass", "fail": "✗ fail", "skip": "– skip"}


def html_page(results: Sequence[Result]) -> str:
    """Write results as a page without anything from elsewhere; it is readable without scripts."""
    hosts = hosts_of(results)
    modules = by_module(results)
    rows = [_body(module, found, hosts, len(modules) > 1) for module, found in modules.items()]
    parts = {
        "version": escape(version("accessor-host")),
        "summary": "\n".join(
            [_summary(results, host, "all") for host in hosts]
            + [
                _summary(found, host, module)
                for module, found in modules.items()
                for host in hosts
                if len(modules) > 1
            ]
        ),
        "module-options": "\n".join(f"<option>{escape(module)}</option>" for module in modules),
        "host-options": "\n".join(
            f'<option value="{escape(h)}">{escape(h)}</option>' for h in hosts
        ),
        "host-columns": "".join(f'<th scope="col">{escape(host)}</th>' for host in hosts),
        "rows": "\n".join(rows),
        "total": str(len(by_case(results))),
    }
    page = _TEMPLATE.read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(f"<!-- {name} -->", text)
    # A script may report half a surrogate pair, which no file can hold.
    return page.encode("utf-8", "replace").decode("utf-8")


def _body(module: str, results: Sequence[Result], hosts: list[str], is_one_of_many: bool) -> str:
    """Write the rows of a module, and above them its name if there are others."""
    title = (
        f'<tbody class="module" data-module="{escape(module)}"><tr>'
        f'<th scope="rowgroup" colspan="{len(hosts) + 2}"><h2>{escape(module)}</h2></th>'
        "</tr></tbody>"
        if is_one_of_many
        else ""
    )
    rows = "\n".join(_row(case, row, hosts) for case, row in by_case(results).items())
    return f'{title}\n<tbody class="cases">\n{rows}\n</tbody>'


def _summary(results: Sequence[Result], host: str, module: str) -> str:
    counted = count(results, host)
    cells = "".join(
        f'<td class="{"fail" if counted[level].failed else "pass"}" data-label="{level}">'
        f"{escape(str(counted[level]))}</td>"
        for level in LEVELS
    )
    return (
        f'<tr><th scope="row">{escape(host)}</th>'
        f'<td data-label="module">{escape(module)}</td>{cells}</tr>'
    )


def _row(case: Case, row: dict[str, Result], hosts: list[str]) -> str:
    verdicts = " ".join(f"{escape(host)}={row[host].verdict}" for host in hosts)
    cells = "".join(_cell(row[host]) for host in hosts)
    # Nothing is loaded from elsewhere, but the clause may stand there.
    address = link(case)
    source = escape(case.source)
    place = f'<a href="{escape(address)}" rel="noreferrer">{source}</a>' if address else source
    script, other_side = escape(case.script), escape(driver(case))
    return (
        f'<tr data-level="{case.level}" data-module="{escape(case.module)}"'
        f' data-verdicts="{verdicts}">'
        f'<th scope="row"><code>{escape(case.id)}</code><p>{escape(case.clause)}</p><p>{place}</p>'
        f"<details><summary>script and driver</summary><pre>{script}</pre>"
        f"<pre>{other_side}</pre>{_list_of('expected values', values(case))}</details></th>"
        f'<td class="level" data-label="level">{case.level}</td>{cells}</tr>'
    )


def _cell(result: Result) -> str:
    parts = [f"<b>{_MARKS[result.verdict]}</b>"]
    if result.reason:
        parts.append(f"<p>{escape(result.reason)}</p>")
    if result.expected:
        parts.append(
            f"<dl><dt>expected</dt><dd><code>{escape(result.expected)}</code></dd>"
            f"<dt>got</dt><dd><code>{escape(result.actual)}</code></dd></dl>"
        )
    parts.append(_list_of("reported", result.reported))
    if result.detail:
        parts.append(_folded("output", result.detail))
    label = escape(result.host)
    return f'<td class="{result.verdict}" data-label="{label}">{"".join(parts)}</td>'


def _list_of(title: str, lines: Sequence[str]) -> str:
    return _folded(title, "\n".join(lines)) if lines else ""


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary><pre>{escape(text)}</pre></details>"
