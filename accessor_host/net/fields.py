"""Fields that a script adds to a request of HTTP: what may be in one, and which are not its own."""

from __future__ import annotations

import re

__all__ = ["FRAMING", "TOKEN", "VALUE"]

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A name (RFC 9110 section 5.1), or a method (section 9.1)."""

VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
"""A value (RFC 9110 section 5.5), without the bytes whose meaning nobody agrees on."""

FRAMING = frozenset(
    (
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""What frames the request, or means the connection. Who sets ``Host`` would ask another server than
the one that is permitted."""
