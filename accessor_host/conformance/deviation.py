"""What is said of a host that did something else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from .values import show, show_long

__all__ = ["Deviation", "Waiting", "other_value"]

Waiting = Callable[[str], AbstractContextManager[None]]
"""Takes what is awaited, and is entered while it is: should it never come, the reason says so."""


class Deviation(Exception):
    """Say what a host did, and what it should have done.

    Args:
        reason: both, in a sentence.
        expected: what should have come, as far as it is a value.
        actual: what came instead.
    """

    def __init__(self, reason: str, *, expected: str = "", actual: str = "") -> None:
        super().__init__(reason)
        self.expected = expected
        self.actual = actual


def other_value(expected: object, actual: object) -> Deviation:
    """Return what is said when one value was to arrive and another did."""
    return Deviation(
        f"{show(expected)} was to arrive, but {show(actual)} did",
        expected=show_long(expected),
        actual=show_long(actual),
    )
