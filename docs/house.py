"""Draws the floors of the package: ``python docs/house.py`` writes ``docs/house.svg``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FLOORS", "draw"]

FLOORS: tuple[tuple[str, dict[str, str]], ...] = (
    ("any host is judged", {"conformance": "cases, wire, reports"}),
    ("the program", {"cli": "one command is loaded"}),
    ("its commands", {"commands": "one file each"}),
    (
        "whole programs",
        {"programs": "run, invoke, shell, workers", "inspection": "describe, check"},
    ),
    ("scripts in a loop", {"host": "what Python programs use"}),
    (
        "what scripts require",
        {"modules": "one folder each", "accessors": "seen from Python, and written in it"},
    ),
    (
        "protocols and turns",
        {
            "scripts": "finding and reading files",
            "websocket": "frames, connections",
            "http": "requests, answers",
            "core": "services, turns, timers",
        },
    ),
    (
        "tools",
        {
            "options": "schemas",
            "manifests": "of modules",
            "net": "sockets, TLS",
            "codecs": "values, images",
            "engine": "quickjs, dukpy",
        },
    ),
    ("ground", {"errors": "one tree", "package_files": "where files lie"}),
)
"""The floors, highest first: what a floor is for, and its rooms with what is in them."""

_WIDTH = 960
_LEFT = 170
_HEIGHT = 58
_GAP = 6
_TOP = 70
_COLOURS = ("#dbeafe", "#e0f2fe", "#e0f2fe", "#dcfce7", "#fef9c3", "#ffedd5", "#fee2e2", "#f3e8ff")
_GROUND = "#e5e7eb"


def draw() -> str:
    """Return the picture, an SVG."""
    height = _TOP + len(FLOORS) * (_HEIGHT + _GAP) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="system-ui, sans-serif" fill="#1f2937" role="img">',
        "<title>The floors of accessor_host: each imports from lower floors only</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<path d="M{_LEFT - 14} {_TOP - 6} L{(_LEFT + _WIDTH - 20) / 2:g} 8 '
        f'L{_WIDTH - 6} {_TOP - 6} Z" fill="#f1f5f9" stroke="#94a3b8"/>',
        _text((_LEFT + _WIDTH - 20) / 2, 52, "accessor_host", 17, weight="bold"),
    ]
    for index, (purpose, rooms) in enumerate(FLOORS):
        y = _TOP + index * (_HEIGHT + _GAP)
        colour = _COLOURS[index] if index < len(_COLOURS) else _GROUND
        parts.append(_text(_LEFT - 16, y + _HEIGHT / 2 + 4, purpose, 12, anchor="end"))
        width = (_WIDTH - 20 - _LEFT - _GAP * (len(rooms) - 1)) / len(rooms)
        for place, (room, content) in enumerate(rooms.items()):
            x = _LEFT + place * (width + _GAP)
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_HEIGHT}" rx="4" '
                f'fill="{colour}" stroke="#94a3b8"/>'
            )
            parts.append(_text(x + width / 2, y + 25, room, 15, weight="bold"))
            parts.append(_text(x + width / 2, y + 44, content, 11))
    parts.append(
        _text(_WIDTH / 2, height - 12, "A room imports from lower floors only, never sideways.", 12)
    )
    return "\n".join([*parts, "</svg>\n"])


def _text(
    x: float, y: float, text: str, size: int, *, anchor: str = "middle", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{text}</text>'
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
