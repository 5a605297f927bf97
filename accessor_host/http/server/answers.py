"""Answers of an HTTP server, as bytes (RFC 9112 section 4)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus

__all__ = [
    "CONTINUE",
    "NO_BODY",
    "check_fields",
    "head_of",
    "plain",
    "plain_on_tls",
    "starts_like_http",
]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

NO_BODY = frozenset((204, 304))
"""Statuses whose answers have no body (RFC 9110 section 6.4.1)."""

MAX_FIELD_BYTES = 16 * 1024
"""Bytes of the fields that an owner adds to an answer, together: clients take no more."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

_OURS = frozenset(
    (
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Fields that say where the body ends and how the connection goes on."""


def check_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Check the fields that an owner adds to an answer.

    Raises:
        ValueError: one of them cannot be, or they are too many.
    """
    size = 0
    for name, value in fields:
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise ValueError(f"an answer cannot have the field {name[:64]!r}")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the field {name[:64]!r} of an answer has characters that cannot be")
        size += len(name) + len(value)
    if size > MAX_FIELD_BYTES:
        raise ValueError(f"the fields of an answer may have {MAX_FIELD_BYTES} bytes at most")


def head_of(status: int, fields: Iterable[tuple[str, str]], length: int, *, closes: bool) -> bytes:
    """Return status line and fields.

    Args:
        status: 200 to 599.
        fields: names and values, checked.
        length: bytes of the body.
        closes: whether the connection ends behind it.
    """
    more = "".join([f"{name}: {value}\r\n" for name, value in fields])
    if status not in NO_BODY:
        more += f"Content-Length: {length}\r\n"
    if closes:
        more += "Connection: close\r\n"
    return (
        f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}\r\n{_date(int(time.time()))}{more}\r\n"
    ).encode("latin-1")


def plain(status: int, text: str, *, is_head: bool = False, retry: int = 0) -> bytes:
    """Return a whole answer of the server's own, behind which the connection ends.

    Args:
        status: 400 to 599.
        text: a sentence.
        is_head: whether the request was HEAD, whose answer has no body.
        retry: seconds after which the client may come again; 0 does not say.
    """
    body = f"{text}\n".encode()
    fields = [("Content-Type", "text/plain; charset=utf-8")]
    if retry:
        fields.append(("Retry-After", str(retry)))
    head = head_of(status, fields, len(body), closes=True)
    return head if is_head else head + body


def plain_on_tls(head: bytes) -> bytes | None:
    """Answer whoever speaks plain HTTP on a TLS port; None when this is no HTTP either.

    Args:
        head: the first bytes that came.
    """
    if not starts_like_http(head):
        return None
    return plain(400, "This port speaks TLS: connect with https:// instead.")


def starts_like_http(head: bytes) -> bool:
    """Tell whether the first bytes can begin an HTTP request.

    Args:
        head: at least one byte.
    """
    token = _METHOD.match(head)
    return token is not None and head[token.end() : token.end() + 1] in (b"", b" ")


@lru_cache(maxsize=1)
def _date(now: int) -> str:
    # Imported late: a server is started sooner without what no client has asked for yet.
    from email.utils import formatdate

    return f"Date: {formatdate(now, usegmt=True)}\r\n"
