"""Events on their way into an engine, and operations on their way out of it.

Events go in as one flat list of values. What scripts want done comes out as one text, a record for
each operation, that ``runtime/core/dispatch.js`` writes. Behind a separator, a record is a JSON
array, an operation's name and its details; or one of these, for a text that is to be sent, each
with the address of who sends it:

============================  =====================================================
``address UNIT text``         the text itself
``address``                   the text that was sent before
``APART length " " address``  a text that leaves by itself; its length in JavaScript
``RELAY index " " address``   the first detail of an event, as it came
============================  =====================================================

An address is the name of an operation and a target, ``socket.send -3``. As it stands between these
characters, its name is a letter, then letters, digits, ``.``, ``_`` and ``-``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

from .protocol import MAX_DETAILS, Event, Operation, Primitive

__all__ = [
    "APART",
    "MALFORMED",
    "Senders",
    "check_event",
    "count_utf16_units",
    "flatten_events",
    "has_half_pair",
    "make_operation",
    "make_stopped_error",
    "make_uncaught_error",
    "read_operations",
]

RECORD, UNIT, APART, RELAY = "\x1e", "\x1f", "\x1d", "\x1b"

MALFORMED = ""
"""Stands for a record that cannot be read, whatever is wrong with it; it has no name, and is
refused as any such operation."""

_EVENT_SIZE = 2 + MAX_DETAILS
_PADDING: tuple[tuple[None, ...], ...] = tuple((None,) * size for size in range(_EVENT_SIZE + 1))
_TEXT = 2

_MAX_NAMES = 1_000
_names: set[str] = set()
"""Names of addresses that are as they must be."""

TextAt: TypeAlias = Callable[[int, int], str]


class Senders(dict[str, Callable[[str], object]]):
    """What takes the texts that scripts send, by the address that they send from."""

    def __setitem__(self, address: str, send: Callable[[str], object]) -> None:
        """Register who takes the texts that are sent from an address.

        Raises:
            ValueError: the address cannot stand in a record.
        """
        if not _is_address(address):
            raise ValueError(
                f"{address!r} is no address of a sender; expected an operation's name (a letter, "
                "then letters, digits, '.', '_' and '-'), a space and a target, as 'socket.send -3'"
            )
        super().__setitem__(address, send)


def _is_address(text: str) -> bool:
    # Not with a regular expression: to compile one would be a part of each start.
    name, _, target = text.partition(" ")
    if not (text.isascii() and target.removeprefix("-").isdigit()):
        return False
    # There are few names, and an address for each connection.
    if name in _names:
        return True
    plain = name.replace(".", "").replace("_", "").replace("-", "")
    if not (name[:1].isalpha() and plain.isalnum()):
        return False
    if len(_names) < _MAX_NAMES:
        _names.add(name)
    return True


def check_event(event: Event) -> None:
    """Refuse an event that does not fit into a batch: it would shift those behind it.

    Raises:
        ValueError: it has no target or type, more details than fit, or is a ``message`` with
            anything but a payload, or with half a surrogate pair in it.
    """
    # Most are of this kind, and few may take long.
    if 2 <= len(event) <= _EVENT_SIZE and event[1] != "message":
        return
    if len(event) < 2:
        raise ValueError(f"an event has a target and a type; got {event!r}")
    target, kind, *details = event
    count = len(details)
    if kind == "message":
        if count != 1:
            raise ValueError(
                f"a 'message' event has one detail, its payload; got {count} for target {target!r}"
            )
        if has_half_pair(details):
            raise ValueError(
                f"a 'message' event has a text that has a form in UTF-8; got half a surrogate pair "
                f"for target {target!r}"
            )
    else:
        raise ValueError(
            f"an event has at most {MAX_DETAILS} details; got {count} for target {target!r}, "
            f"type {kind!r}"
        )


def flatten_events(events: Sequence[Event]) -> list[Primitive]:
    """Return the values of all events in one list.

    Most events are messages: target and payload. Any other begins with None, and has all its
    details.

    Args:
        events: each as :func:`check_event` lets pass.
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


def has_half_pair(values: Sequence[Primitive]) -> bool:
    """Tell whether half a surrogate pair is in one of the texts among some values.

    They come from scripts, from names of files and arguments that are not UTF-8, and from encodings
    such as UTF-7.
    """
    for value in values:
        # Most are ASCII, which Python knows without a look.
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                return True
    return False


def read_operations(records: str, events: Sequence[Event], text_at: TextAt) -> list[Operation]:
    """Return the operations that JavaScript hands over, one for each record.

    No record raises: one that cannot be read is :data:`MALFORMED`, and the others are read.

    Args:
        records: each with a separator before it that is in none of them.
        events: the batch in which they came to be.
        text_at: returns one of the texts that left apart from their records, by its index; it is
            told its length in UTF-16 units. It raises IndexError or ValueError if there is none.
    """
    operations: list[Operation] = []
    text = ""
    apart = 0
    for record in records[1:].split(RECORD):
        try:
            kind = record[0]
            # Most are of the first kind, with a lower-case letter: one comparison.
            if kind > "[" or "A" <= kind <= "Z":
                address, is_new, sent = record.partition(UNIT)
                if is_new:
                    text = sent
            elif kind == "[":
                operations.append(record)
                continue
            elif kind == APART:
                length, _, address = record[1:].partition(" ")
                if not length.isdigit():
                    raise ValueError
                text = text_at(apart, int(length))
                apart += 1
            elif kind == RELAY:
                index, _, address = record[1:].partition(" ")
                relayed = events[int(index)][_TEXT]
                if not (index.isdigit() and isinstance(relayed, str)):
                    raise ValueError
                text = relayed
            else:
                raise ValueError
        except (IndexError, ValueError):
            # A script got at what the runtime writes.
            operations.append(MALFORMED)
        else:
            operations.append((address, text))
    return operations


def count_utf16_units(text: str) -> int:
    """Count the UTF-16 units of a text: its length in JavaScript."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def make_operation(name: str, *details: Primitive) -> str:
    """Make an operation.

    Args:
        name: its name.
        details: its details.
    """
    return json.dumps([name, *details])


def make_uncaught_error(text: str) -> str:
    """Make the operation that reports an error that JavaScript could not report: on a full heap.

    Args:
        text: the error and, in further lines, its trace, as far as the engine could say them.
    """
    message, _, trace = text.partition("\n")
    if "out of memory" not in message:
        message += ", thrown by the engine itself, as when it is out of memory"
    return make_operation("error", "Uncaught", message, f"{message}\n{trace}".rstrip())


def make_stopped_error(what: str, timeout: float | None) -> str:
    """Make the operation that reports an event that exceeded the time limit.

    Args:
        what: the callback, in words.
        timeout: the limit in seconds.
    """
    message = f"{what} ran longer than {timeout:g} s and was stopped"
    return make_operation("error", "Stopped:", message, message)
