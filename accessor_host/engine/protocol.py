"""What the host needs of a JavaScript engine.

An engine owns one JavaScript context. The host hands it batches of events; the engine runs each
event to its end, with its microtasks, before the next, and gives back the operations that the
scripts asked for. Two modules implement this: :mod:`.dukpy` and :mod:`.quickjs`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from ..errors import EngineError

__all__ = [
    "APART",
    "RUNAWAY_MICROTASKS",
    "UNIT",
    "Batch",
    "Engine",
    "EngineSettings",
    "Event",
    "PythonFunction",
    "Record",
    "record",
    "split",
    "stopped",
    "units",
]

Primitive: TypeAlias = str | int | float | bool | None

Event: TypeAlias = tuple[Primitive, ...]
"""Target, type and at most three details; only what crosses into an engine unchanged."""

Record: TypeAlias = str
"""One operation: a JSON array, its name and its details. For text that is to be sent, which is
spared another encoding: an address, :data:`UNIT`, and the text (``runtime/internal/dispatch.js``).
"""

UNIT = "\x1f"
"""Ends the address of a text that is to be sent."""

APART = "\x1d"
"""Begins the record of a text that is to be sent and leaves apart: its length and address."""

PythonFunction: TypeAlias = Callable[[str, str], str]
"""What scripts' code reaches in Python: ``(name, JSON text) -> JSON text``. It never raises."""

RUNAWAY_MICROTASKS = (
    "promise callbacks ran for longer than {:g} s without an end; the script cannot go on"
)
"""Error of an engine whose microtasks do not end."""


@dataclass(frozen=True)
class EngineSettings:
    """Settings of an engine.

    Args:
        callback_timeout: seconds that one event may run, or ``None`` for no limit.
        memory_limit: bytes that the JavaScript heap may take. dukpy has 128 MiB, always.
        bundle: the runtime, modules and schemas as a JSON text (:mod:`accessor_host.bundle`).
        bootstrap: the script that builds the runtime.
        call_python: the function behind ``host.callPython``.
    """

    callback_timeout: float | None
    memory_limit: int
    bundle: str
    bootstrap: str
    call_python: PythonFunction


@dataclass
class Batch:
    """What came of a batch of events.

    Args:
        handled: how many events were run, from the front; the rest is to be tried again.
        operations: what the scripts want done, in order.
        failure: why the engine can no longer be used, if it cannot.
    """

    handled: int = 0
    operations: list[Record] = field(default_factory=list)
    failure: EngineError | None = None


class Engine(Protocol):
    """One JavaScript context."""

    name: str
    """Name of the engine, as the ``engine`` option takes it."""

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Run events one after another until all are done or the budget is spent.

        An error in an event is one of the operations; it does not keep others from running.

        Args:
            events: the events, at least one.
            budget: seconds after which no further event is begun.
            may_call_python: whether the events may call Python in the middle. Some engines can
                then not stop an endless callback; a watchdog ends the process instead.
        """

    def close(self) -> None:
        """Free the context; the engine is not used again."""


def split(records: str, text_at: Callable[[int, int], str] | None = None) -> list[Record]:
    """Return the operations that JavaScript hands over.

    Args:
        records: with a separator that is in none of them.
        text_at: returns one of the texts that left apart from their records, by its index; it is
            told its length in UTF-16 units. None if there are no such texts.
    """
    operations = records.split("\x1e")
    if text_at is None:
        return operations
    index = 0
    for at, operation in enumerate(operations):
        if operation[0] == APART:
            length, _, address = operation[1:].partition(" ")
            operations[at] = address + text_at(index, int(length))
            index += 1
    return operations


def units(text: str) -> int:
    """Count the UTF-16 units of a text: its length in JavaScript."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def record(name: str, *details: Primitive) -> Record:
    """Make an operation.

    Args:
        name: its name.
        details: its details.
    """
    return json.dumps([name, *details])


def stopped(what: str, timeout: float | None) -> Record:
    """Make the operation that reports an event that exceeded its time.

    Args:
        what: the callback, in words.
        timeout: the limit in seconds.
    """
    message = f"{what} ran longer than {timeout:g} s and was stopped"
    return record("error", "Stopped:", message, message)
