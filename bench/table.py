"""Rows as text: while it runs, and in the end as tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from .rows import Report, Row
from .scenarios import scenarios

__all__ = ["ended", "lines", "markdown", "number"]

_MARKS = {True: "✓", False: "✗", None: ""}


def number(value: float) -> str:
    """Write a value with three digits that count."""
    if abs(value) >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def lines(rows: Sequence[Row]) -> list[str]:
    """Write the rows of one scenario, with all that helps to judge them."""
    found = []
    for row in rows:
        parts = [
            f"  {row.server:13} {row.variant:15} {number(row.median):>9} {row.unit:15}",
            f"±{row.spread:4.0%}",
            f"{_compared(row):43}",
            *(f"{name} {row.shares[key]:4.0%}" for name, key in _SHARES if key in row.shares),
            f"({'; '.join(row.remarks)})" if row.remarks else "",
        ]
        found.append("  ".join(parts).rstrip())
    return found


_SHARES = (("load", "load_cpu"), ("server", "server_cpu"))


def _compared(row: Row) -> str:
    if row.ratio is None:
        return ""
    target = "" if row.target is None else f", {_target(row)} {_MARKS[row.met]}"
    return f"{row.ratio:5.2f} × {row.baseline}{target}"


def _target(row: Row) -> str:
    digits = 1 if round(row.target or 0, 1) == row.target else 2
    return f"{'≥' if row.higher else '≤'} {row.target:.{digits}f}"


def markdown(report: Report) -> str:
    """Write all rows as tables for a README: the scenarios, and a table for each series."""
    parts = [_scenarios(report), *(_series(report, name) for name in ("connections", "sizes"))]
    return "\n\n".join(part for part in parts if part)


def ended(report: Report) -> str:
    """Say how many targets are met, and what is in doubt."""
    judged = [row for row in report.rows if row.met is not None]
    met = sum(row.met is True for row in judged)
    doubtful = {row.scenario for row in report.rows if row.remarks}
    said = f"{met} of {len(judged)} targets met"
    return f"{said}; in doubt: {', '.join(sorted(doubtful))}" if doubtful else said


def _scenarios(report: Report) -> str:
    rows = [row for row in report.rows if not row.series]
    titles = {scenario.name: scenario.title for scenario in scenarios()}
    servers = _servers(rows)
    body = []
    for name, unit in dict.fromkeys((row.scenario, row.unit) for row in rows):
        cells = []
        for server in servers:
            # Of two variants, the last is the one that is compared.
            own = [
                row for row in rows if (row.scenario, row.unit, row.server) == (name, unit, server)
            ]
            cells.append(_cell(own[-1]) if own else "–")
        body.append(f"| {titles[name]} ({unit}) | {' | '.join(cells)} |")
    return "\n".join([*_head("scenario", servers), *body]) if body else ""


def _series(report: Report, series: str) -> str:
    rows = [row for row in report.rows if row.series == series]
    servers = _servers(rows)
    body = []
    for x in dict.fromkeys(row.x for row in rows):
        at = {row.server: number(row.median) for row in rows if row.x == x}
        cells = [at.get(server, "–") for server in servers]
        body.append(f"| {x:,} | {' | '.join(cells)} |")
    name = {"connections": "connections, messages/s", "sizes": "bytes, messages/s"}[series]
    return "\n".join([*_head(name, servers), *body]) if body else ""


def _head(first: str, servers: Sequence[str]) -> list[str]:
    return [f"| {first} | {' | '.join(servers)} |", f"| --- |{' ---: |' * len(servers)}"]


def _servers(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.server for row in rows))


def _cell(row: Row) -> str:
    if row.ratio is None:
        return number(row.median)
    ratio = f"{row.ratio:.2f} ×"
    if row.target is None:
        return f"{ratio} ({number(row.median)})"
    return f"{ratio}, {_target(row)} {_MARKS[row.met]} ({number(row.median)})"
