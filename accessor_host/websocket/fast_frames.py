"""The frames that come in most, read without a parser: whole text messages and control frames.

The Sans-I/O parser is a generator that steps through every field of a frame: about 9 µs for a
short message, where this takes 1. And it takes half of the memory of an idle connection, which
needs it for nothing but its control frames as long as only texts go over it. The parser stays the
judge of everything else, and of everything wrong: whatever is not exactly what is looked for here
is left to it, untouched.
"""

from __future__ import annotations

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Opcode

from ..net.shares import SHARE_FRAMES
from .framing import TEXT_HEAD, plain_frame
from .library import apply_mask
from .limits import LARGEST_CONTROL_FRAME

__all__ = ["control_frame", "read_close", "whole_control", "whole_texts"]

_FIN = 0x80
_MASKED = 0x80
_LENGTH_16 = 126
_MASKED_16 = _MASKED | _LENGTH_16
"""Second byte: the bit of a masked frame, and that with the mark of a length of 16 bits."""

_CLOSE, _PING, _PONG = (_FIN | opcode for opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG))
_OPCODES = {_CLOSE: Opcode.CLOSE, _PING: Opcode.PING, _PONG: Opcode.PONG}
"""By the first byte of a frame with no bit of an extension."""


def whole_texts(data: bytes, limit: int) -> tuple[list[str], int]:
    """Read the text messages that bytes begin with.

    Args:
        data: bytes from a client, the first of which begins a frame, between two messages.
        limit: largest payload in bytes.

    Returns:
        The messages up to the first frame that is no complete text message as RFC 6455 has it
        (sections 5.2, 5.3 and 8.1), or too large, or beyond the peer's share; and where that one
        begins, or the data ends.
    """
    available = len(data)
    if 6 <= available < 6 + _LENGTH_16 and data[0] == TEXT_HEAD:
        size = available - 6
        # Mostly it is one short message: here for speed.
        if data[1] == _MASKED + size and size <= limit:
            try:
                return [apply_mask(data[6:], data[2:6]).decode()], available
            except UnicodeDecodeError:
                return [], 0
    messages: list[str] = []
    at = 0
    for _ in range(SHARE_FRAMES):
        if available - at < 6 or data[at] != TEXT_HEAD:
            break
        length = data[at + 1]
        if length < _MASKED_16:
            length -= _MASKED
            start = at + 6
        elif length == _MASKED_16:
            length = int.from_bytes(data[at + 2 : at + 4])
            start = at + 8
        else:
            length = int.from_bytes(data[at + 2 : at + 10])
            start = at + 14
        end = start + length
        if length < 0 or length > limit or end > available:
            break  # not masked; or too large; or not all there yet
        try:
            text = apply_mask(data[start:end], data[start - 4 : start]).decode()
        except UnicodeDecodeError:
            break
        messages.append(text)
        at = end
    return messages, at


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
