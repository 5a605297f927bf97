"""Functions of the C library, for programs that somebody waits for.

``ctypes`` takes 2 ms to import, a thirtieth of a server's start: most of it for types and helpers
that nobody needs here. What it is made of is in ``_ctypes``, which takes a fifth of that. It is no
public module. So import this one where it is used, and do without where that fails.

It is for 64-bit Linux.
"""

from __future__ import annotations

from _ctypes import FUNCFLAG_CDECL, Array, CFuncPtr, _SimpleCData, byref, dlopen, dlsym
from typing import Any

__all__ = ["Buffer", "Number", "Pointer", "Size", "Text", "address", "byref", "function"]


class Number(_SimpleCData):  # type: ignore[type-arg]
    """``int``."""

    _type_ = "i"


class Size(_SimpleCData):  # type: ignore[type-arg]
    """``size_t``."""

    _type_ = "L"


class Pointer(_SimpleCData):  # type: ignore[type-arg]
    """``void *``, in Python a number, or None for NULL."""

    _type_ = "P"


class Text(_SimpleCData):  # type: ignore[type-arg]
    """``char *``."""

    _type_ = "z"


class _Character(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "c"


class Buffer(Array):  # type: ignore[type-arg]
    """Memory for what a function fills in; as long as a ``struct sigaction``."""

    _type_ = _Character
    _length_ = 152


class _NoResult(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL
    _restype_ = None


class _NumberResult(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL
    _restype_ = Number


class _PointerResult(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL
    _restype_ = Pointer


_RESULTS: dict[Any, type[CFuncPtr]] = {
    None: _NoResult,
    Number: _NumberResult,
    Pointer: _PointerResult,
}

# That of the process itself.
_LIBRARY = dlopen(None, 0)  # type: ignore[arg-type]


def address(name: str) -> int:
    """Return where a function is.

    Args:
        name: of the function.

    Raises:
        OSError: there is none.
    """
    return dlsym(_LIBRARY, name)


def function(name: str, result: type[Number | Pointer] | None, *arguments: type) -> Any:
    """Return a function of the C library.

    Args:
        name: of the function.
        result: its type; None for a function that returns nothing.
        arguments: their types.

    Raises:
        OSError: there is none.
    """
    found = _RESULTS[result](address(name))
    found.argtypes = arguments
    return found
