"""Elements of streams and datagrams, with vectors of what JavaScript's DataView does."""

from __future__ import annotations

import json
import math
import random

import pytest

from accessor_host.codecs.elements import (
    ELEMENT_SIZES,
    IMAGE_SEND_TYPES,
    SUPPORTED_RECEIVE_TYPES,
    SUPPORTED_SEND_TYPES,
    ElementReader,
    Number,
    TextReader,
    decode_numbers,
    encode_number_text,
    encode_numbers,
    message_to_json,
    numbers_from_text,
    numbers_to_json,
)
from accessor_host.codecs.mime_types import IMAGE_TYPES
from accessor_host.errors import DecodingError, EncodingError

from ..vectors import ELEMENT_CASES, ElementCase


def _same(one: Number, other: Number) -> bool:
    if math.isnan(other):
        return math.isnan(one)
    return one == other and math.copysign(1, one) == math.copysign(1, other)


@pytest.mark.parametrize("case", ELEMENT_CASES, ids=str)
def test_vectors(case: ElementCase) -> None:
    assert encode_numbers(case.type, [case.value]) == case.bytes
    values, rest = decode_numbers(case.type, case.bytes)
    assert len(values) == 1
    assert rest == b""
    assert _same(values[0], case.read)


@pytest.mark.parametrize("kind", ELEMENT_SIZES)
def test_an_array_is_one_element_after_another(kind: str) -> None:
    cases = [case for case in ELEMENT_CASES if case.type == kind]
    data = encode_numbers(kind, [case.value for case in cases])
    assert data == b"".join(case.bytes for case in cases)
    assert len(data) == len(cases) * ELEMENT_SIZES[kind]
    values, rest = decode_numbers(kind, data + b"\x01")
    whole = ELEMENT_SIZES[kind] == 1
    assert (len(values), rest) == (len(cases) + whole, b"" if whole else b"\x01")


def test_nothing_is_no_bytes() -> None:
    assert encode_numbers("int", []) == b""
    assert decode_numbers("int", b"") == ([], b"")


def test_truth_values_are_numbers_as_in_javascript() -> None:
    assert encode_numbers("byte", [True, False, 300]) == b"\x01\x00\x2c"


def test_an_integer_beyond_every_double_is_infinite() -> None:
    assert encode_numbers("double", [10**400]) == encode_numbers("double", [math.inf])
    assert encode_numbers("float", [-(10**400)]) == encode_numbers("float", [-math.inf])
    assert encode_numbers("int", [10**400]) == bytes(4)


@pytest.mark.parametrize("value", ["1", "nan", "", None, [1], {}])
@pytest.mark.parametrize("kind", ["byte", "float", "number"])
def test_what_is_no_number_is_refused(kind: str, value: object) -> None:
    with pytest.raises(EncodingError, match=f"no {kind}: not every value is a number"):
        encode_numbers(kind, [1, value])


def test_numbers_are_read_as_javascript_writes_them() -> None:
    values = numbers_from_text("1,-0.0,1.5,1e+21,NaN,Infinity,-Infinity")
    assert repr(values) == "[1, -0.0, 1.5, 1e+21, nan, inf, -inf]"
    assert numbers_from_text("") == []


@pytest.mark.parametrize("text", ["1,", "true", '"1"', "[1]", "1]", "null", "[" * 9999])
def test_a_forged_list_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="a list of numbers"):
        numbers_from_text(text)


def test_a_type_without_a_size_is_refused() -> None:
    with pytest.raises(EncodingError, match="no type of numbers: 'string'"):
        encode_numbers("string", [1])


def test_types_are_those_of_the_specification() -> None:
    numbers = ["byte", "unsignedbyte", "short", "unsignedshort", "int", "float", "double", "number"]
    assert list(SUPPORTED_RECEIVE_TYPES) == [*numbers, "string", "json", "image"]
    images = ["image", "bmp", "gif", "jpeg", "jpg", "png"]
    assert list(SUPPORTED_SEND_TYPES) == [*numbers, "string", "json", *images]
    assert set(IMAGE_SEND_TYPES.values()) <= set(IMAGE_TYPES)


def test_json_has_a_form_for_every_number() -> None:
    assert numbers_to_json([1, -2.5, 1e300]) == "[1,-2.5,1e+300]"
    assert numbers_to_json(-0.0) == "-0.0"
    assert numbers_to_json(7) == "7"
    assert numbers_to_json([math.nan, math.inf, -math.inf, 1.5]) == "[null,1e999,-1e999,1.5]"
    assert numbers_to_json(math.nan) == "null"
    assert json.loads("1e999") == math.inf


def test_a_message_is_a_list_or_the_only_number() -> None:
    assert message_to_json("short", b"\0\1\0\2") == "[1,2]"
    assert message_to_json("short", b"\0\1") == "1"
    assert message_to_json("short", b"") == "[]"
    with pytest.raises(DecodingError, match="ERR_BAD_MESSAGE: a message of 3 bytes is no list of"):
        message_to_json("short", b"abc")


@pytest.mark.parametrize("kind", ELEMENT_SIZES)
def test_a_reader_keeps_what_is_cut(kind: str) -> None:
    data = random.Random(7).randbytes(ELEMENT_SIZES[kind] * 9)
    reader = ElementReader(kind)
    values = [value for byte in data for value in reader.feed(bytes([byte]))]
    assert len(values) == 9
    assert all(map(_same, values, decode_numbers(kind, data)[0]))
    assert reader.rest == b""
    if ELEMENT_SIZES[kind] > 1:
        assert reader.feed(b"\x05") == []
        assert reader.rest == b"\x05"


def test_a_reader_of_text_keeps_what_is_cut() -> None:
    reader = TextReader()
    data = "Grüße 🚀".encode()
    assert "".join(reader.feed(bytes([byte])) for byte in data) == "Grüße 🚀"
    assert reader.feed(b"a\xf0\x9f") == "a"
    assert reader.rest == b"\xf0\x9f"
    # What cannot become UTF-8 any more is replaced.
    assert reader.feed(b"b\xff") == "\ufffdb\ufffd"
    assert reader.rest == b""


@pytest.mark.parametrize("kind", list(ELEMENT_SIZES))
@pytest.mark.parametrize(
    "text",
    [
        "0", "1", "-1", "127", "128", "-129", "65535", "70000", "-2147483649", "4294967297",
        "999999999999999", "-99999999999999", "9007199254740993", "1e+21", "1.5", "-0.0", "NaN",
        "Infinity", "1,2", "",
    ],
)  # fmt: skip
def test_numbers_in_text_are_what_they_are_in_a_list(kind: str, text: str) -> None:
    assert encode_number_text(kind, text) == encode_numbers(kind, numbers_from_text(text))


@pytest.mark.parametrize("text", ["x", "1;2", "--1", "²", "[1]", '"1"', "-", "1 2"])
def test_what_is_no_number_is_refused_as_text(text: str) -> None:
    with pytest.raises(EncodingError):
        encode_number_text("short", text)
