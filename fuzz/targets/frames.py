"""Frames to an open connection: the library must agree."""

from __future__ import annotations

from ..differential.cases import Case
from ..differential.frames import BINARY, CLOSE, CONT, PING, TEXT, forge
from ..differential.once import HEAD, check

__all__ = ["SEEDS", "run"]

SEEDS = [
    b"\0" + forge(TEXT, b"hello") + forge(TEXT, "grüße".encode()),
    b"\5" + forge(TEXT, b"a", fin=False) + forge(PING, b"?") + forge(CONT, b"b"),
    b"\2" + forge(BINARY, bytes(200)) + forge(CLOSE, b"\x03\xe8bye"),
    b"\0" + forge(CLOSE),
    b"\0" + forge(TEXT, b"\xff"),
    b"\0" + forge(TEXT, b"x" * 1_001),
]


def run(data: bytes) -> None:
    """Send frames.

    Args:
        data: the first byte is the size of the reads, 0 for all at once.
    """
    size, stream = data[:1], data[1:]
    cuts = (len(HEAD), *(size * (len(stream) // (size[0] or 1)) if any(size) else b""))
    check(Case(HEAD, stream, cuts, compression=False))
