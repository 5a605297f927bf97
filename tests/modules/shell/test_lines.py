"""Lines of what a program writes."""

from __future__ import annotations

import pytest

from accessor_host.modules.shell.lines import MAX_LINE, MAX_LINES, Lines


def told(*chunks: bytes) -> list[str]:
    lines = Lines()
    shares = [share for chunk in chunks for share in lines.feed(chunk)]
    shares += lines.finish()
    assert all(0 < len(share) <= MAX_LINES for share in shares)
    return [line for share in shares for line in share]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\r\n\nb", ["a", "", "b"]),
        ("gr\u00fc\u00df\n".encode(), ["gr\u00fc\u00df"]),
        (b"\xff\n", ["\ufffd"]),
        (b"x\n" * (MAX_LINES + 1), ["x"] * (MAX_LINES + 1)),
        (b"a" * MAX_LINE + b"\n", ["a" * MAX_LINE]),
        (b"a" * (MAX_LINE + 1) + b"\n", ["a" * MAX_LINE, "a"]),
        (b"a" * (3 * MAX_LINE + 1), ["a" * MAX_LINE] * 3 + ["a"]),
        # A character is not cut.
        (
            b"a" * (MAX_LINE - 1) + "\u20ac".encode() + b"b\n",
            ["a" * (MAX_LINE - 1), "\u20acb"],
        ),
    ],
)
def test_lines(written: bytes, lines: list[str]) -> None:
    assert told(written) == lines
    half = len(written) // 2
    assert told(written[:half], written[half:]) == lines


def test_no_more_is_kept_than_one_line() -> None:
    lines = Lines()
    for _ in range(10):
        list(lines.feed(b"a" * MAX_LINE))
    assert len(lines._rest) <= MAX_LINE
