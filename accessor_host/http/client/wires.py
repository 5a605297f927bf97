"""Which parser reads answers: httptools where it is installed, else h11."""

from __future__ import annotations

from collections.abc import Callable

from .wire import ClientWire

__all__ = ["make_wire"]


def _find() -> Callable[[], ClientWire]:
    # The way uvicorn does it. The one that is not used is not imported.
    try:
        from .wire_httptools import HttptoolsWire
    except ImportError:
        from .wire_h11 import H11Wire

        return H11Wire
    return HttptoolsWire


make_wire: Callable[[], ClientWire] = _find()
"""Make what reads the answers of a new connection."""
