"""C functions of QuickJS that its Python binding does not pass on, through ctypes.

They take addresses, and a wrong one ends the process. So they are called only where the layout of
the binding's objects is known: for the versions of ``quickjs-ng`` in :data:`TESTED_VERSIONS`, on
64-bit CPython for Linux and macOS. Elsewhere the ``quickjs`` engine runs all the same, with less:
the binding's own time limit, under which scripts cannot call Python, and no word of a promise whose
rejection nobody handles.

The environment variable ``ACCESSOR_HOST_NATIVE=0`` turns them off everywhere.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import _quickjs

from ..packages import has_version

__all__ = ["TESTED_VERSIONS", "Native", "open_native"]

TESTED_VERSIONS = ("0.17.0.2", "0.17.0.1")
"""Versions of ``quickjs-ng`` with which the tests of this engine pass, newest first."""

SWITCH = "ACCESSOR_HOST_NATIVE"
"""Environment variable that turns the C functions off if it is ``0``."""

_PLATFORMS = ("linux", "darwin")


class Native:
    """The C functions, and one runtime to call them for.

    Args:
        library: the file of the binding, opened.
        runtime: address of the ``JSRuntime`` of a context.
    """

    def __init__(self, library: ctypes.CDLL, runtime: int) -> None:
        self.library = library
        self.runtime = runtime


def open_native(context: Any) -> Native | None:
    """Return the C functions for a context, or None where they must not be called.

    Args:
        context: a ``_quickjs.Context``.
    """
    if os.environ.get(SWITCH) == "0" or not (_is_tested_platform() and _is_tested_version()):
        return None
    try:
        library = ctypes.CDLL(_quickjs.__file__)
        get_opaque = library.JS_GetRuntimeOpaque
    except (AttributeError, OSError):
        return None
    get_opaque.restype, get_opaque.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    # The binding's Context begins with its runtime, and the runtime points back.
    address = id(context)
    runtime = ctypes.c_void_p.from_address(address + object.__basicsize__).value
    return Native(library, runtime) if runtime and get_opaque(runtime) == address else None


def _is_tested_platform() -> bool:
    return (
        sys.platform in _PLATFORMS
        and sys.implementation.name == "cpython"
        and ctypes.sizeof(ctypes.c_void_p) == 8
    )


def _is_tested_version() -> bool:
    return has_version(os.path.dirname(_quickjs.__file__), "quickjs_ng", TESTED_VERSIONS)
