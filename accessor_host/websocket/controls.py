"""Control frames read and made without a parser.

A connection over which only texts go needs the Sans-I/O protocol for nothing but its control
frames, and would keep it from the first ping on: half of the memory of an idle connection. What is
not exactly one good control frame is left to that protocol, untouched.
"""

from __future__ import annotations

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Opcode

from .framing import plain_frame
from .limits import LARGEST_CONTROL_FRAME
from .masking import apply_mask

__all__ = ["control_frame", "read_close", "whole_control"]

_FIN = 0x80
_MASKED = 0x80

_CLOSE, _PING, _PONG = (_FIN | opcode for opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG))
_OPCODES = {_CLOSE: Opcode.CLOSE, _PING: Opcode.PING, _PONG: Opcode.PONG}
"""By the first byte of a frame with no bit of an extension."""


def whole_control(data: bytes) -> tuple[Opcode, bytes] | None:
    """Read a control frame (RFC 6455 section 5.5), if bytes are one and nothing else.

    Args:
        data: bytes from a client, the first of which begins a frame.

    Returns:
        Opcode and payload.
    """
    if len(data) < 6:
        return None
    opcode = _OPCODES.get(data[0])
    size = data[1] - _MASKED
    if opcode is None or not 0 <= size <= LARGEST_CONTROL_FRAME or len(data) != 6 + size:
        return None
    return opcode, apply_mask(data[6:], data[2:6])


def read_close(payload: bytes) -> Close | None:
    """Read code and reason of a close frame (RFC 6455 section 5.5.1); None when one is wrong."""
    try:
        return Close.parse(payload)
    except (ProtocolError, UnicodeDecodeError):
        return None


def control_frame(opcode: Opcode, payload: bytes) -> bytes:
    """Make a control frame as servers send it: not masked.

    Args:
        opcode: close, ping or pong.
        payload: at most 125 bytes.
    """
    return plain_frame(_FIN | opcode, payload)
