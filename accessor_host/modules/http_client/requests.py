"""From what a script asks for to a request, and from an answer to what the script gets."""

from __future__ import annotations

import codecs
import json
from functools import lru_cache
from typing import Any

from ...codecs.charsets import charset_of, find_charset
from ...engine.records import has_half_pair
from ...errors import DecodingError, UnknownTypeError
from ...http.client.failures import RequestError
from ...http.client.fields import check_fields, check_method
from ...http.client.settings import Head, Request, RequestSettings
from ...http.client.urls import parse_url
from ...options import validate
from ..payloads import frame_of, to_event

__all__ = ["MAX_BODY", "Decoder", "Heads", "head_to_event", "read_request", "read_settings"]

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request's body: as many as an answer may have. ``http-client.js`` has the same."""

_BINARY = ("audio/", "font/", "image/", "video/")
_BINARY_TYPES = frozenset(
    (
        "application/gzip",
        "application/octet-stream",
        "application/pdf",
        "application/wasm",
        "application/x-tar",
        "application/zip",
    )
)


def read_settings(text: str) -> RequestSettings:
    """Return the settings that options ask for.

    Args:
        text: the options that ``http-client.js`` has resolved, as JSON; times are milliseconds.

    Raises:
        OptionError: a value is not allowed.
        ValueError: it is no JSON.
    """
    values = validate("http-client", json.loads(text)).values
    proxy = values["proxyHost"]
    if proxy not in ("", "direct"):
        host = f"[{proxy}]" if ":" in proxy and not proxy.startswith("[") else proxy
        proxy = f"http://{host}:{values['proxyPort']}"
    return RequestSettings(
        keep_alive=values["keepAlive"],
        connect_timeout=values["timeout"] / 1000,
        timeout=values["responseTimeout"] / 1000,
        max_body=values["maxBodySize"],
        in_pieces=not values["outputCompleteResponseOnly"],
        max_redirects=values["maxRedirects"],
        proxy=proxy,
        trust_all=values["trustAll"],
        authorities=values["trustedCACertPath"],
    )


def read_request(
    url: str, method: str, fields: list[Any], body: Any, settings: RequestSettings
) -> Request:
    """Return the request that a script asks for.

    Args:
        url: absolute.
        method: in capitals.
        fields: pairs of name and value.
        body: a text, what ``kit/bodies.js`` makes of anything else, or None.
        settings: how it is made.

    Raises:
        RequestError: it is none.
        EncodingError: an image cannot be sent as it is meant to be.
    """
    data = None
    if body is not None:
        frame = frame_of(body)
        data = frame.encode("utf-8", "replace") if isinstance(frame, str) else frame
        if len(data) > MAX_BODY:
            raise RequestError("HTTP_BODY_TOO_LARGE", f"a body has {MAX_BODY} bytes at most")
    return Request(parse_url(url), check_method(method), check_fields(fields), data, settings)


class Heads:
    """The last head of an answer, and its text: those of one server differ in ``Date`` at most."""

    __slots__ = ("_head", "_text")

    def __init__(self) -> None:
        self._head: Head | None = None
        self._text = ""

    def text(self, head: Head) -> str:
        """Return what :func:`head_to_event` does."""
        if head != self._head:
            self._head, self._text = head, head_to_event(head)
        return self._text


def head_to_event(head: Head) -> str:
    """Return status, header fields and cookies as JSON, as scripts see them.

    Names are in lower case; fields of one name are joined, but for ``set-cookie``, which is a list
    as in Node.

    Args:
        head: of an answer.
    """
    fields: dict[str, Any] = {}
    cookies: list[str] = []
    for name, value in head.fields:
        if name == "set-cookie":
            cookies.append(value)
        elif name in fields:
            fields[name] += f", {value}"
        else:
            fields[name] = value
    if cookies:
        fields["set-cookie"] = cookies
    return json.dumps(
        {
            "statusCode": head.status,
            "statusMessage": head.reason,
            "headers": fields,
            "cookies": cookies,
        }
    )


class Decoder:
    """From the bytes of one answer to what its events carry (``decode`` in ``http-client.js``).

    A text is one by its type; what is encoded with gzip and the like was not asked for, and is
    handed over as bytes: nothing is unpacked that could grow without a bound.

    Args:
        head: of the answer.
    """

    def __init__(self, head: Head) -> None:
        self._type, self._is_encoded, self._codec = _kind_of(
            head.field("content-type") or "", head.field("content-encoding") or ""
        )
        self._partial: codecs.IncrementalDecoder | None = None

    def whole(self, body: bytes) -> str:
        """Return the payload of a whole body."""
        if self._codec is not None:
            return _text(self._codec.decode(body, "replace")[0], self._codec)
        if self._type.startswith("image/") and not self._is_encoded:
            # Imported late: few answers are images.
            from ...codecs.images import MAX_IMAGE_PIXELS

            try:
                return f"i{to_event(self._type, MAX_IMAGE_PIXELS)(body)}"
            except (DecodingError, UnknownTypeError):
                pass  # its bytes are all that is known of it
        return _bytes(body)

    def piece(self, data: bytes, *, is_last: bool = False) -> str:
        """Return the payload of a piece; half a character waits for the next one.

        Args:
            data: the piece.
            is_last: whether nothing more comes.
        """
        if self._codec is None:
            return _bytes(data)
        if self._partial is None:
            self._partial = self._codec.incrementaldecoder("replace")
        return _text(self._partial.decode(data, is_last), self._codec)


def _bytes(data: bytes) -> str:
    # As to_event() does for application/octet-stream.
    return f"b{to_event('application/octet-stream', 0)(data)}"


def _text(text: str, codec: codecs.CodecInfo) -> str:
    # As JSON where an engine could not take it: it ends a text at a NUL.
    if "\0" in text or (codec.name != "utf-8" and has_half_pair([text])):
        return f"j{json.dumps(text)}"
    return f"t{text}"


@lru_cache(maxsize=64)
def _kind_of(content_type: str, coding: str) -> tuple[str, bool, codecs.CodecInfo | None]:
    """Return the type of an answer, whether it is encoded, and the codec of its text if it is one.

    Args:
        content_type: value of the field ``Content-Type``.
        coding: value of the field ``Content-Encoding``.
    """
    kind = content_type.partition(";")[0].strip().lower()
    is_encoded = coding.strip().lower() not in ("", "identity")
    is_binary = kind.startswith(_BINARY) and not kind.endswith("+xml")
    if is_encoded or is_binary or kind in _BINARY_TYPES:
        return kind, is_encoded, None
    codec = find_charset(charset_of(content_type) or "utf-8")
    if codec is None or codec.incrementaldecoder is None:
        codec = codecs.lookup("utf-8")
    return kind, is_encoded, codec
