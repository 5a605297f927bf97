"""Exit codes of the programs."""

from __future__ import annotations

__all__ = ["BAD_USAGE", "FAILED", "after_signal"]

FAILED = 1
"""A script threw an error that nobody caught, or its engine failed."""

BAD_USAGE = 2
"""Wrong words on the command line; a file, folder, engine or loop that is not there."""


def after_signal(number: int) -> int:
    """Return the code of a program that a signal has ended, as shells have it.

    Args:
        number: the signal; 2 (Ctrl-C) makes 130, and 15 (SIGTERM) 143.
    """
    return 128 + number
