"""Codecs of the Python face: values to messages and back, one codec for each MIME type.

Source: module specification section 3.1. The JavaScript face has its own codecs in the engine;
``tests/vectors/codecs.json`` keeps both alike.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

from ..errors import EncodingError, OptionError, UnknownTypeError
from .mime_types import IMAGE_TYPES, SUPPORTED_TYPES

__all__ = [
    "Codec",
    "codec_for",
    "require_supported_types",
    "supported_receive_types",
    "supported_send_types",
]

_TEXT = r"text/[^\s/;]+"
"""Every type ``text/x`` works, as the specification asks; parameters such as charset do not."""

_LONE_SURROGATE = "[\ud800-\udfff]"


class Codec(Protocol):
    """Turn values into messages and messages into values."""

    def encode(self, value: object) -> str | bytes:
        """Return the text frame (str) or the binary frame (bytes) that carries a value.

        Raises:
            EncodingError: the value has no form in this type.
        """

    def decode(self, message: str | bytes) -> object:
        """Return the value that a text frame (str) or a binary frame (bytes) carries.

        Raises:
            DecodingError: the message is no value of this type.
        """


class JsonCodec:
    """Encode and decode ``application/json`` as JavaScript's JSON object does."""

    def encode(self, value: object) -> str:
        """Write compact JSON; a number that is not finite becomes null (ECMA-262 25.5.2.4)."""
        try:
            try:
                text = _encoder.encode(value)
            except ValueError:
                # Either a number that is not finite or a cycle; a cycle fails again below.
                text = _encoder.encode(_finite(value))
        except RecursionError:
            raise EncodingError("no JSON form: the value is nested too deeply, or in itself") from (
                None
            )
        except (TypeError, ValueError) as error:
            raise EncodingError(f"no JSON form: {error}") from None
        if text.isascii():
            return text
        # UTF-8 has no form for a surrogate on its own, JSON has one (ECMA-262 25.5.2.3).
        return re.sub(_LONE_SURROGATE, lambda match: f"\\u{ord(match[0]):04x}", text)

    def decode(self, message: str | bytes) -> object:
        """Parse JSON; a message that is not JSON is delivered as the string that it is."""
        text = _text(message)
        try:
            return _decoder.decode(text)
        except (ValueError, RecursionError):
            return text


class TextCodec:
    """Encode and decode every ``text/x``."""

    def encode(self, value: object) -> str:
        """Return a string as it is, any other value as ``str`` writes it.

        Raises:
            EncodingError: for None, and for bytes, whose encoding only the caller knows.
        """
        if isinstance(value, str):
            return value
        if value is None or isinstance(value, (bytes, bytearray, memoryview)):
            raise EncodingError(f"no text form: {type(value).__name__} is not text")
        return str(value)

    def decode(self, message: str | bytes) -> object:
        """Return the text of a message."""
        return _text(message)


class BytesCodec:
    """Encode and decode ``application/octet-stream``: binary frames."""

    def encode(self, value: object) -> bytes:
        """Return the bytes of an object that has them, or of a string in UTF-8.

        Raises:
            EncodingError: for any other value, a list of numbers too: how many bytes each takes,
                ``bytes(list)`` or ``array.array`` says.
        """
        if isinstance(value, str):
            return _utf8(value)
        try:
            return memoryview(value).tobytes()  # type: ignore[arg-type]
        except TypeError:
            name = type(value).__name__
            raise EncodingError(f"no bytes: {name} is neither bytes-like nor str") from None

    def decode(self, message: str | bytes) -> bytes:
        """Return the bytes of a message; those of a text frame are its UTF-8."""
        return message if isinstance(message, bytes) else _utf8(message)


def codec_for(mime_type: str, max_image_pixels: int | None = None) -> Codec:
    """Return the codec of a MIME type.

    Args:
        mime_type: compared literally, without parameters (module specification section 3.1).
        max_image_pixels: pixels that an image may have, in either direction; None takes
            :data:`accessor_host.codecs.images.MAX_IMAGE_PIXELS`.

    Raises:
        UnknownTypeError: this host has no codec for the type.
    """
    if mime_type == "application/json":
        return _JSON
    if mime_type == "application/octet-stream":
        return _BYTES
    if re.fullmatch(_TEXT, mime_type):
        return _PLAIN
    if mime_type in IMAGE_TYPES:
        # Imported late: few servers have anything to do with images.
        from .images import MAX_IMAGE_PIXELS, ImageCodec

        return ImageCodec(IMAGE_TYPES[mime_type], max_image_pixels or MAX_IMAGE_PIXELS)
    raise UnknownTypeError(mime_type, SUPPORTED_TYPES)


def supported_receive_types() -> list[str]:
    """List the types that incoming messages can be decoded from; any ``text/x`` works too."""
    return list(SUPPORTED_TYPES)


def supported_send_types() -> list[str]:
    """List the types that outgoing values can be encoded to; any ``text/x`` works too."""
    return list(SUPPORTED_TYPES)


def require_supported_types(options: Mapping[str, Any]) -> None:
    """Check ``receiveType`` and ``sendType`` among a server's resolved options.

    Raises:
        OptionError: one of them has no codec.
    """
    for option in ("receiveType", "sendType"):
        try:
            codec_for(options[option])
        except UnknownTypeError as error:
            allowed = f"one of {', '.join(error.supported)}, or another text/ type"
            raise OptionError(option, options[option], allowed) from None


def _text(message: str | bytes) -> str:
    # A binary frame may hold anything: what is not UTF-8 is replaced, as TextDecoder does.
    return message if isinstance(message, str) else message.decode("utf-8", "replace")


def _utf8(text: str) -> bytes:
    # UTF-8 has no form for a surrogate on its own: U+FFFD stands for it, as in JavaScript.
    return re.sub(_LONE_SURROGATE, "\ufffd", text).encode()


def _finite(value: object) -> object:
    """Copy a value with null for each number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def _key(key: object) -> object:
    if isinstance(key, float) and not math.isfinite(key):
        return "NaN" if math.isnan(key) else "Infinity" if key > 0 else "-Infinity"
    return key


def _refuse_constant(name: str) -> NoReturn:
    # Python's parser takes NaN and Infinity, which are not JSON (RFC 8259 section 6).
    raise ValueError(f"{name} is not JSON")


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_JSON = JsonCodec()
_PLAIN = TextCodec()
_BYTES = BytesCodec()
