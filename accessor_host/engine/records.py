"""What scripts want done, on its way out of an engine: one text, a record for each operation.

``runtime/core/dispatch.js`` writes it. Behind a separator, a record is a JSON array, an
operation's name and its details; or one of these, for a text that is to be sent, each with the
address of who sends it:

============================  =====================================================
``address UNIT text``         the text itself
``address``                   the text that was sent before
``APART length " " address``  a text that leaves by itself; its length in JavaScript
``RELAY index " " address``   the first detail of an event, as it came
============================  =====================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

from .protocol import Event, Operation, Primitive

__all__ = ["APART", "escaped", "flatten", "record", "split", "stopped", "units"]

RECORD, UNIT, APART, RELAY = "\x1e", "\x1f", "\x1d", "\x1b"

_EVENT_SIZE = 5
_PADDING: tuple[tuple[None, ...], ...] = tuple((None,) * size for size in range(_EVENT_SIZE + 1))
_TEXT = 2

TextAt: TypeAlias = Callable[[int, int], str]


def flatten(events: Sequence[Event]) -> list[Primitive]:
    """Return the values of all events in one list.

    Most events are messages: target and payload. Any other begins with None, and has all its
    details.
    """
    values: list[Primitive] = []
    for event in events:
        if event[1] == "message":
            values += event[::2]
        else:
            values.append(None)
            values += event
            values += _PADDING[_EVENT_SIZE - len(event)]
    return values


def split(records: str, events: Sequence[Event], text_at: TextAt) -> list[Operation]:
    """Return the operations that JavaScript hands over.

    Args:
        records: each with a separator before it that is in none of them.
        events: the batch in which they came to be.
        text_at: returns one of the texts that left apart from their records, by its index; it is
            told its length in UTF-16 units.
    """
    operations: list[Operation] = []
    text = ""
    apart = 0
    for record in records[1:].split(RECORD):
        kind = record[0]
        # Most are of the first kind; an address begins with a letter.
        if kind > "[":
            address, is_new, sent = record.partition(UNIT)
            if is_new:
                text = sent
        elif kind == "[":
            operations.append(record)
            continue
        elif kind == APART:
            length, _, address = record[1:].partition(" ")
            text = text_at(apart, int(length))
            apart += 1
        else:
            index, _, address = record[1:].partition(" ")
            text = str(events[int(index)][_TEXT])
        operations.append((address, text))
    return operations


def units(text: str) -> int:
    """Count the UTF-16 units of a text: its length in JavaScript."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def record(name: str, *details: Primitive) -> str:
    """Make an operation.

    Args:
        name: its name.
        details: its details.
    """
    return json.dumps([name, *details])


def escaped(text: str) -> str:
    """Make the operation that reports an error that JavaScript could not report: on a full heap.

    Args:
        text: the error and, in further lines, its trace, as far as the engine could say them.
    """
    message, _, trace = text.partition("\n")
    if "out of memory" not in message:
        message += ", thrown by the engine itself, as when it is out of memory"
    return record("error", "Uncaught", message, f"{message}\n{trace}".rstrip())


def stopped(what: str, timeout: float | None) -> str:
    """Make the operation that reports an event that exceeded its time.

    Args:
        what: the callback, in words.
        timeout: the limit in seconds.
    """
    message = f"{what} ran longer than {timeout:g} s and was stopped"
    return record("error", "Stopped:", message, message)
