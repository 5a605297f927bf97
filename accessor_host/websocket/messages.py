"""Messages out of frames: reassembly and UTF-8 (RFC 6455 sections 5.4, 5.6 and 8.1)."""

from __future__ import annotations

import logging
from codecs import getincrementaldecoder

from websockets.exceptions import PayloadTooBig, ProtocolError

from ..errors import ConnectionFault
from ..net.quoting import printable
from .limits import Limits

__all__ = ["Fragments", "decode_text", "encode_text", "message_too_big", "parser_fault"]

logger = logging.getLogger("accessor_host.websocket")

_Utf8Decoder = getincrementaldecoder("utf-8")


class Fragments:
    """Collect the fragments of one message.

    Bytes go into one growing buffer, so that a message costs what it weighs however it is cut.

    Args:
        is_text: whether the first frame was a text frame.
        limits: ``max_message_size`` and ``max_fragments`` apply.
    """

    __slots__ = ("_buffer", "_count", "_limits", "_utf8")

    def __init__(self, is_text: bool, limits: Limits) -> None:
        self._buffer = bytearray()
        self._count = 0
        self._limits = limits
        self._utf8 = _Utf8Decoder() if is_text else None

    @property
    def room(self) -> int:
        """Return how many bytes the message may still grow."""
        return self._limits.max_message_size - len(self._buffer)

    def add(self, data: bytes, fin: bool) -> str | bytes | None:
        """Add a fragment.

        Args:
            data: payload of the frame, unmasked.
            fin: whether it is the last one.

        Returns:
            The message once it is complete, else None.

        Raises:
            ConnectionFault: a limit is passed, or the text is not UTF-8.
        """
        # An empty fragment costs the peer six bytes and no payload: without a count, it could
        # go on for ever.
        self._count += 1
        if self._count > self._limits.max_fragments:
            raise ConnectionFault(
                "WS_TOO_MANY_FRAGMENTS",
                1009,
                f"more than {self._limits.max_fragments} fragments in one message",
            )
        if len(data) > self.room:
            raise message_too_big(self._limits)
        self._buffer += data
        if self._utf8 is None:
            return bytes(self._buffer) if fin else None
        # Checked at once: a peer that sends rubbish is not to send the rest of it first.
        try:
            self._utf8.decode(data, fin)
        except UnicodeDecodeError as error:
            raise _invalid_utf8(error) from None
        return self._buffer.decode() if fin else None


def decode_text(data: bytes) -> str:
    """Decode the payload of an unfragmented text frame.

    Raises:
        ConnectionFault: the payload is not UTF-8 (RFC 6455 section 8.1).
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _invalid_utf8(error) from None


def encode_text(text: str) -> bytes:
    """Encode text as UTF-8; a lone surrogate, which has no form there, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def message_too_big(limits: Limits) -> ConnectionFault:
    """Return the fault of a message that is larger than ``max_message_size``."""
    return ConnectionFault(
        "WS_MESSAGE_TOO_BIG", 1009, f"message larger than {limits.max_message_size} bytes"
    )


def parser_fault(error: Exception, limits: Limits) -> ConnectionFault:
    """Return the fault for which the parser has failed a connection.

    Args:
        error: what the parser raised.
        limits: of the connection.
    """
    if isinstance(error, PayloadTooBig):
        return message_too_big(limits)
    if isinstance(error, UnicodeDecodeError):
        return ConnectionFault("WS_INVALID_UTF8", 1007, "close reason is not UTF-8")
    if isinstance(error, ProtocolError):
        return ConnectionFault("WS_PROTOCOL_ERROR", 1002, printable(str(error)))
    logger.error("the parser failed", exc_info=error)
    return ConnectionFault("WS_INTERNAL_ERROR", 1011, "the parser failed")


def _invalid_utf8(error: UnicodeDecodeError) -> ConnectionFault:
    return ConnectionFault("WS_INVALID_UTF8", 1007, f"text is not UTF-8: {error.reason}")
