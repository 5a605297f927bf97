"""Messages and values that both modules and both directions are tried with."""

from __future__ import annotations

__all__ = ["JSON_UNPARSABLE", "JSON_VALUES", "PNG", "TEXTS"]


def _nested(value: object, depth: int) -> object:
    return [_nested(value, depth - 1)] if depth else value


JSON_VALUES: dict[str, tuple[tuple[str, object], ...]] = {
    "objects": (
        ('{"a":1,"b":[true,false,null]}', {"a": 1, "b": [True, False, None]}),
        ('{"":{"x":{}}}', {"": {"x": {}}}),
    ),
    "arrays": (("[1,2,3]", [1, 2, 3]), ("[[],[[]]]", [[], [[]]])),
    "strings": (
        ('"text"', "text"),
        ('"with \\"quotes\\" and \\\\"', 'with "quotes" and \\'),
        ('"line\\nand\\ttab"', "line\nand\ttab"),
        ('"\\u0000\\u0001"', "\x00\x01"),
    ),
    "numbers": (
        ("0", 0),
        ("17", 17),
        ("-17.25", -17.25),
        ("1e+100", 1e100),
        ("9007199254740991", 9007199254740991),
    ),
    "booleans": (("true", True), ("false", False)),
    "null": (("null", None), ("[null]", [None])),
    "empty": (('""', ""), ("[]", []), ("{}", {})),
    "unicode": (
        ('"Grüße, 世界"', "Grüße, 世界"),
        ('"🚀 and 👩‍👩‍👧"', "🚀 and 👩‍👩‍👧"),
        ('{"°":"\u2028\u2029"}', {"°": "\u2028\u2029"}),
    ),
    "nested": (("[" * 64 + "7" + "]" * 64, _nested(7, 64)),),
}
"""By topic: JSON text in its shortest form, and the value that it says."""

JSON_UNPARSABLE = (
    "hello",
    '{"a":',
    "[1,]",
    "{'a':1}",
    "NaN",
    "undefined",
    "1 2",
    "01",
    "Grüße",
)
"""Messages that are no JSON."""

TEXTS = ("hello", "Grüße, 世界 🚀", '{"a":1}', '"quoted"', " white \n space ", "null", "0")
"""Messages of a text type."""

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489000000"
    "0b49444154789c6360000200000500017a5eab3f0000000049454e44ae426082"
)
"""The smallest image: one transparent pixel."""
