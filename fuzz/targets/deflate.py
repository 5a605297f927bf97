"""Compressed messages to an open connection: the library must agree."""

from __future__ import annotations

import zlib

from ..differential.cases import Case
from ..differential.frames import BINARY, CONT, TEXT, forge
from ..differential.once import DEFLATE_HEAD, check

__all__ = ["SEEDS", "run"]


def _deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-12)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)[:-4]


SEEDS = [
    bytes((kind,)) + _deflated(data)
    for kind in range(4)
    for data in (b"", b"hello", b"x" * 1_000, b"x" * 1_001, b"x" * 1_000_000, bytes(range(256)))
]


def run(data: bytes) -> None:
    """Send one compressed message.

    Args:
        data: the first byte says whether it is text, and in how many frames; then what zlib reads.
    """
    kind, payload = (data[0], data[1:]) if data else (0, b"")
    opcode = TEXT if kind & 1 else BINARY
    if kind & 2:
        middle = len(payload) // 2
        stream = forge(opcode, payload[:middle], rsv=4, fin=False) + forge(CONT, payload[middle:])
    else:
        stream = forge(opcode, payload, rsv=4)
    check(Case(DEFLATE_HEAD, stream + forge(TEXT, b"next"), (len(DEFLATE_HEAD),), compression=True))
