"""A second signal ends the process although the first one's handler cannot run.

Handlers of signals are Python: they wait until a call into C returns, and one into a JavaScript
engine may take minutes. The system itself can go back to a signal's default action, the end of the
process, when it has delivered it once (SA_RESETHAND of sigaction(2)). Python does not offer that,
so that the flag is set here through ctypes, where the layout of its struct is known: on 64-bit
Linux. Elsewhere a second signal waits like the first.
"""

from __future__ import annotations

import os
import struct
import sys

__all__ = ["MACHINES", "end_by_the_next"]

MACHINES = ("aarch64", "x86_64")
"""Machines whose layout of ``struct sigaction`` is the one below."""

_SIZE = 152
_FLAGS_AT = 136
"""Bytes of struct sigaction, and before its flags: behind a handler (8) and a mask (128)."""

_SA_RESETHAND = 0x8000_0000


def end_by_the_next(number: int) -> None:
    """Let the signal after the next one end the process, with no handler; the next is handled.

    Call it again once that has happened, to have the one after it handled, too.

    Args:
        number: a signal that has a handler.
    """
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return
    # Imported late: programs without scripts do without.
    import ctypes

    action = ctypes.create_string_buffer(_SIZE)
    sigaction = ctypes.CDLL(None).sigaction
    if sigaction(number, None, action) != 0:
        return
    (flags,) = struct.unpack_from("=I", action, _FLAGS_AT)
    struct.pack_into("=I", action, _FLAGS_AT, flags | _SA_RESETHAND)
    sigaction(number, action, None)
