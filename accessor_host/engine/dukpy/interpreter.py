"""dukpy's interpreter, without globals of its own, and with a faster way into JavaScript.

Values cross as JSON. dukpy writes all of it with ``json.dumps``, which looks at each character of a
text on its own: for 64 KiB it takes as long as the engine takes to read them.

What dukpy does not promise is used in this file only, and holds for one version of it
(:data:`VERSION`); another one is refused:

========================  ======================================================================
private                   why
========================  ======================================================================
``_eval_runtime_shim``    overridden: its ``process`` shows scripts the environment
``_call_python``          overridden: its C code calls it; results are written faster as bytes
``_funcs``                what ``export_function`` fills, read by ``_call_python``
``_evaljs``               the frame that a signal may interrupt: that which called the C code
names of module loading   exported functions that its C code calls for an ES module
text of an error          says that the context is unusable; in bytes, if it is no UTF-8
globals of evaluations    ``call_python`` and ``dukpy``: ``engine.js`` hides them from scripts
========================  ======================================================================
"""

from __future__ import annotations

import json
import os
from types import FrameType

import dukpy

from ...errors import EngineError
from ..packages import REQUIREMENTS, find_version, has_version
from ..protocol import Primitive

__all__ = ["LARGE_TEXT", "VERSION", "Interpreter", "is_evaluating", "is_unusable", "write_json"]

VERSION = "0.6.0"
"""The version of dukpy whose private members these are."""

LARGE_TEXT = 4096
"""Characters from which on it is faster to look for each character that has to be escaped."""

_ESCAPES = (
    ("\\", "\\\\"),  # first: the others bring more of them
    ('"', '\\"'),
    *((chr(code), f"\\u{code:04x}") for code in range(32)),
)
"""What cannot stand in a JSON string (RFC 8259 section 7)."""

_MODULE_LOADING = ("dukpy.load_module", "dukpy.normalize_module")


class Interpreter(dukpy.JSInterpreter):  # type: ignore[misc]
    """A dukpy interpreter; what its functions return as bytes crosses as the JSON that it is.

    Raises:
        EngineError: another version of dukpy is installed.
    """

    def __init__(self) -> None:
        _check_version()
        super().__init__()
        for name in _MODULE_LOADING:
            self.export_function(name, _refuse_import)

    def _eval_runtime_shim(self, path: str, **_variables: object) -> None:
        # Its console and require are not those of accessors, and its process has the environment.
        pass

    def evaljs(self, code: str, **variables: object) -> object:
        try:
            return super().evaljs(code, **variables)
        except UnicodeDecodeError as error:
            # The text of a JavaScript error has half a surrogate pair, which UTF-8 does not.
            raise dukpy.JSRuntimeError(error.object.decode("utf-8", "replace")) from None

    def _call_python(self, function: bytes, arguments: bytes) -> bytes | None:
        values = json.loads(arguments.decode("utf-8", "surrogatepass"))
        result = self._funcs[function.decode("utf-8", "replace")](*values)
        if result is None or isinstance(result, bytes):
            return result
        return json.dumps(result).encode()


def is_evaluating(frame: FrameType) -> bool:
    """Tell whether a frame is the one from which dukpy runs JavaScript."""
    return frame.f_code.co_name == "_evaljs"


def is_unusable(error: dukpy.JSRuntimeError) -> bool:
    """Tell whether an error says that the interpreter can run nothing more."""
    return "unusable" in str(error)


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


def _check_version() -> None:
    folder = os.path.dirname(os.path.dirname(dukpy.__file__))
    if has_version(folder, "dukpy", (VERSION,)):
        return
    found = find_version(folder, "dukpy") or "a version that does not say which"
    raise EngineError(
        f"the dukpy engine works with dukpy {VERSION} only, and {found} is installed in {folder}; "
        f"try: pip install '{REQUIREMENTS['dukpy']}'"
    )


def _refuse_import(*_arguments: object) -> None:
    raise ImportError("ES modules are not supported; use require()")
