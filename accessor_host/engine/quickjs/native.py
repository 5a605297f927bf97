"""C functions of QuickJS that its Python binding does not pass on, through ctypes.

Where they cannot be reached (another platform, another build) the ``quickjs`` engine runs all the
same, with less: :mod:`.rejections` and :mod:`.time_limit` say what.
"""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = ["library_path", "runtime_of"]


def library_path() -> str:
    """Return the file that has the functions."""
    import _quickjs

    return str(_quickjs.__file__)


def runtime_of(context: Any) -> int | None:
    """Return the address of a context's runtime, or None where it cannot be told.

    Args:
        context: a ``_quickjs.Context``.
    """
    try:
        get_opaque = ctypes.CDLL(library_path()).JS_GetRuntimeOpaque
    except (AttributeError, OSError):
        return None
    get_opaque.restype, get_opaque.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    # The binding's Context begins with its runtime; the runtime points back. Only if both agree
    # is this the layout that is relied on here.
    address = id(context)
    runtime = ctypes.c_void_p.from_address(address + object.__basicsize__).value
    return runtime if runtime and get_opaque(runtime) == address else None
