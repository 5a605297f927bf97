"""Frames as bytes (RFC 6455 section 5.2), good and bad: written, and cut apart again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "BINARY",
    "CLOSE",
    "CONT",
    "LARGEST_CONTROL",
    "PING",
    "PONG",
    "TEXT",
    "RawFrame",
    "forge",
    "split",
]

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

LARGEST_CONTROL = 125
"""Bytes of the payload of a control frame (RFC 6455 section 5.5)."""


class RawFrame(NamedTuple):
    """A frame as it lies in a stream, whether it is allowed or not.

    Args:
        opcode: of the frame.
        fin: whether it ends a message.
        size: bytes of the payload, as announced.
        payload: what is there of it, without its mask.
        data: all bytes of the frame.
        is_complete: whether all of the frame is there.
        is_compressed: whether RSV1 is set (RFC 7692 section 6).
    """

    opcode: int
    fin: bool
    size: int
    payload: bytes
    data: bytes
    is_complete: bool
    is_compressed: bool


def forge(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    key: bytes | None = bytes(4),
    width: int = 0,
) -> bytes:
    """Write a frame.

    Args:
        opcode: any of four bits.
        payload: not masked yet.
        fin: whether it ends a message.
        rsv: the three reserved bits.
        key: to mask with; None leaves the frame unmasked, which a client must not.
        width: bytes of the length field, 1, 2 or 8; 0 takes the shortest, as the RFC demands.
    """
    size = len(payload)
    width = width or (1 if size < 126 else 2 if size < 65_536 else 8)
    mark = {1: size, 2: 126, 8: 127}[width]
    field = b"" if width == 1 else size.to_bytes(width)
    head = bytes(((0x80 if fin else 0) | rsv << 4 | opcode, (0 if key is None else 0x80) | mark))
    return head + field + (b"" if key is None else key + _mask(payload, key))


def split(stream: bytes) -> Iterator[RawFrame]:
    """Cut a stream into frames by their lengths alone.

    Args:
        stream: begins with a frame; the last frame may be incomplete, and is left out when not
            even its length is known.
    """
    at = 0
    while len(stream) - at >= 2:
        first, second = stream[at], stream[at + 1]
        width = {126: 2, 127: 8}.get(second & 0x7F, 0)
        start = at + 2 + width
        if len(stream) < start:
            return
        size = int.from_bytes(stream[at + 2 : start]) if width else second & 0x7F
        key = b""
        if second & 0x80:
            key = stream[start : start + 4]
            start += 4
        end = start + size
        payload = stream[start:end]
        yield RawFrame(
            first & 0x0F,
            bool(first & 0x80),
            size,
            _mask(payload, key) if len(key) == 4 else payload,
            stream[at:end],
            end <= len(stream),
            bool(first & 0x40),
        )
        at = end


def _mask(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(size)
