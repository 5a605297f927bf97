"""Ctrl-C and SIGTERM: they end the benchmark, but never between a process and its owner."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["InterruptedBySignal", "handled", "uninterrupted"]

_CAUGHT = (signal.SIGINT, signal.SIGTERM)


class InterruptedBySignal(BaseException):
    """Report a signal, wherever the benchmark is.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _Pending:
    depth = 0
    number = 0


def _handle(number: int, _frame: object) -> None:
    if _Pending.depth:
        _Pending.number = number
    else:
        raise InterruptedBySignal(number)


@contextmanager
def handled() -> Iterator[None]:
    """Raise :class:`InterruptedBySignal` at a signal."""
    previous = [signal.signal(number, _handle) for number in _CAUGHT]
    try:
        yield
    finally:
        for number, handler in zip(_CAUGHT, previous, strict=True):
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals wait until the end of a block that starts or stops a process."""
    _Pending.depth += 1
    try:
        yield
    finally:
        _Pending.depth -= 1
    if _Pending.number and not _Pending.depth:
        number, _Pending.number = _Pending.number, 0
        raise InterruptedBySignal(number)
