"""Outgoing frames, masked and compressed where they have to be (RFC 6455 section 5, RFC 7692)."""

from __future__ import annotations

from os import urandom
from typing import cast

from websockets.extensions import Extension
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from ..net.flusher import Flusher
from .library import apply_mask
from .messages import encode_text

__all__ = [
    "BINARY_HEAD",
    "LONGEST_KEPT",
    "SMALLEST_COMPRESSED",
    "TEXT_HEAD",
    "Framing",
    "LastText",
    "plain_frame",
]

SMALLEST_COMPRESSED = 64
"""Bytes of a payload below which compressing costs time and hardly saves a byte."""

TEXT_HEAD, BINARY_HEAD = 0x80 | Opcode.TEXT, 0x80 | Opcode.BINARY
"""First byte of an unfragmented data frame: FIN and the opcode (RFC 6455 section 5.2)."""

LONGEST_KEPT = 16 * 1024
"""Bytes of a text that are kept although it is written."""

_TEXT_HEADERS = [bytes((TEXT_HEAD, size)) for size in range(126)]
"""First bytes of short texts, by the size of the text: most are short."""

_COMPRESSED = 0x40
"""RSV1, which says that a message is compressed (RFC 7692 section 6)."""


class Framing:
    """Mask payloads, compress them, or both.

    Args:
        mask: whether to mask, as a client has to.
        deflate: permessage-deflate as negotiated; None compresses nothing.
    """

    __slots__ = ("_deflate", "_mask")

    def __init__(self, mask: bool, deflate: Extension | None) -> None:
        self._mask = mask
        self._deflate = deflate

    @classmethod
    def of(cls, protocol: Protocol) -> Framing | None:
        """Return what a protocol asks for after its handshake; None when frames stay plain."""
        mask = protocol.side is CLIENT
        deflate = protocol.extensions[0] if protocol.extensions else None
        return cls(mask, deflate) if mask or deflate else None

    def frame(self, head: int, payload: bytes) -> tuple[bytes, bytes]:
        """Return header, with the masking key if there is one, and payload of a frame.

        Args:
            head: first byte of an unfragmented data frame.
            payload: the message.
        """
        if self._deflate is not None and len(payload) >= SMALLEST_COMPRESSED:
            frame = self._deflate.encode(Frame(Opcode(head & 0x0F), payload))
            head |= _COMPRESSED
            payload = cast("bytes", frame.data)  # or a memoryview, which does as well
        if not self._mask:
            return _header(head, 0, len(payload)), payload
        # From the system's random source, new for each frame (RFC 6455 section 10.3).
        key = urandom(4)
        return _header(head, 0x80, len(payload)) + key, apply_mask(payload, key)


def plain_frame(head: int, payload: bytes) -> bytes:
    """Return a frame that is neither masked nor compressed, as servers send it.

    Args:
        head: first byte of an unfragmented frame.
        payload: what it carries.
    """
    return _header(head, 0, len(payload)) + payload


class LastText:
    """Make the frames of texts as servers send them, and keep the last one.

    Who sends the same object to many peers makes its frame once.

    Args:
        flusher: lets a long text go once it is written; a short one waits for the next.
    """

    __slots__ = ("_flusher", "frame", "text")

    def __init__(self, flusher: Flusher) -> None:
        self.text: str | None = None
        """The last text."""
        self.frame = b""
        """Its frame, neither masked nor compressed."""
        self._flusher = flusher

    def make(self, text: str) -> bytes:
        """Return the frame of a text, which is now the last one.

        Args:
            text: the message; a lone surrogate is sent as U+FFFD.
        """
        try:
            payload = text.encode()
        except UnicodeEncodeError:
            payload = encode_text(text)
        size = len(payload)
        if size < 126:
            self.frame = frame = _TEXT_HEADERS[size] + payload
        else:
            self.frame = frame = _header(TEXT_HEAD, 0, size) + payload
            if size > LONGEST_KEPT:
                self._flusher.mark(self)
        self.text = text
        return frame

    def flush(self) -> None:
        """Let the text go."""
        self.text, self.frame = None, b""


def _header(head: int, mask: int, size: int) -> bytes:
    """Return first byte, mask bit and length (RFC 6455 section 5.2)."""
    if size < 126:
        return bytes((head, mask | size))
    if size < 65536:
        return bytes((head, mask | 126)) + size.to_bytes(2)
    return bytes((head, mask | 127)) + size.to_bytes(8)
