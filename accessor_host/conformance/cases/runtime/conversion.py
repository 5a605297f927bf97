"""Types of ports: what becomes of values of other types."""

from __future__ import annotations

from typing import Any

from ...case import Suite
from ...values import AN_ERROR
from ._code import COMMON, SPECIFICATION, accessor

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

_VALUES: dict[str, tuple[str, str, Any]] = {
    "string-of-number": ("string", "5", "5"),
    "string-of-object": ("string", "{a: 1}", '{"a":1}'),
    "number-of-text": ("number", "'5.5'", 5.5),
    "json-of-text": ("JSON", "'{\"a\": [1]}'", {"a": [1]}),
    "boolean-of-number": ("boolean", "0", False),
    "boolean-of-text": ("boolean", "'true'", True),
    "text-that-is-no-json": ("number", "'abc'", "abc"),
    "empty-text": ("number", "''", None),
    "empty-text-as-json": ("JSON", "''", ""),
}

for _name, (_type, _value, _expected) in _VALUES.items():
    suite.reports(
        f"conversion/{_name}",
        "should",
        f"{_value}, sent to an output of type {_type}, becomes {_expected!r}.",
        COMMON + "type conversion",
        accessor(
            f"this.output('y', {{type: '{_type}'}});",
            initialize=f"this.send('y', {_value});\nreport('y', this.latestOutput('y'));",
        ),
        ("y", _expected),
    )

suite.reports(
    "conversion/untyped",
    "must",
    "A port without a type passes any value, the same object.",
    SPECIFICATION + "Ports",
    accessor(
        "this.output('y');",
        initialize="var value = {a: 1};\nthis.send('y', value);\n"
        "report('y', this.latestOutput('y') === value);",
    ),
    ("y", True),
)

for _name, _type, _value in (
    ("number-of-object", "number", "{}"),
    ("number-of-boolean", "number", "true"),
    ("int-of-fraction", "int", "5.5"),
):
    suite.reports(
        f"conversion/{_name}",
        "should",
        f"{_value}, sent to an output of type {_type}, throws.",
        COMMON + "type conversion",
        accessor(
            f"this.output('y', {{type: '{_type}'}});",
            initialize=f"try {{ this.send('y', {_value}); report('returned'); }}\n"
            "catch (error) { report('threw', error); }",
        ),
        ("threw", AN_ERROR),
    )
