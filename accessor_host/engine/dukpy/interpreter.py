"""dukpy's interpreter, without globals of its own, and with a faster way into JavaScript.

Values cross as JSON. dukpy writes all of it with ``json.dumps``, which looks at each character of a
text on its own: for 64 KiB it takes as long as the engine takes to read them.
"""

from __future__ import annotations

import json

import dukpy

from ..protocol import Primitive

__all__ = ["LARGE_TEXT", "Interpreter", "write_json"]

LARGE_TEXT = 4096
"""Characters from which on it is faster to look for each character that has to be escaped."""

_ESCAPES = (
    ("\\", "\\\\"),  # first: the others bring more of them
    ('"', '\\"'),
    *((chr(code), f"\\u{code:04x}") for code in range(32)),
)
"""What cannot stand in a JSON string (RFC 8259 section 7)."""


class Interpreter(dukpy.JSInterpreter):  # type: ignore[misc]
    """A dukpy interpreter; what its functions return as bytes crosses as the JSON that it is."""

    def _eval_runtime_shim(self, path: str, **_variables: object) -> None:
        # Its console and require are not those of accessors, and its process has the environment.
        pass

    def _call_python(self, function: bytes, arguments: bytes) -> bytes | None:
        # dukpy's C code calls this.
        result = self._funcs[function.decode()](*json.loads(arguments.decode()))
        if result is None or isinstance(result, bytes):
            return result
        return json.dumps(result).encode()


def write_json(values: list[Primitive]) -> bytes:
    """Write a JSON array.

    Args:
        values: of the array.
    """
    if not any(type(value) is str and len(value) >= LARGE_TEXT for value in values):
        return json.dumps(values).encode()
    # Each large text is copied twice, here and in the end.
    parts = []
    separator = b"["
    for value in values:
        parts.append(separator)
        separator = b","
        if isinstance(value, str) and len(value) >= LARGE_TEXT:
            for character, escape in _ESCAPES:
                if character in value:
                    value = value.replace(character, escape)
            parts += (b'"', value.encode("utf-8", "surrogatepass"), b'"')
        else:
            parts.append(json.dumps(value).encode())
    parts.append(b"]")
    return b"".join(parts)
