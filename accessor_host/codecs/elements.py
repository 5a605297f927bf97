"""Elements of byte streams and datagrams: numbers of a fixed size, big-endian, and text.

Source: module specification section 7. What does not fit wraps, as JavaScript's DataView and Java's
narrowing of integers have it: fractions are cut off, then only the lowest bits count; NaN and the
infinities are 0 in a whole-number type. ``tests/vectors/elements.json`` holds what DataView does.
"""

from __future__ import annotations

import json
import math
import struct
from codecs import getincrementaldecoder
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias, cast

from ..errors import DecodingError, EncodingError

__all__ = [
    "BAD_MESSAGE",
    "ELEMENT_SIZES",
    "IMAGE_SEND_TYPES",
    "SUPPORTED_RECEIVE_TYPES",
    "SUPPORTED_SEND_TYPES",
    "ElementReader",
    "Number",
    "TextReader",
    "decode_numbers",
    "encode_number_text",
    "encode_numbers",
    "message_to_json",
    "numbers_from_text",
    "numbers_to_json",
]

Number: TypeAlias = "int | float"

BAD_MESSAGE = "ERR_BAD_MESSAGE"
"""Code of a message that is none of its type; it is dropped."""

_FORMATS = {
    "byte": "b",
    "unsignedbyte": "B",
    "short": "h",
    "unsignedshort": "H",
    "int": "i",
    "float": "f",
    "double": "d",
    "number": "d",
}

ELEMENT_SIZES = {name: struct.calcsize(">" + letter) for name, letter in _FORMATS.items()}
"""Bytes of one element of each type that has a fixed size."""

IMAGE_SEND_TYPES = {
    "image": "image/jpeg",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
}
"""What an image is sent as, by the name of the type. WBMP is not among the formats of Pillow."""

SUPPORTED_RECEIVE_TYPES = (*_FORMATS, "string", "json", "image")
"""Types that bytes can be turned into."""

SUPPORTED_SEND_TYPES = (*_FORMATS, "string", "json", *IMAGE_SEND_TYPES)
"""Types that values can be turned into bytes from."""

_BITS = {name: 8 * ELEMENT_SIZES[name] for name in _FORMATS if _FORMATS[name] not in "fd"}
_EXACT_DIGITS = 16
"""Digits from which on JavaScript may write a number with some that it does not have."""

_TextDecoder = getincrementaldecoder("utf-8")


def encode_numbers(kind: str, values: Sequence[object]) -> bytes:
    """Return the bytes of numbers, one element after another.

    Args:
        kind: one of :data:`ELEMENT_SIZES`.
        values: numbers, whole or not.

    Raises:
        EncodingError: one of them is no number, or there is no such type.
    """
    try:
        letter = _FORMATS[kind]
    except KeyError:
        raise EncodingError(f"no type of numbers: {kind!r}") from None
    form = f">{len(values)}{letter}"
    try:
        return struct.pack(form, *values)
    except (struct.error, OverflowError):
        # Something does not fit, or is none of struct's numbers.
        narrow = _single if kind == "float" else _double if kind not in _BITS else None
    if narrow is None:
        narrow = partial(_wrap, kind)
    try:
        return struct.pack(form, *map(narrow, values))
    except TypeError:
        raise EncodingError(f"no {kind}: not every value is a number") from None


def numbers_from_text(text: str) -> list[Number]:
    """Read numbers as JavaScript writes them, with commas between.

    Args:
        text: for example ``"1,-0.0,1e+21,NaN,-Infinity"``.

    Raises:
        EncodingError: it is something else.
    """
    try:
        values = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        values = [None]
    if any(type(value) not in (int, float) for value in values):
        raise EncodingError("a list of numbers, written with commas between, is expected")
    return cast("list[Number]", values)


