"""Texts of peers in errors and in the log."""

from __future__ import annotations

import pytest

from accessor_host.net.quoting import LONGEST_QUOTE, printable


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
