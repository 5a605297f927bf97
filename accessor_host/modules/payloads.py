"""Messages as they cross between Python and the codecs in JavaScript (``runtime/kit/codecs.js``).

Text crosses as it is and is decoded in JavaScript; bytes cross as base64. Both bindings use this:
a frame becomes one detail of an event, and one detail of an operation becomes a frame.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

from ..codecs.values import BytesCodec, JsonCodec, TextCodec, codec_for
from ..engine.records import count_utf16_units
from ..errors import AccessDeniedError, EncodingError

if TYPE_CHECKING:
    from ..codecs.images import Image
    from ..websocket.handler import Peer

__all__ = [
    "Payload",
    "ToEvent",
    "bytes_of",
    "frame_of",
    "missing_permission",
    "send_payload",
    "text_to_event",
    "to_event",
    "weight_of",
]

Payload: TypeAlias = "str | list[str | int]"
"""What an operation carries: the text of a text frame, or a kind, base64 and details."""

ToEvent: TypeAlias = Callable[[str | bytes], str]


def to_event(receive_type: str, max_image_pixels: int) -> ToEvent:
    """Return the function that turns the frames of a connection into what its events carry.

    The function raises :class:`DecodingError` for a message that is to be dropped.

    Args:
        receive_type: MIME type, one of those that work.
        max_image_pixels: pixels that an image may have.
    """
    codec = codec_for(receive_type, max_image_pixels)
    if isinstance(codec, JsonCodec | TextCodec):
        return text_to_event
    if isinstance(codec, BytesCodec):
        return lambda frame: _base64(codec.decode(frame))
    return lambda frame: _image(cast("Image", codec.decode(frame)))


def frame_of(payload: Payload) -> str | bytes:
    """Return the frame that an operation asks for: str for a text frame, bytes for a binary one.

    Args:
        payload: what ``encode`` of a codec in JavaScript returned.

    Raises:
        EncodingError: an image cannot be sent as it is meant to be, or it is no such payload.
    """
    if isinstance(payload, str):
        return payload
    try:
        kind, *details = payload
        return _FRAMES[str(kind)](*details)
    except (LookupError, TypeError, ValueError) as error:
        if isinstance(error, EncodingError):
            raise
        raise EncodingError(f"no codec makes such a message: {type(error).__name__}") from None


def bytes_of(payload: Payload) -> bytes:
    """Return the bytes that an operation asks for, where there are no text frames.

    Args:
        payload: what ``encode`` of a codec in JavaScript returned; a text becomes UTF-8, a lone
            surrogate of it U+FFFD.

    Raises:
        EncodingError: as :func:`frame_of` raises it.
    """
    frame = frame_of(payload)
    if isinstance(frame, bytes):
        return frame
    try:
        return frame.encode()
    except UnicodeEncodeError:
        return BytesCodec().encode(frame)


def send_payload(peer: Peer, payload: Payload) -> bool:
    """Send what an operation carries; returns as :meth:`Peer.send_text` does.

    Raises:
        EncodingError: an image cannot be sent as it is meant to be.
    """
    frame = frame_of(payload)
    if isinstance(frame, str):
        return peer.send_text(frame)
    return peer.send_binary(frame)


def weight_of(payload: Payload) -> int:
    """Return how much a payload weighs in ``runtime/kit/unsent.js``, which counts the same.

    Args:
        payload: what ``encode`` of a codec in JavaScript returned.
    """
    if isinstance(payload, str):
        return count_utf16_units(payload)
    # A request may be forged.
    data = payload[1] if isinstance(payload, list) and len(payload) > 1 else ""
    return len(data) * 3 // 4 if isinstance(data, str) else 0


def missing_permission(error: Exception | None) -> tuple[str, ...]:
    """Return what an event about an error carries if it is a missing permission: a JSON text.

    Args:
        error: the error.
    """
    if not isinstance(error, AccessDeniedError):
        return ()
    return (json.dumps([error.permission, error.resource]),)


def text_to_event(frame: str | bytes) -> str:
    """Return the text of a frame, for a type that is text.

    A binary frame may hold anything: what is not UTF-8 is replaced, as TextDecoder does.
    """
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


def _image(image: Image) -> str:
    return f"{image.type} {image.width} {image.height} {_base64(image.data)}"


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _image_frame(data: str, mime_type: str, max_pixels: int) -> bytes:
    # Imported late, here and below: few scripts send images.
    from ..codecs.images import ImageCodec

    return ImageCodec(mime_type, max_pixels).encode(a2b_base64(data))


def _pixels_frame(data: str, mime_type: str, width: int, height: int) -> bytes:
    from ..codecs.images import ImageCodec, Pixels

    pixels = Pixels(width, height, a2b_base64(data))
    return ImageCodec(mime_type, width * height).encode(pixels)


def _elements_frame(kind: str, numbers: str) -> bytes:
    # Imported late: what sends messages has no elements.
    from ..codecs.elements import encode_number_text

    return encode_number_text(kind, numbers)


_FRAMES: dict[str, Callable[..., bytes]] = {
    "bytes": a2b_base64,
    "elements": _elements_frame,
    "image": _image_frame,
    "pixels": _pixels_frame,
}
