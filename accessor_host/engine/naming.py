"""What may be running, in words, where the engine itself cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence

from .protocol import Event

__all__ = ["name_events", "name_kind"]

_NAMED = 3
"""Kinds of events that are named; a batch can have any number."""

_RUNTIME_EVENTS = {"main": "the script", "timer": "the callback of a timer"}


def name_kind(event: Event) -> str:
    """Name what runs for an event.

    Args:
        event: target, type and details.
    """
    kind = str(event[1])
    return _RUNTIME_EVENTS.get(kind, f"the handler of a '{kind}' event")


def name_events(events: Sequence[Event]) -> str:
    """Name what may run for one of some events.

    Args:
        events: those that the engine was given at once, at least one.
    """
    kinds = list(dict.fromkeys(map(name_kind, events)))
    more = ["another"] if len(kinds) > _NAMED else []
    return " or ".join(kinds[:_NAMED] + more)