def encode_number_text(kind: str, text: str) -> bytes:
    """Return the bytes of numbers as JavaScript writes them, with commas between.

    Args:
        kind: one of :data:`ELEMENT_SIZES`.
        text: as for :func:`numbers_from_text`.

    Raises:
        EncodingError: it is something else, or there is no such type.
    """
    bits = _BITS.get(kind)
    # Most often it is one that is whole, whose digits are all there.
    if bits and len(text) < _EXACT_DIGITS and text.isascii() and text.removeprefix("-").isdigit():
        return (int(text) & ((1 << bits) - 1)).to_bytes(bits // 8)
    return encode_numbers(kind, numbers_from_text(text))


def decode_numbers(kind: str, data: bytes) -> tuple[list[Number], bytes]:
    """Return the elements in bytes, and the bytes behind the last whole one.

    Args:
        kind: one of :data:`ELEMENT_SIZES`.
        data: elements, the last one perhaps not whole.
    """
    count, rest = divmod(len(data), ELEMENT_SIZES[kind])
    values = struct.unpack_from(f">{count}{_FORMATS[kind]}", data)
    return list(values), data[len(data) - rest :]


def numbers_to_json(values: list[Number] | Number) -> str:
    """Write numbers so that ``JSON.parse`` reads them; NaN becomes null.

    The infinities are written as a number that no double can hold.

    Args:
        values: one number, or a list.
    """
    try:
        return _encoder.encode(values)
    except ValueError:
        if isinstance(values, list):
            return f"[{','.join(map(_number_to_json, values))}]"
        return _number_to_json(values)


def message_to_json(kind: str, data: bytes) -> str:
    """Return the numbers of a message in JSON: a list, or the only one by itself.

    Args:
        kind: of the numbers.
        data: the message.

    Raises:
        DecodingError: it ends in the middle of a number.
    """
    values, rest = decode_numbers(kind, data)
    if rest:
        size = ELEMENT_SIZES[kind]
        reason = f"a message of {len(data)} bytes is no list of {kind}, of {size} bytes each"
        raise DecodingError(BAD_MESSAGE, reason)
    return numbers_to_json(values[0] if len(values) == 1 else values)


class ElementReader:
    """Turn the chunks of a byte stream into numbers; one that is cut is kept for the next chunk.

    Args:
        kind: one of :data:`ELEMENT_SIZES`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._rest = b""

    @property
    def rest(self) -> bytes:
        """The bytes of an element that is not whole."""
        return self._rest

    def feed(self, data: bytes) -> list[Number]:
        """Return the numbers that are whole with these bytes.

        Args:
            data: the next bytes.
        """
        values, self._rest = decode_numbers(self._kind, self._rest + data)
        return values


class TextReader:
    """Turn the chunks of a byte stream into text; a character that is cut is kept for the next.

    What is not UTF-8 is replaced, as TextDecoder does.
    """

    def __init__(self) -> None:
        self._decoder = _TextDecoder("replace")

    @property
    def rest(self) -> bytes:
        """The bytes of a character that is not whole."""
        return self._decoder.getstate()[0]

    def feed(self, data: bytes) -> str:
        """Return the text that is whole with these bytes.

        Args:
            data: the next bytes.
        """
        return self._decoder.decode(data)


def _wrap(kind: str, value: object) -> int:
    number = _double(value)
    if not math.isfinite(number):
        return 0
    # Through a double: JavaScript writes one beyond 2**53 with digits that it does not have.
    bits = _BITS[kind]
    wrapped = int(number) & ((1 << bits) - 1)
    signed = _FORMATS[kind].islower()
    return wrapped - (1 << bits) if signed and wrapped >> (bits - 1) else wrapped


def _single(value: object) -> float:
    number = _double(value)
    try:
        struct.pack(">f", number)
    except OverflowError:
        return math.copysign(math.inf, number)
    return number


def _double(value: object) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _number_to_json(value: Number) -> str:
    if math.isnan(value):
        return "null"
    if math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return repr(value)


_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
