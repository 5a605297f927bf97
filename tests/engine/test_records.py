"""Records: what JavaScript wrote is what is done, each text once."""

from __future__ import annotations

import json
from random import Random

import pytest

from accessor_host.engine.protocol import MAX_DETAILS, Event, Operation
from accessor_host.engine.records import (
    MALFORMED,
    Senders,
    check_event,
    count_utf16_units,
    flatten_events,
    make_uncaught_error,
    read_operations,
)


def no_text(_index: int, _length: int) -> str:
    raise AssertionError("no text leaves by itself")


def test_operations_and_texts_in_order() -> None:
    records = '\x1e["print","x"]\x1esend 1\x1f{"a":1}\x1esend 2\x1f\x1e["stop"]'
    expected: list[Operation] = ['["print","x"]', ("send 1", '{"a":1}'), ("send 2", ""), '["stop"]']
    assert read_operations(records, [], no_text) == expected


def test_a_text_that_is_sent_again_is_the_same_object() -> None:
    records = '\x1esend 1\x1ftext\x1esend 2\x1e["print"]\x1esend 3'
    operations = read_operations(records, [], no_text)
    sent = [operation for operation in operations if isinstance(operation, tuple)]
    assert [address for address, _ in sent] == ["send 1", "send 2", "send 3"]
    assert {text for _, text in sent} == {"text"}
    assert len({id(text) for _, text in sent}) == 1


def test_a_text_that_is_sent_as_it_came_is_that_of_its_event() -> None:
    events = [(-1, "message", "first"), (-2, "message", "second")]
    records = "\x1e\x1b1 send 2\x1esend 3\x1e\x1b0 send 1"
    operations = read_operations(records, events, no_text)
    assert operations == [("send 2", "second"), ("send 3", "second"), ("send 1", "first")]


def test_texts_that_leave_by_themselves_are_asked_for_by_number_and_length() -> None:
    texts = {(0, 5): "a\x1e\x1fbc", (1, 2): "\U0001f600"}
    records = "\x1e\x1d5 send 1\x1esend 2\x1e\x1d2 send 3"
    operations = read_operations(records, [], lambda index, length: texts[index, length])
    assert operations == [
        ("send 1", "a\x1e\x1fbc"),
        ("send 2", "a\x1e\x1fbc"),
        ("send 3", "\U0001f600"),
    ]


def test_a_message_has_two_values_and_any_other_event_has_six() -> None:
    events = [(0, "a"), (1, "b", 2, 3, 4), (-5, "message", "text"), (5, "c", 6)]
    assert flatten_events(events) == [
        *(None, 0, "a", None, None, None),
        *(None, 1, "b", 2, 3, 4),
        *(-5, "text"),
        *(None, 5, "c", 6, None, None),
    ]


@pytest.mark.parametrize(("text", "count"), [("", 0), ("ab", 2), ("é漢", 2), ("\U0001f600", 2)])
def test_units_are_those_of_javascript(text: str, count: int) -> None:
    assert count_utf16_units(text) == count


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
    assert json.loads(make_uncaught_error(text)) == ["error", "Uncaught", message, shown]


@pytest.mark.parametrize(
    "record",
    [
        *("", " ", "9", "\0", '"a"', "\x1c1 send 1"),
        *("\x1d", "\x1dsend 1", "\x1d-1 send 1", "\x1d1_0 send 1", "\x1d1 send 1"),
        "\x1d" + "9" * 5_000 + " send 1",
        *("\x1b", "\x1bsend 1", "\x1b-1 send 1", "\x1b2 send 1", "\x1b1 send 1"),
        "\x1b" + "9" * 30 + " send 1",
    ],
)
def test_a_record_that_cannot_be_read_is_refused_and_the_others_are_done(record: str) -> None:
    def no_such_text(index: int, length: int) -> str:
        raise IndexError(index)

    events: list[Event] = [(-1, "message", "text"), (0, "timer", 7)]
    records = f'\x1e["before"]\x1e{record}\x1esend 2\x1fafter'
    operations = read_operations(records, events, no_such_text)
    assert operations == ['["before"]', MALFORMED, ("send 2", "after")]


PIECES = [
    *(
        "\x1e",
        "\x1f",
        "\x1d",
        "\x1b",
        " ",
        "-1",
        "0",
        "1",
        "9" * 30,
        "9" * 5_000,
        "send 1",
        "[",
        "]",
    ),
    *('["a"]', "\0", "\ud800", "é", "\u0663", "1_0", "+2", "x" * 200),
]


def test_whatever_a_script_may_write_each_record_is_one_operation() -> None:
    chance = Random(7)
    events: list[Event] = [(-1, "message", "text"), (0, "timer"), (0, "other", None)]
    texts = ["first", "second"]
    for _ in range(20_000):
        records = "\x1e" + "".join(chance.choices(PIECES, k=chance.randrange(12)))
        operations = read_operations(records, events, lambda index, _length: texts[index])
        assert len(operations) == records.count("\x1e")
        for operation in operations:
            if isinstance(operation, tuple):
                assert [type(part) for part in operation] == [str, str]
            else:
                assert operation == MALFORMED or operation[0] == "["


ADDRESSES = ["send 1", "Send 1", "Z 1", "web-socket.send -12", "a_b.C-9 0"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_that_a_sender_may_have_is_read(address: str) -> None:
    records = f"\x1e{address}\x1fa\x1e{address}\x1e\x1d1 {address}\x1e\x1b0 {address}"
    senders = Senders({})
    senders[address] = print
    operations = read_operations(records, [(1, "message", "c")], lambda _index, _length: "b")
    assert operations == [(address, "a"), (address, "a"), (address, "b"), (address, "c")]


@pytest.mark.parametrize(
    "address",
    ["", "send", "send ", " 1", "send x", "9send 1", "[send 1", "se nd 1", "é 1", "send 1\n"]
    + [f"se{separator}nd 1" for separator in "\x1b\x1d\x1e\x1f\0"],
)
def test_an_address_that_cannot_stand_in_a_record_is_refused(address: str) -> None:
    senders = Senders()
    with pytest.raises(ValueError, match="is no address of a sender; expected"):
        senders[address] = print
    assert senders == {}


@pytest.mark.parametrize(
    "event", [(0, "a"), (0, "a", *range(MAX_DETAILS)), (0, "message", None), (0, "message", "text")]
)
def test_an_event_that_fits_is_let_through(event: Event) -> None:
    check_event(event)
    assert len(flatten_events([event])) == (2 if event[1] == "message" else 3 + MAX_DETAILS)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ((), "an event has a target and a type; got ()"),
        ((7,), "an event has a target and a type; got (7,)"),
        ((7, "a", 1, 2, 3, 4), "an event has at most 3 details; got 4 for target 7, type 'a'"),
        (
            (7, "message"),
            "a 'message' event has one detail, its payload; got 0 for target 7",
        ),
        (
            (7, "message", "a", "b"),
            "a 'message' event has one detail, its payload; got 2 for target 7",
        ),
    ],
)
def test_an_event_that_would_shift_a_batch_is_refused(event: Event, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        check_event(event)
    assert str(caught.value) == message
