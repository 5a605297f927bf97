"""Elements in scripts: what is sent, what is read, and what is refused."""

from __future__ import annotations

import math
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Host
from accessor_host.codecs.elements import (
    ELEMENT_SIZES,
    SUPPORTED_RECEIVE_TYPES,
    SUPPORTED_SEND_TYPES,
    numbers_to_json,
)
from accessor_host.modules.payloads import bytes_of

from ...support.images import encoded
from ...support.modules import add_module
from ...support.server_scripts import within
from ...vectors import ELEMENT_CASES

ELEMENTS = """
    const elements = require('@modules/elements');
    exports.lists = () => [elements.supportedReceiveTypes(), elements.supportedSendTypes()];
    exports.encode = (type, code) => {
      try {
        return { payload: elements.elementCodec('sendType', type).encode(eval(code)) };
      } catch (error) {
        return { thrown: `${error.name}: ${error.message}` };
      }
    };
    exports.decode = (type, payload) => {
      const value = elements.elementCodec('receiveType', type).decode(payload);
      const shown = (item) => (typeof item === 'number' ? String(item) : item);
      return Array.isArray(value) ? value.map(shown) : shown(value);
    };
"""


@pytest.fixture(autouse=True)
def elements_in_scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let scripts require the runtime's elements."""
    add_module(monkeypatch, tmp_path, "elements", "module.exports = require('kit/elements');")


def called(engine: str, name: str, *arguments: Any) -> Any:
    """Call a function of the script above in a host of its own."""

    answers = []

    async def main() -> None:
        async with Host(engine=engine) as host:
            await host.run(ELEMENTS)
            answers.append(await host.call(name, *arguments))

    within(main())
    return answers[0]


def _written(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "-0.0" if number == 0 and math.copysign(1, number) < 0 else repr(number)


def test_the_vectors_pass_through_scripts(engine: str) -> None:
    # What DataView writes, Python writes of what the script's codec hands over, and what it reads
    # arrives; all in one crossing each way, for each type.
    for kind in ELEMENT_SIZES:
        cases = [case for case in ELEMENT_CASES if case.type == kind]
        code = "[" + ",".join(_code(case.value) for case in cases) + "]"
        answer = called(engine, "encode", kind, code)
        assert bytes_of(answer["payload"]) == b"".join(case.bytes for case in cases)
        values = called(engine, "decode", kind, numbers_to_json([case.read for case in cases]))
        expected = [float(case.read) for case in cases]
        assert [repr(float(value)) for value in values] == [
            repr(value + 0.0 if value == 0 else value) for value in expected
        ]


def _code(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _written(value)


@pytest.mark.parametrize(
    ("type", "code", "frame"),
    [
        ("int", "7", b"\0\0\0\7"),
        ("INT", "7", b"\0\0\0\7"),
        ("short", "[1, '2', true, ' 3 ']", b"\0\1\0\2\0\1\0\3"),
        ("byte", "[]", b""),
        ("byte", "Buffer.from([1, 255])", b"\1\xff"),
        ("byte", "new Int16Array([1, 511])", b"\1\xff"),
        ("short", "Buffer.from([1, 255])", b"\0\1\0\xff"),
        ("short", "new Uint8Array([1, 2, 3]).buffer", b"\1\2\3"),
        ("float", "new Float64Array([0.5])", b"\x3f\0\0\0"),
        ("string", "'Grüße \\u{1f680}'", "Grüße 🚀".encode()),
        ("string", "'\\ud800'", "\ufffd".encode()),
        ("string", "['a', 1, true, 'ü']", "a1trueü".encode()),
        ("string", "[]", b""),
        ("string", "Buffer.from([255, 0])", b"\xff\0"),
        ("json", "({a: [1, null]})", b'{"a":[1,null]}'),
        ("json", "'x'", b'"x"'),
    ],
)
def test_what_is_sent(engine: str, type: str, code: str, frame: bytes) -> None:
    answer = called(engine, "encode", type, code)
    assert bytes_of(answer["payload"]) == frame


@pytest.mark.parametrize(
    ("type", "code", "message"),
    [
        ("int", "'x'", "'x' is no number and cannot be sent as int"),
        ("int", "''", "'' is no number and cannot be sent as int"),
        ("double", "[1, undefined]", "undefined is no number and cannot be sent as double"),
        ("double", "({})", "{} is no number and cannot be sent as double"),
        ("byte", "1n", "1n is no number and cannot be sent as byte"),
        ("byte", "new BigInt64Array(1)", "0n is no number and cannot be sent as byte"),
        ("string", "null", "null has no text form and cannot be sent"),
        ("string", "['a', undefined]", "undefined has no text form and cannot be sent"),
        ("json", "undefined", "undefined has no JSON form"),
        ("image", "1", "1 is no image and cannot be sent"),
        ("wbmp", "1", "option 'sendType': 'wbmp' is not allowed; expected one of byte, "),
    ],
)
def test_what_is_refused(engine: str, type: str, code: str, message: str) -> None:
    answer = called(engine, "encode", type, code)
    assert answer["thrown"].startswith(f"TypeError: {message}")


@pytest.mark.parametrize(
    ("type", "payload", "value"),
    [
        ("int", "[1,-2]", ["1", "-2"]),
        ("int", "5", "5"),
        ("double", "null", "NaN"),
        ("float", "[null,1e999]", ["NaN", "Infinity"]),
        ("string", "5", "5"),
        ("json", '{"a":1}', {"a": 1}),
        ("json", '{"a":', '{"a":'),
    ],
)
def test_what_is_read(engine: str, type: str, payload: str, value: Any) -> None:
    assert called(engine, "decode", type, payload) == value


def test_images_are_converted_to_the_type_that_is_asked_for(engine: str) -> None:
    png = b64encode(encoded("image/png")).decode()
    answer = called(engine, "encode", "image", f"Buffer.from('{png}', 'base64')")
    assert bytes_of(answer["payload"])[:2] == b"\xff\xd8"


def test_lists_are_those_of_python(engine: str) -> None:
    received, sent = called(engine, "lists")
    assert received == list(SUPPORTED_RECEIVE_TYPES)
    assert sent == list(SUPPORTED_SEND_TYPES)
