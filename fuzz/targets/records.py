"""Operations as the runtime writes them: what was written is read, whatever a text holds.

What it does not write is refused: a record that cannot be read, and no other.
"""

from __future__ import annotations

import json
import re

from accessor_host.engine.protocol import Event, Operation
from accessor_host.engine.records import MALFORMED, read_operations

__all__ = ["SEEDS", "run"]

_RECORD, _UNIT, _APART, _RELAY = "\x1e", "\x1f", "\x1d", "\x1b"

_EVENTS: list[Event] = [(index, "message", f"text {index}") for index in range(4)]

SEEDS = [
    b"\0print\n1socket.send\n2again\n3apart\n4relay",
    b"1\n1a\n1b\n2\n2\n3x\n2\n4\n2\n0",
    "0gr\u00fc\u00dfe \U0001f600\n1\x1b\x1d".encode(),
]


def run(data: bytes) -> None:
    """Write records, and read them.

    Args:
        data: lines; the first byte of each chooses the kind of a record, the rest is its text.
    """
    records, expected, apart = _written(data.decode("utf-8", "replace"))
    found = read_operations(records, _EVENTS, lambda index, _length: apart[index])
    if found != expected:
        raise AssertionError(f"{found} is not {expected}")
    _read_forged(data.decode("utf-8", "replace"))


def _read_forged(text: str) -> None:
    last = '["last"]'
    records = f"{_RECORD}{text}{_RECORD}{last}"
    found = read_operations(records, _EVENTS, lambda index, _length: ["apart"][index])
    if len(found) != records.count(_RECORD) or found[-1] != last:
        raise AssertionError(f"{found} are not the operations of {records!r}")
    for operation, record in zip(found, records[1:].split(_RECORD), strict=True):
        if operation == MALFORMED and re.match(r"[A-Za-z\[]", record):
            raise AssertionError(f"{record!r} can be read")


def _written(text: str) -> tuple[str, list[Operation], list[str]]:
    # Never no record at all: the runtime then hands nothing over.
    records, expected = [f'{_RECORD}["print"]'], ['["print"]']
    operations: list[Operation] = list(expected)
    apart: list[str] = []
    last = ""
    for number, line in enumerate(text.split("\n")):
        kind, content = line[:1], line[1:]
        address = f"socket.send -{number}"
        if kind == "1" and not set(content) & {_RECORD, _UNIT}:
            last = content
            records.append(f"{_RECORD}{address}{_UNIT}{content}")
        elif kind == "2":
            records.append(f"{_RECORD}{address}")
        elif kind == "3":
            last = content
            apart.append(content)
            records.append(f"{_RECORD}{_APART}{len(content)} {address}")
        elif kind == "4":
            index = len(content) % len(_EVENTS)
            last = str(_EVENTS[index][2])
            records.append(f"{_RECORD}{_RELAY}{index} {address}")
        else:
            operation = json.dumps(["print", content])
            records.append(_RECORD + operation)
            operations.append(operation)
            continue
        operations.append((address, last))
    return "".join(records), operations, apart
