"""What is said of events whose callbacks cannot be asked for their names."""

from __future__ import annotations

import pytest

from accessor_host.engine.naming import name_events
from accessor_host.engine.protocol import Event

MESSAGE, CLOSE, TIMER = (-1, "message", "text"), (-1, "close", 1000), (0, "timer", 5)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([MESSAGE], "the handler of a 'message' event"),
        ([TIMER], "the callback of a timer"),
        ([(0, "main", "{}")], "the script"),
        ([MESSAGE, MESSAGE], "the handler of a 'message' event"),
        ([MESSAGE, TIMER], "the handler of a 'message' event or the callback of a timer"),
        (
            [MESSAGE, CLOSE, TIMER, (0, "main", "{}"), (0, "call", 1)],
            "the handler of a 'message' event or the handler of a 'close' event or "
            "the callback of a timer or another",
        ),
    ],
)
def test_the_kinds_of_events_are_named(events: list[Event], expected: str) -> None:
    assert name_events(events) == expected
