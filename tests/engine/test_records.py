"""Records: what JavaScript wrote is what is done, each text once."""

from __future__ import annotations

import json

import pytest

from accessor_host.engine.protocol import Operation
from accessor_host.engine.records import escaped, flatten, split, units


def no_text(_index: int, _length: int) -> str:
    raise AssertionError("no text leaves by itself")


def test_operations_and_texts_in_order() -> None:
    records = '\x1e["print","x"]\x1esend 1\x1f{"a":1}\x1esend 2\x1f\x1e["stop"]'
    expected: list[Operation] = ['["print","x"]', ("send 1", '{"a":1}'), ("send 2", ""), '["stop"]']
    assert split(records, [], no_text) == expected


def test_a_text_that_is_sent_again_is_the_same_object() -> None:
    records = '\x1esend 1\x1ftext\x1esend 2\x1e["print"]\x1esend 3'
    operations = split(records, [], no_text)
    sent = [operation for operation in operations if isinstance(operation, tuple)]
    assert [address for address, _ in sent] == ["send 1", "send 2", "send 3"]
    assert {text for _, text in sent} == {"text"}
    assert len({id(text) for _, text in sent}) == 1


def test_a_text_that_is_sent_as_it_came_is_that_of_its_event() -> None:
    events = [(-1, "message", "first"), (-2, "message", "second")]
    records = "\x1e\x1b1 send 2\x1esend 3\x1e\x1b0 send 1"
    operations = split(records, events, no_text)
    assert operations == [("send 2", "second"), ("send 3", "second"), ("send 1", "first")]


def test_texts_that_leave_by_themselves_are_asked_for_by_number_and_length() -> None:
    texts = {(0, 5): "a\x1e\x1fbc", (1, 2): "\U0001f600"}
    records = "\x1e\x1d5 send 1\x1esend 2\x1e\x1d2 send 3"
    operations = split(records, [], lambda index, length: texts[index, length])
    assert operations == [
        ("send 1", "a\x1e\x1fbc"),
        ("send 2", "a\x1e\x1fbc"),
        ("send 3", "\U0001f600"),
    ]


def test_a_message_has_two_values_and_any_other_event_has_six() -> None:
    events = [(0, "a"), (1, "b", 2, 3, 4), (-5, "message", "text"), (5, "c", 6)]
    assert flatten(events) == [
        *(None, 0, "a", None, None, None),
        *(None, 1, "b", 2, 3, 4),
        *(-5, "text"),
        *(None, 5, "c", 6, None, None),
    ]


@pytest.mark.parametrize(("text", "count"), [("", 0), ("ab", 2), ("é漢", 2), ("\U0001f600", 2)])
def test_units_are_those_of_javascript(text: str, count: int) -> None:
    assert units(text) == count


@pytest.mark.parametrize(
    ("text", "message", "shown"),
    [
        (
            "InternalError: out of memory\n    at f (a.js:1)\n",
            "InternalError: out of memory",
            "InternalError: out of memory\n    at f (a.js:1)",
        ),
        (
            "Error",
            "Error, thrown by the engine itself, as when it is out of memory",
            "Error, thrown by the engine itself, as when it is out of memory",
        ),
    ],
)
def test_an_error_that_escaped_says_that_the_heap_may_be_full(
    text: str, message: str, shown: str
) -> None:
    assert json.loads(escaped(text)) == ["error", "Uncaught", message, shown]
