"""The page of the documentation about the states of a connection, drawn from their table.

``python -m accessor_host.websocket.diagram docs`` writes ``connection-states.md`` and
``connection-states.svg`` there. A test fails when they differ from the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .states import (
    DELIVERING,
    ENDING,
    HOLDING,
    PAUSABLE,
    SENDING,
    TRANSITIONS,
    UNREAD,
    Event,
    State,
)

__all__ = ["PAGE", "PICTURE", "page", "picture"]

PAGE, PICTURE = "connection-states.md", "connection-states.svg"
"""Names of the files."""

_WIDTH, _HEIGHT = 1070, 500
_BOX = (130, 44)

_PLACES = {
    State.OPENING: (80, 250),
    State.OPEN: (300, 250),
    State.ANSWERING: (530, 130),
    State.FAILING: (760, 130),
    State.CLOSING: (760, 250),
    State.PEER_CLOSED: (530, 370),
    State.REFUSED: (300, 450),
    State.CLOSED: (990, 250),
}
"""Middle of each state's box."""

_BENDS = {
    (State.OPENING, State.CLOSED): (535, -195),
    (State.OPEN, State.CLOSED): (645, -120),
    (State.REFUSED, State.CLOSED): (970, 460),
}
"""Edges that would run through boxes: the control point of the curve that they are instead."""

_LABELS = {(State.PEER_CLOSED, State.FAILING): 0.3, (State.ANSWERING, State.CLOSING): 0.35}
"""Where on its edge a label stands that would meet another in the middle."""

_INTRODUCTION = """\
# States of a connection

Every WebSocket connection of a server or a client is in one of {count} states. What may happen in a
state, and which state follows, is one table in `accessor_host/websocket/states.py`; the picture and
the tables on this page are made from it.

![States of a connection]({picture})

An arrow carries the events that lead from one state to the next. Events that change nothing are
left out of the picture and stand in the last table. An event that the table does not have for a
state cannot happen there; if it does, that is a defect of the host: the connection is cut and the
event loop's exception handler is told. No peer can do more harm with it than that.
"""

_VIOLATIONS = """\
## When the peer breaks a rule

What came whole before a violation is answered first. So a violation does not end a connection at
once: in `ANSWERING` the owner may still send, and nothing more is read. The owner hears of the
violation in the next turn of the loop, or once it has caught up if it is behind; it does not wait
longer than the closing timeout. A connection leaves {holding} only when its owner
has heard.
"""

_ENDING = """\
## How it ends

In {ending} nothing is waited for but the end of TCP, at
most for the closing timeout; then TCP is cut. The stream is half-closed first, so that a reset
cannot overtake the close frame and the last messages.
"""


def page() -> str:
    """Return the page, as Markdown."""
    states = (
        (
            f"`{state.name}`",
            state.value,
            _yes(state in SENDING),
            _yes(state in DELIVERING),
            "unless the owner pauses" if state in PAUSABLE else _yes(state not in UNREAD),
        )
        for state in State
    )
    events = ((f"`{event.name}`", event.value) for event in Event)
    steps = ((f"`{state.name}`", *(_step(state, event) for event in Event)) for state in State)
    return (
        "\n".join(
            (
                _INTRODUCTION.format(count=len(State), picture=PICTURE),
                "## States\n",
                _table(("State", "What it means", "Sends", "Delivers", "Reads"), states),
                "## Events\n",
                _table(("Event", "What happens"), events),
                _VIOLATIONS.format(holding=_names(HOLDING)),
                _ENDING.format(ending=_names(ENDING)),
                "## The table\n",
                "Rows are states, columns are events, cells are the states that follow.\n",
                _table(("", *(f"`{event.name}`" for event in Event)), steps),
            )
        ).rstrip("\n")
        + "\n"
    )


def picture() -> str:
    """Return the diagram, as SVG."""
    shapes = [shape for edge, events in _edges().items() for shape in _edge(*edge, events)]
    boxes = [shape for state in State for shape in _box(state)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="sans-serif" font-size="13" text-anchor="middle">',
            "<title>States of a connection</title>",
            '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0 10 5 0 10z" fill="#456"/></marker>',
            '<rect width="100%" height="100%" fill="#fff"/>',
            *shapes,
            *boxes,
            "</svg>\n",
        )
    )


def _edges() -> dict[tuple[State, State], list[Event]]:
    edges: dict[tuple[State, State], list[Event]] = {}
    for state, steps in TRANSITIONS.items():
        for event, following in steps.items():
            if following is not state:
                edges.setdefault((state, following), []).append(event)
    return edges


def _edge(state: State, following: State, events: list[Event]) -> Iterator[str]:
    bend = _BENDS.get((state, following))
    x1, y1 = _border(state, bend or _PLACES[following])
    x2, y2 = _border(following, bend or _PLACES[state])
    if bend is None:
        path = f"M{x1} {y1}L{x2} {y2}"
        part = _LABELS.get((state, following), 0.5)
        x, y = x1 + part * (x2 - x1), y1 + part * (y2 - y1)
    else:
        path = f"M{x1} {y1}Q{bend[0]} {bend[1]} {x2} {y2}"
        x, y = (x1 + 2 * bend[0] + x2) / 4, (y1 + 2 * bend[1] + y2) / 4
    yield f'<path d="{path}" fill="none" stroke="#456" marker-end="url(#tip)"/>'
    for number, event in enumerate(events):
        line = y + 4 + 15 * (number - (len(events) - 1) / 2)
        yield (
            f'<text x="{x:g}" y="{line:g}" fill="#234" stroke="#fff" stroke-width="4" '
            f'paint-order="stroke">{event.name}</text>'
        )


def _border(state: State, towards: tuple[int, int]) -> tuple[int, int]:
    """Return where a line from the middle of a box leaves it."""
    (x, y), (to_x, to_y) = _PLACES[state], towards
    across, down = to_x - x, to_y - y
    part = min(
        _BOX[0] / 2 / abs(across) if across else 1.0, _BOX[1] / 2 / abs(down) if down else 1.0
    )
    return round(x + part * across), round(y + part * down)


def _box(state: State) -> Iterator[str]:
    x, y = _PLACES[state]
    fill = "#dcefdc" if state in SENDING else "#f6e2d2" if state in ENDING else "#e8ecf2"
    yield (
        f'<rect x="{x - _BOX[0] / 2:g}" y="{y - _BOX[1] / 2:g}" width="{_BOX[0]}" '
        f'height="{_BOX[1]}" rx="8" fill="{fill}" stroke="#456"/>'
    )
    yield f'<text x="{x}" y="{y + 5}" font-weight="bold">{state.name}</text>'


def _step(state: State, event: Event) -> str:
    following = TRANSITIONS[state].get(event)
    return "" if following is None else "same" if following is state else f"`{following.name}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _names(states: Iterable[State]) -> str:
    *names, last = (f"`{state.name}`" for state in states)
    return f"{', '.join(names)} and {last}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def main() -> None:
    """Write the files into the folder that the command names."""
    folder = Path(sys.argv[1])
    (folder / PAGE).write_text(page(), encoding="utf-8")
    (folder / PICTURE).write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
