"""From what a program writes to lines."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["MAX_LINE", "MAX_LINES", "Lines"]

MAX_LINE = 65_536
"""Bytes of a line; a longer one is told in pieces, so that none is kept that never ends."""

MAX_LINES = 1_024
"""Lines in one event, each of which becomes an event of the script's: a few milliseconds."""


class Lines:
    """The lines of one stream, and the beginning of the next one."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """Take bytes, and yield the lines that are whole, a share of them at a time.

        Args:
            data: as the program wrote it; what is no UTF-8 is replaced.
        """
        self._rest += data
        *whole, rest = bytes(self._rest).split(b"\n")
        pieces = [piece for line in whole for piece in _pieces(line)]
        *long, rest = _pieces(rest)
        pieces += long
        self._rest = bytearray(rest)
        for at in range(0, len(pieces), MAX_LINES):
            yield [_text(piece) for piece in pieces[at : at + MAX_LINES]]

    def finish(self) -> Iterator[list[str]]:
        """Yield the last line, if it has no end."""
        if self._rest:
            yield [_text(bytes(self._rest))]
            self._rest.clear()


def _pieces(line: bytes) -> list[bytes]:
    """Cut a line where it is too long, and not inside a character."""
    pieces = []
    while len(line) > MAX_LINE:
        cut = MAX_LINE
        # Of UTF-8 these are the second byte of a character and those behind (RFC 3629 section 3).
        while cut > MAX_LINE - 4 and line[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(line[:cut])
        line = line[cut:]
    return [*pieces, line]


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
