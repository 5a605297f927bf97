"""Lists that are shown to people: not all of what may be very many."""

from __future__ import annotations

__all__ = ["MAX_SHOWN", "more_than_shown"]

MAX_SHOWN = 100
"""Entries of one list: more than a person reads, and 10,000 sockets would take the loop's time."""


def more_than_shown(count: int) -> list[str]:
    """Return the line that ends a list of :data:`MAX_SHOWN` entries, if there are more.

    Args:
        count: how many there are.
    """
    return [f"  ... and {count - MAX_SHOWN} more"] if count > MAX_SHOWN else []
