"""The page about the states of a connection says what their table says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from accessor_host.websocket import diagram
from accessor_host.websocket.states import TRANSITIONS, Event, State

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "text"), [(diagram.PAGE, diagram.page()), (diagram.PICTURE, diagram.picture())]
)
def test_the_page_is_made_from_the_table(name: str, text: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == text, "python -m accessor_host.websocket.diagram docs"


def test_the_picture_has_every_state_and_every_step_that_leads_on() -> None:
    texts = [node.text for node in ElementTree.fromstring(diagram.picture()).iter() if node.text]
    assert {state.name for state in State} <= set(texts)
    steps = [
        event.name
        for state, following in TRANSITIONS.items()
        for event, after in following.items()
        if after is not state
    ]
    drawn = [text for text in texts if text in Event.__members__]
    assert sorted(drawn) == sorted(steps)


def test_the_page_names_every_event_that_may_happen() -> None:
    page = diagram.page()
    for state, steps in TRANSITIONS.items():
        row = re.findall(rf"^\| `{state.name}` .*$", page, re.MULTILINE)[-1]
        cells = [cell.strip() for cell in row.split("|")[2:-1]]
        assert [bool(cell) for cell in cells] == [event in steps for event in Event]
