"""The picture: how the servers compare with Node, and the two series. SVG, without a library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from .figures import better
from .rows import Report, Row
from .scenarios import scenarios
from .servers import NODE
from .table import number

__all__ = ["draw"]

# Okabe and Ito's palette, which people who see fewer colours can tell apart as well.
_COLOURS = {
    "quickjs": "#0072b2",
    "dukpy": "#56b4e9",
    "dukpy-asyncio": "#cc79a7",
    NODE: "#e69f00",
    "websockets": "#999999",
}
_WIDTH = 960
_LEFT = 330
_BAR = 11
_NUMBER = 30
"""Width of the number behind a bar, which makes room for a tick."""
_TEXT = "#24292f"
_GRID = "#d8dee4"
_LONGEST = 2.5
"""Times as good as Node, at which bars are cut."""


def draw(report: Report) -> str:
    """Draw what there is of a report; its first line says when and where it was measured."""
    page = _Page()
    page.y = 34
    page.text(20, page.y, "Beside the Node host", size=18, weight="bold")
    machine = report.machine
    cores = f"{machine.get('cores', '')} cores of {machine.get('cpu', '')}"
    where = ", ".join(filter(None, (cores, report.date[:10], report.commit)))
    page.text(_WIDTH - 20, page.y, where, anchor="end", size=11)
    servers = list(dict.fromkeys(row.server for row in report.rows))
    _legend(page, servers)
    _bars(page, [row for row in report.rows if row.ratio is not None and not row.series])
    panels = [
        ("messages/s by connections, 1 in flight each", "connections", False),
        ("messages/s by bytes of JSON, 10 connections", "sizes", True),
    ]
    drawn = [panel for panel in panels if any(row.series == panel[1] for row in report.rows)]
    for index, (title, series, log) in enumerate(drawn):
        rows = [row for row in report.rows if row.series == series]
        _Chart(page, 20 + index * _WIDTH // 2, title, rows, log=log).draw()
    if drawn:
        page.y += 320
    return page.svg()


class _Page:
    """Elements, and how far down the page is full."""

    def __init__(self) -> None:
        self._elements: list[str] = []
        self.y = 0.0

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 12,
        anchor: str = "start",
        weight: str = "normal",
    ) -> None:
        self._elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(words)}</text>'
        )

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self._elements.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{colour}"/>'
        )

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._elements.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        self._elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')

    def svg(self) -> str:
        height = self.y + 20
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" '
                f'height="{height:.0f}" viewBox="0 0 {_WIDTH} {height:.0f}" '
                f'font-family="system-ui, sans-serif" fill="{_TEXT}">',
                # Not transparent: a page may be dark.
                f'<rect width="{_WIDTH}" height="{height:.0f}" fill="white"/>',
                *self._elements,
                "</svg>\n",
            ]
        )


def _legend(page: _Page, servers: Sequence[str]) -> None:
    page.y += 26
    x = 20.0
    for server in servers:
        page.rectangle(x, page.y - 10, 12, 12, _COLOURS[server])
        page.text(x + 18, page.y, server)
        x += 40 + 8 * len(server)
    page.y += 12


def _bars(page: _Page, rows: Sequence[Row]) -> None:
    """Draw ratios as bars, the longer the better; a tick marks the target."""
    # A second metric of a scenario that has no target says nothing new.
    main = [row for row in rows if row.target is not None]
    units = {(row.scenario, row.unit) for row in main}
    shown = [row for row in rows if (row.scenario, row.unit) in units and row.baseline == NODE]
    if not shown:
        return
    titles = {scenario.name: scenario.title for scenario in scenarios()}
    scale = (_WIDTH - _LEFT - 70) / _LONGEST
    page.y += 22
    page.text(20, page.y, "times as good as Node: longer is better", weight="bold")
    page.y += 10
    top = page.y
    bars: list[tuple[float, Row]] = []
    for scenario, unit in dict.fromkeys((row.scenario, row.unit) for row in shown):
        group = [row for row in shown if (row.scenario, row.unit) == (scenario, unit)]
        middle = page.y + 8 + len(group) * _BAR / 2
        page.text(_LEFT - 10, middle - 1, titles[scenario], anchor="end", size=11)
        page.text(_LEFT - 10, middle + 11, unit, anchor="end", size=10)
        for index, row in enumerate(group):
            bars.append((page.y + 6 + index * _BAR, row))
        page.y += 14 + max(len(group), 2) * _BAR
    for times in (0, 0.5, 1, 1.5, 2, 2.5):
        x = _LEFT + times * scale
        page.line([(x, top), (x, page.y)], _COLOURS[NODE] if times == 1 else _GRID)
        page.text(x, page.y + 14, "Node" if times == 1 else f"{times:g}", anchor="middle", size=11)
    for y, row in bars:
        good = better(row.ratio or 0, higher=row.higher)
        end = _LEFT + min(good, _LONGEST) * scale
        page.rectangle(_LEFT, y, end - _LEFT, _BAR - 1, _COLOURS[row.server])
        number_at = end + 5
        if row.target is not None:
            x = _LEFT + better(row.target, higher=row.higher) * scale
            page.line([(x, y - 1), (x, y + _BAR)], _TEXT, 2)
            if end <= x < end + _NUMBER:
                number_at = x + 5
        page.text(number_at, y + _BAR - 2, f"{good:.2f}", size=10)
    page.y += 30
    page.text(_LEFT, page.y, "black ticks: the targets", size=11)
    page.y += 10


class _Chart:
    """Lines: messages per second over a logarithmic x, one for each server."""

    def __init__(self, page: _Page, x: int, title: str, rows: Sequence[Row], *, log: bool) -> None:
        self._page, self._title, self._rows, self._log = page, title, rows, log
        self._x, self._y = x + 50, page.y + 40
        self._width, self._height = _WIDTH / 2 - 90, 230
        places = [row.x for row in rows]
        self._first, self._last = math.log(min(places)), math.log(max(max(places), 2))
        values = [row.median for row in rows]
        self._ticks = _decades(values) if log else _steps(max(values))

    def draw(self) -> None:
        page = self._page
        page.text(self._x - 50, self._y - 16, self._title, weight="bold")
        for value in self._ticks:
            y = self._place_y(value)
            page.line([(self._x, y), (self._x + self._width, y)], _GRID)
            page.text(self._x - 6, y + 4, _thousands(value), anchor="end", size=11)
        for place in dict.fromkeys(row.x for row in self._rows):
            x = self._place_x(place)
            page.text(x, self._y + self._height + 16, _power(place), anchor="middle", size=11)
        for server in dict.fromkeys(row.server for row in self._rows):
            points = [
                (self._place_x(row.x), self._place_y(row.median))
                for row in self._rows
                if row.server == server
            ]
            page.line(points, _COLOURS[server], 2)
            for x, y in points:
                page.dot(x, y, _COLOURS[server])

    def _place_x(self, value: int) -> float:
        part = (math.log(value) - self._first) / (self._last - self._first or 1)
        return self._x + part * self._width

    def _place_y(self, value: float) -> float:
        low, high = self._ticks[0], self._ticks[-1]
        if self._log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return self._y + self._height * (1 - (value - low) / (high - low))


def _steps(highest: float) -> list[float]:
    """Return round numbers from 0 to just above the highest value."""
    step = 10 ** math.floor(math.log10(highest))
    if highest / step < 3:
        step /= 2
    return [index * step for index in range(math.ceil(highest / step) + 1)]


def _decades(values: Sequence[float]) -> list[float]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def _thousands(value: float) -> str:
    return f"{value / 1000:g} k" if value >= 1000 else number(value)


def _power(value: int) -> str:
    """Write a size as people do: 65536 is 64 Ki."""
    for unit, factor in (("Mi", 1024 * 1024), ("Ki", 1024)):
        if value >= factor and value % factor == 0:
            return f"{value // factor} {unit}"
    return f"{value:,}"
