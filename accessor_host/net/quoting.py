"""Texts of peers, as they may stand in errors and in the log."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["HIDDEN", "LONGEST_QUOTE", "escaped", "printable", "secrets_in"]

HIDDEN = "***"
"""Stands for a secret."""

_SHORTEST_SECRET = 4
"""Characters: what is shorter is no secret, and in many words."""

LONGEST_QUOTE = 200
"""Characters of a peer's text that are quoted: a line or two says what it is about."""


def printable(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a peer's text without what a terminal obeys, on one line and not too long.

    Control characters, line ends and what else cannot be printed become escapes, as in ``repr``.

    Args:
        text: of a peer.
        secrets: what the peer was told and may repeat; it is not shown.
    """
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
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


def secrets_in(value: str) -> list[str]:
    """Return what of a header field's value may be a secret: all of it, and each word of it.

    Args:
        value: as in ``Bearer 0123456789``.
    """
    # The first word of several is a scheme, as Bearer is.
    words = {value, *value.split(" ")[1:]}
    return sorted((one for one in words if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)
