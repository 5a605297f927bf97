"""Encodings of texts, by the names that Node, HTTP or Python have for them."""

from __future__ import annotations

import codecs

__all__ = ["charset_of", "find_charset"]

_NODE_ENCODINGS = {"utf16le": "utf-16-le", "ucs2": "utf-16-le", "binary": "latin-1"}
"""Names that Node has and Python does not."""

_NO_CHARSETS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
"""Text encodings of Python's that no resource has; the time of some grows with the square."""


def find_charset(name: str) -> codecs.CodecInfo | None:
    """Return the codec of a text encoding; None when there is none of that name.

    Args:
        name: in any spelling.
    """
    name = _NODE_ENCODINGS.get(name.lower().replace("-", "").replace("_", ""), name)
    try:
        codec = codecs.lookup(name)
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return None if codec.name in _NO_CHARSETS else codec


def charset_of(content_type: str) -> str | None:
    """Return what the value of a field ``Content-Type`` says of the encoding; None for nothing.

    Args:
        content_type: the value (RFC 9110 section 8.3).
    """
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower() or None
    return None
