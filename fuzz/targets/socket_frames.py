"""Messages behind their lengths, over TCP: however they are cut, a plain reader must agree."""

from __future__ import annotations

from accessor_host.modules.socket.framing import Deframer, frame

__all__ = ["SEEDS", "run"]

MAX_SIZE = 1_000

SEEDS = [
    b"\0" + frame(b"hello") + frame(b"") + frame("grüße".encode()),
    b"\1" + frame(b"x" * 300) + frame(b"y" * 254) + b"\3ab",
    b"\3" + frame(b"a") * 20,
    b"\0" + b"\xff\0\0\0\2ab" + frame(b"c"),
    b"\2" + frame(b"before") + b"\xff\xff\xff\xff\xff" + frame(b"behind"),
    b"\5" + frame(b"x" * 1_001),
    b"\7\xff\0\0",
]


def run(data: bytes) -> None:
    """Read a stream.

    Args:
        data: the first byte is the size of the pieces, 0 for all at once; its upper bits say how
            many messages are taken at a time.
    """
    first, stream = data[0] if data else 0, data[1:]
    size, count = first & 31 or len(stream) or 1, (first >> 5) + 1
    deframer = Deframer(MAX_SIZE)
    found: list[bytes] = []
    for at in range(0, len(stream), size):
        deframer.feed(stream[at : at + size])
        while taken := deframer.take(count):
            found += taken
    expected, is_bad = _plainly(stream)
    if found != expected or (deframer.fault is not None) != is_bad or deframer.has_more:
        raise AssertionError(f"{found} and {deframer.fault}, not {expected} and {is_bad}")


def _plainly(stream: bytes) -> tuple[list[bytes], bool]:
    """Return the messages, and whether a length cannot be."""
    found: list[bytes] = []
    while stream:
        head = 5 if stream[0] == 255 else 1
        if len(stream) < head:
            break
        size = int.from_bytes(stream[1:5], signed=True) if head == 5 else stream[0]
        if not 0 <= size <= MAX_SIZE:
            return found, True
        if len(stream) < head + size:
            break
        found.append(stream[head : head + size])
        stream = stream[head + size :]
    return found, False
