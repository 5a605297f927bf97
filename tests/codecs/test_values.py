"""Codecs of the Python face, with the vectors that the JavaScript codecs run as well."""

from __future__ import annotations

import array
import json
import math

import pytest

from accessor_host.codecs.values import (
    codec_for,
    require_supported_types,
    supported_receive_types,
    supported_send_types,
)
from accessor_host.errors import EncodingError, OptionError, UnknownTypeError

from ..vectors import CODEC_CASES, CodecCase

JSON = codec_for("application/json")
TEXT = codec_for("text/plain")
BYTES = codec_for("application/octet-stream")


@pytest.mark.parametrize("case", CODEC_CASES, ids=str)
def test_vectors(case: CodecCase) -> None:
    codec = codec_for(case.type)
    if case.encodes:
        assert codec.encode(case.value) == case.wire
    if case.decodes:
        value = codec.decode(case.wire)
        assert value == case.value
        # True == 1 in Python, and 0.0 == False.
        assert isinstance(value, bool) == isinstance(case.value, bool)
    if case.direction == "refuse":
        with pytest.raises(EncodingError):
            codec.encode(case.value)


def test_only_types_that_work_are_listed() -> None:
    assert supported_receive_types()[0] == supported_send_types()[0] == "application/json"
    for mime_type in [*supported_receive_types(), *supported_send_types()]:
        codec_for(mime_type)


def test_the_lists_belong_to_the_caller() -> None:
    supported_send_types().clear()
    assert supported_send_types()


@pytest.mark.parametrize(
    "mime_type",
    [
        "image/x",
        "Png",
        "wbmp",
        "application/json; charset=utf-8",
        "text",
        "text/",
        "",
        "text/a b",
        "Text/plain",
    ],
)
def test_another_type_is_refused_and_the_list_is_named(mime_type: str) -> None:
    with pytest.raises(UnknownTypeError, match="supported are application/json, text/plain"):
        codec_for(mime_type)


def test_options_with_an_unknown_type_are_refused() -> None:
    types = {"receiveType": "application/json", "sendType": "text/plain"}
    require_supported_types(types)
    with pytest.raises(OptionError, match="option 'sendType': 'image/x' is not allowed"):
        require_supported_types({**types, "sendType": "image/x"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "null"),
        ([math.inf, {"a": -math.inf}, (1, math.nan)], '[null,{"a":null},[1,null]]'),
        ({math.nan: 1, math.inf: 2, -math.inf: 3}, '{"NaN":1,"Infinity":2,"-Infinity":3}'),
        ({7: 2, None: 3, True: 4}, '{"7":2,"null":3,"true":4}'),
        ((1, 2), "[1,2]"),
        (10**5000 // 10**4990, "10000000000"),
    ],
)
def test_json_of_python_values(value: object, text: str) -> None:
    assert JSON.encode(value) == text


def _cycle(*, infinite: bool) -> list[object]:
    values: list[object] = [math.inf if infinite else 1]
    values.append(values)
    return values


def _deep() -> list[object]:
    values: list[object] = []
    for _ in range(100_000):
        values = [values]
    return values


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "set"),
        (b"bytes", "bytes"),
        (object(), "object"),
        ([1, {"a": object()}], "object"),
        ({(1, 2): 3}, "tuple"),
        (_cycle(infinite=False), "no JSON form"),
        (_cycle(infinite=True), "no JSON form"),
        (_deep(), "no JSON form"),
    ],
    ids=["set", "bytes", "object", "inside", "key", "cycle", "infinite cycle", "deep"],
)
def test_a_value_without_json_form_is_a_type_error(value: object, message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        JSON.encode(value)
    assert isinstance(caught.value, EncodingError)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "9" * 100_000])
def test_json_that_python_cannot_hold_is_delivered_as_it_came(text: str) -> None:
    assert JSON.decode(text) == text


def test_large_integers_are_exact() -> None:
    assert JSON.decode("123456789012345678901234567890") == 123456789012345678901234567890


def test_json_always_has_a_utf8_form() -> None:
    text = JSON.encode(["\ud800", "é", "\udfff\ud800"])
    assert text == '["\\ud800","é","\\udfff\\ud800"]'
    assert json.loads(text.encode()) == ["\ud800", "é", "\udfff\ud800"]


@pytest.mark.parametrize("value", [None, b"bytes", bytearray(b"bytes"), memoryview(b"bytes")])
def test_what_is_not_text_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match=f"no text form: {type(value).__name__} is not text"):
        TEXT.encode(value)


def test_text_of_other_values_is_what_str_writes() -> None:
    assert TEXT.encode(True) == "True"
    assert TEXT.encode([1, "a"]) == "[1, 'a']"


@pytest.mark.parametrize(
    "value",
    [
        b"\1\0\2\0",
        bytearray(b"\1\0\2\0"),
        memoryview(b"\1\0\2\0"),
        memoryview(b"\1x\0x\2x\0x")[::2],
        array.array("B", [1, 0, 2, 0]),
        memoryview(array.array("B", [1, 0, 2, 0])).cast("H"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_has_bytes_is_sent_as_them(value: object) -> None:
    sent = BYTES.encode(value)
    assert sent == b"\1\0\2\0"
    assert type(sent) is bytes


@pytest.mark.parametrize("value", [None, 7, 1.5, [1, 2], (1, 2), {}, object(), {1}])
def test_what_has_no_bytes_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match=f"no bytes: {type(value).__name__} is neither") as caught:
        BYTES.encode(value)
    assert isinstance(caught.value, EncodingError)
