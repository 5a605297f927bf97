"""Numbers and text of streams: however they are cut, the same, or an error in words."""

from __future__ import annotations

import json
import math
from contextlib import suppress

from accessor_host.codecs.elements import (
    ELEMENT_SIZES,
    SUPPORTED_RECEIVE_TYPES,
    ElementReader,
    TextReader,
    decode_numbers,
    encode_numbers,
    message_to_json,
    numbers_from_text,
)
from accessor_host.errors import DecodingError, EncodingError
from accessor_host.modules.socket.readers import make_reader

__all__ = ["SEEDS", "run"]

_KINDS = tuple(ELEMENT_SIZES)

SEEDS = [
    *(bytes((index, 3)) + bytes(range(0, 240, 5)) for index in range(len(_KINDS))),
    b"\0\1" + "grüße \U0001f600".encode() + b"\xff\xc3",
    b"\3\0\x7f\x80\0\0\xff\xc0\0\0\0\0\0\0",
    b"\0\2[1,-0.0,1e+21,NaN,-Infinity]",
    b"\1\4\4\0\0\0\7\0\3abc",
]


def run(data: bytes) -> None:
    """Read a stream, as numbers, as text, and as a peer's.

    Args:
        data: the first byte chooses the type, the second the size of the pieces, 0 for all at once.
    """
    if len(data) < 2:
        return
    kind, size, stream = _KINDS[data[0] % len(_KINDS)], data[1] or 256, data[2:]
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    _read_numbers(kind, stream, pieces)
    text = TextReader()
    read = "".join(map(text.feed, pieces))
    # What is left over is a character that is not whole.
    if read + text.rest.decode("utf-8", "replace") != stream.decode("utf-8", "replace"):
        raise AssertionError(f"{read!r} and {text.rest!r} of {stream!r}")
    with suppress(EncodingError):
        numbers_from_text(stream.decode("latin-1"))
    received = SUPPORTED_RECEIVE_TYPES[data[0] % len(SUPPORTED_RECEIVE_TYPES)]
    for is_raw in (True, False):
        if received != "image" or is_raw:
            _read_as_peer(received, is_raw, pieces)


def _read_numbers(kind: str, stream: bytes, pieces: list[bytes]) -> None:
    numbers, rest = decode_numbers(kind, stream)
    reader = ElementReader(kind)
    fed = [number for piece in pieces for number in reader.feed(piece)]
    if (repr(fed), reader.rest) != (repr(numbers), rest):
        raise AssertionError(f"{fed} and {reader.rest!r}, not {numbers} and {rest!r}")
    # A number that is none has many forms in bytes.
    is_exact = not any(map(math.isnan, numbers))
    if is_exact and encode_numbers(kind, numbers) + rest != stream:
        raise AssertionError(f"{numbers} are other bytes than {stream!r}")
    try:
        json.loads(message_to_json(kind, stream))
    except DecodingError:
        if not rest:
            raise AssertionError(f"{stream!r} is refused as {kind}") from None


def _read_as_peer(kind: str, is_raw: bool, pieces: list[bytes]) -> None:
    reader = make_reader(kind, is_raw=is_raw, is_batch=False, max_size=100, max_pixels=100)
    for piece in pieces:
        if reader.read(piece) is None:
            reader.feed(piece)
        while reader.has_more and reader.fault is None:
            reader.take()
