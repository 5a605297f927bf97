"""What options of ``web-socket-client`` say of the handshake, beyond what their schema can say.

``runtime/kit/handshake.js`` does the same for scripts: an error reaches the line that gave them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import OptionError
from ...net.fields import FRAMING, TOKEN, VALUE
from ...options import Described, load_schema

__all__ = ["MAX_FIELDS", "MAX_FIELD_BYTES", "apply_url", "header_fields"]

MAX_FIELDS = 100
"""Fields of option ``headers``: servers take a hundred in all, or little more."""

MAX_FIELD_BYTES = 16 * 1024
"""Bytes of these fields together, names and values: what Node's servers take of a whole request."""

_RESERVED = FRAMING | {"connection", "content-length"}
"""What frames the request, or asks for the WebSocket."""

_RESERVED_STARTS = ("proxy-", "sec-websocket-")

_ALLOWED_NAMES = (
    "names of HTTP fields that are not of the handshake or the connection, as are Host, Upgrade, "
    "Content-Length, Sec-WebSocket-... and Proxy-..."
)
_ALLOWED_VALUES = "printable ASCII without a space at either end, or a list of such texts"
_ALLOWED_SIZE = f"at most {MAX_FIELDS} fields, of {MAX_FIELD_BYTES} bytes together"

_LONGEST_NAME = 64
"""Characters of a name that an error shows: a longer one may be anything."""

_URL = re.compile(
    r"(?P<scheme>wss?)://(?:\[(?P<address>[^\]]*)\]|(?P<host>[^:/?]*))(?::(?P<port>\d+))?(?P<path>.*)",
    re.IGNORECASE,
)
"""The parts of a URL that the schema lets pass."""


def header_fields(headers: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """Return the fields that option ``headers`` adds to the request.

    Args:
        headers: for each name a text, or a list of texts.

    Raises:
        OptionError: a name or value is not allowed; the text shows no value.
    """
    fields = []
    size = 0
    for name, given in (headers or {}).items():
        if not _is_free_name(name):
            shown = repr(name) if len(name) <= _LONGEST_NAME else "a long name"
            raise OptionError("headers", Described(f"the field {shown}"), _ALLOWED_NAMES)
        for value in given if isinstance(given, list | tuple) else (given,):
            if not isinstance(value, str) or not VALUE.fullmatch(value):
                what = Described(f"the value of {name!r} (not shown)")
                raise OptionError("headers", what, _ALLOWED_VALUES)
            size += len(name) + len(value)
            fields.append((name, value))
            if len(fields) > MAX_FIELDS or size > MAX_FIELD_BYTES:
                raise OptionError("headers", Described("so much"), _ALLOWED_SIZE)
    return fields


def _is_free_name(name: object) -> bool:
    if not isinstance(name, str) or not TOKEN.fullmatch(name):
        return False
    lower = name.lower()
    return lower not in _RESERVED and not lower.startswith(_RESERVED_STARTS)


def apply_url(values: dict[str, Any]) -> None:
    """Let option ``url`` say what it says: host, port, path and sslTls.

    Args:
        values: resolved options, which are changed.

    Raises:
        OptionError: one of these options says something else than the URL.
    """
    match = _URL.fullmatch(values["url"])
    if match is None:
        return  # there is none
    secure = match["scheme"].lower() == "wss"
    path = match["path"]
    said = {
        "host": match["address"] or match["host"],
        "port": int(match["port"] or (443 if secure else 80)),
        "path": path if path.startswith("/") else f"/{path}",
        "sslTls": secure,
    }
    schema = load_schema("web-socket-client")["properties"]
    for name, value in said.items():
        if values[name] not in (value, schema[name]["default"]):
            raise OptionError(name, values[name], f"what the option 'url' says: {value!r}")
    values |= said
