"""Help texts as wide as the terminal, found out without ``shutil``."""

from __future__ import annotations

import argparse
import os
import sys

__all__ = ["HelpFormatter"]

_USUAL_COLUMNS = 80


class HelpFormatter(argparse.HelpFormatter):
    """Format help as argparse does.

    Parsers make a formatter for each argument, and argparse's own imports ``shutil`` for that, with
    every format of compression: 2 of the 70 milliseconds until a server listens, and 0.5 MiB.

    Args:
        prog: name of the program.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Return what ``shutil.get_terminal_size`` says."""
    try:
        given = int(os.environ.get("COLUMNS", 0))
    except ValueError:
        given = 0
    if given > 0:
        return given
    if sys.__stdout__ is None:
        return _USUAL_COLUMNS
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _USUAL_COLUMNS
    except (ValueError, OSError):
        # It is closed, or no terminal.
        return _USUAL_COLUMNS
