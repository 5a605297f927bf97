"""Values that scripts report: from the prelude's JSON to Python, and how they are compared."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable
from typing import Any

__all__ = [
    "ANYTHING",
    "AN_ERROR",
    "FUNCTION",
    "UNDEFINED",
    "JsError",
    "Matching",
    "Special",
    "an_error",
    "decode",
    "same",
    "show",
    "show_long",
]


class Special:
    """A value that JSON cannot say: ``undefined``, a function, an object of some class.

    Args:
        kind: the prelude's word for it.
        name: name of the class, for an object.
    """

    def __init__(self, kind: str, name: object = None) -> None:
        self.kind = kind
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Special) and (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash(self.kind)

    def __repr__(self) -> str:
        if self.name is None:
            return self.kind
        return f"an object of class {self.name}" if self.name else "an object of some class"


class JsError:
    """An ``Error`` of JavaScript.

    Args:
        name: as in JavaScript.
        message: as in JavaScript.
        code: as in JavaScript; :data:`UNDEFINED` where it has none.
    """

    def __init__(self, name: object, message: object, code: object) -> None:
        self.name = name
        self.message = message
        self.code = code

    def __repr__(self) -> str:
        code = "" if self.code == UNDEFINED else f" ({self.code})"
        return f"{self.name}: {self.message}{code}"


class Matching:
    """Any value with a property, where the exact value does not matter.

    Args:
        words: the property, for the reason of a failure.
        test: tells whether a value has it.
    """

    def __init__(self, words: str, test: Callable[[Any], bool]) -> None:
        self.words = words
        self.test = test

    def __repr__(self) -> str:
        return self.words


UNDEFINED = Special("undefined")
FUNCTION = Special("function")
ANYTHING = Matching("anything", lambda value: True)
AN_ERROR = Matching("an Error", lambda value: isinstance(value, JsError))


def an_error(*, name: str | None = None, code: str | None = None, says: str = "") -> Matching:
    """Return what matches an ``Error`` with some properties.

    Args:
        name: its name, for example ``"TypeError"``.
        code: its code, for example ``"EADDRINUSE"``.
        says: text that its message contains.
    """
    words = name or "Error"
    words += f" with code {code}" if code else ""
    words += f" that says {says!r}" if says else ""

    def test(value: Any) -> bool:
        return (
            isinstance(value, JsError)
            and (name is None or value.name == name)
            and (code is None or value.code == code)
            and says in str(value.message)
        )

    return Matching(words, test)


def decode(value: Any) -> Any:
    """Turn a reported value into Python's; see ``prelude.js`` for its form."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$" not in value:
        return {key: decode(item) for key, item in value.items()}
    kind = value["$"]
    if kind == "error":
        return JsError(decode(value["name"]), decode(value["message"]), decode(value["code"]))
    if kind == "bytes":
        return bytes.fromhex(value["hex"])
    if kind == "number":
        return float(value["text"].replace("Infinity", "inf"))
    return Special(kind, decode(value["name"]) if "name" in value else None)


def same(expected: object, actual: object) -> bool:
    """Compare as JavaScript would: 1 is 1.0, but true is not 1, and NaN is NaN."""
    if isinstance(expected, Matching):
        return expected.test(actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, (list, tuple)) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            same(expected[key], actual[key]) for key in expected
        )
    if isinstance(expected, float) and isinstance(actual, float) and math.isnan(expected):
        return math.isnan(actual)
    return expected == actual


def show(value: object) -> str:
    """Write a value for the reason of a failure, shortened where it is long."""
    return _short.repr(value)


def show_long(value: object) -> str:
    """Write a value for a page, where there is room: two long texts may differ late."""
    return _long.repr(value)


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 120
_short.maxlist = _short.maxtuple = _short.maxdict = 12
_long = reprlib.Repr()
_long.maxstring = _long.maxother = 2000
_long.maxlist = _long.maxtuple = _long.maxdict = 100
_long.maxlevel = 100
