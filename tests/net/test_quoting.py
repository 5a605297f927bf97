"""Texts of peers in errors and in the log."""

from __future__ import annotations

import pytest

from accessor_host.net.quoting import LONGEST_QUOTE, printable, secrets_in


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Not Found", "Not Found"),
        ("Überlastet", "Überlastet"),
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("a\r\nERROR b", r"a\r\nERROR b"),
        ("\x7f\x80\x9b31m\u2028\u202e", r"\x7f\x80\x9b31m\u2028\u202e"),
        ("\ud800", r"\ud800"),
        ("x" * LONGEST_QUOTE, "x" * LONGEST_QUOTE),
        ("x" * (LONGEST_QUOTE + 1), "x" * LONGEST_QUOTE + "..."),
    ],
)
def test_nothing_in_it_is_obeyed_and_it_has_an_end(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_the_peer_was_told_is_not_shown_even_at_the_cut() -> None:
    secrets = secrets_in("Bearer 0123456789")
    assert secrets == ["Bearer 0123456789", "0123456789"]
    assert printable("no Bearer 0123456789, no 0123456789", secrets) == "no ***, no ***"
    text = "x" * (LONGEST_QUOTE - 5) + "0123456789"
    assert printable(text, secrets) == "x" * (LONGEST_QUOTE - 5) + "***"
    assert secrets_in("abc") == secrets_in("") == []
    assert secrets_in("a bc defg") == ["a bc defg", "defg"]
