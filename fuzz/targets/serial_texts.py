"""Texts of a serial device, each up to a zero: however they are cut, the same, or one fault."""

from __future__ import annotations

import json

from accessor_host.modules.serial.readers import reader_for

__all__ = ["SEEDS", "run"]

MAX_SIZE = 20

SEEDS = [
    b"\0one\0two\0\0" + "grüße".encode() + b"\0rest",
    b"\1" + b"x" * 20 + b"\0" + b"y" * 21 + b"\0z\0",
    b"\3\xff\0\xc3\0\xa4\0\xed\xa0\x80\0",
    b"\5" + b"x" * 100 + b"\0end\0",
]


def run(data: bytes) -> None:
    """Read what a device sends.

    Args:
        data: the first byte is the size of the pieces, 0 for all at once.
    """
    size, stream = (data[0] or 256, data[1:]) if data else (1, b"")
    reader = reader_for("string", MAX_SIZE)
    found: list[str] = []
    faults = 0
    for at in range(0, len(stream), size):
        texts = reader.feed(stream[at : at + size])
        found += [] if texts is None else json.loads(texts)
        faults += reader.fault() is not None
    whole = stream.split(b"\0")
    expected = [text.decode("utf-8", "replace") for text in whole[:-1] if 0 < len(text) <= MAX_SIZE]
    has_long = any(len(text) > MAX_SIZE for text in whole)
    if found != expected or bool(faults) != has_long:
        raise AssertionError(f"{found} and {faults} faults, not {expected} and {has_long}")
