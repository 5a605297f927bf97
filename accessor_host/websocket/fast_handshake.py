"""The opening handshake that comes in most, read and answered without a parser.

The Sans-I/O parser is a generator that steps through every line, and its answer is built field by
field: about 40 µs together, where this takes 5. It stays the judge of everything else, and of
everything wrong: a request that is not exactly what is looked for here is left to it, untouched.
Only what it would accept is accepted here, with the same answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Container
from functools import lru_cache
from typing import NamedTuple

from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS
from websockets.utils import accept_key

__all__ = ["Upgrade", "answer", "read_upgrade"]

# Possessive quantifiers: nothing is tried twice, whatever comes.
_HEAD = re.compile(
    rb"GET ([\x21-\x7e]++) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t\x20-\x7e]*+\r\n)++)\r\n"
)
"""Request line and fields, all of them ASCII (RFC 9112 sections 3 and 5)."""

_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
"""16 bytes in base64 (RFC 6455 section 4.1)."""

_CONNECTION = (b"upgrade", b"keep-alive, upgrade")

_JUDGED = frozenset({b"content-length", b"transfer-encoding", b"sec-websocket-protocol"})
"""Fields that the parser has an opinion of."""

_EXTENSIONS = b"sec-websocket-extensions"


class Upgrade(NamedTuple):
    """A good opening handshake.

    Args:
        path: path and query.
        origin: origin that it names.
        key: of ``Sec-WebSocket-Key``.
        size: bytes of the request.
        forwarded: of ``X-Forwarded-For``.
    """

    path: str
    origin: str | None
    key: str
    size: int
    forwarded: str


def read_upgrade(
    data: bytes, origins: Container[str | None] | None, *, compression: bool
) -> Upgrade | None:
    """Read an ordinary request to open a WebSocket (RFC 6455 section 4.2.1).

    Args:
        data: the first bytes from a client, and what came behind them.
        origins: origins that may connect; None admits all.
        compression: whether there is something to negotiate with a client that offers extensions.

    Returns:
        None for everything else, which need not be wrong.
    """
    head = _HEAD.match(data)
    if head is None or head.end() > MAX_LINE_LENGTH:
        return None  # no line of it is longer than the whole
    lines = head[2].split(b"\r\n")
    lines.pop()
    fields: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        fields[name.lower()] = value.strip(b" \t")
    if (
        len(fields) != len(lines)
        or len(lines) > MAX_NUM_HEADERS
        or fields.get(b"connection", b"").lower() not in _CONNECTION
        or fields.get(b"upgrade", b"").lower() != b"websocket"
        or fields.get(b"sec-websocket-version") != b"13"
        or not _JUDGED.isdisjoint(fields)
        or (compression and _EXTENSIONS in fields)
    ):
        return None
    key = fields.get(b"sec-websocket-key", b"")
    named = fields.get(b"origin")
    origin = None if named is None else named.decode()
    if _KEY.fullmatch(key) is None or not (origins is None or origin in origins):
        return None
    forwarded = fields.get(b"x-forwarded-for", b"").decode()
    return Upgrade(head[1].decode(), origin, key.decode(), head.end(), forwarded)


def answer(key: str) -> bytes:
    """Return the answer that opens the WebSocket (RFC 6455 section 4.2.2).

    Args:
        key: of the request.
    """
    return b"%bSec-WebSocket-Accept: %b\r\n\r\n" % (
        _beginning(int(time.time())),
        accept_key(key).encode(),
    )


@lru_cache(maxsize=1)
def _beginning(now: int) -> bytes:
    """Return what is the same in all answers of one second.

    Args:
        now: seconds since 1970.
    """
    # Imported late: a server is started sooner without what no client has asked for yet.
    from email.utils import formatdate

    return (
        "HTTP/1.1 101 Switching Protocols\r\n"
        f"Date: {formatdate(now, usegmt=True)}\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
    ).encode()
