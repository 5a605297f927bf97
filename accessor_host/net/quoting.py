"""Texts of peers, as they may stand in errors and in the log."""

from __future__ import annotations

__all__ = ["LONGEST_QUOTE", "escaped", "printable"]

LONGEST_QUOTE = 200
"""Characters of a peer's text that are quoted: a line or two says what it is about."""


def printable(text: str) -> str:
    """Return a peer's text without what a terminal obeys, on one line and not too long.

    Control characters, line ends and what else cannot be printed become escapes, as in ``repr``.

    Args:
        text: of a peer.
    """
    shown = escaped(text[:LONGEST_QUOTE])
    return shown if len(text) <= LONGEST_QUOTE else f"{shown}..."


def escaped(text: str) -> str:
    """Return a text of any length on one line, without what a terminal obeys.

    Args:
        text: of a peer, or with some of one in it.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
