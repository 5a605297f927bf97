"""Methods and fields of requests: nothing in them may end its line (RFC 9110 section 5.5)."""

from __future__ import annotations

from collections.abc import Iterable

from ...net.fields import FRAMING, TOKEN, VALUE
from .failures import RequestError

__all__ = ["MAX_FIELDS", "MAX_FIELD_BYTES", "check_fields", "check_method"]

MAX_FIELDS = 100
"""Fields that a script adds to a request: servers take a hundred in all, or little more."""

MAX_FIELD_BYTES = 16 * 1024
"""Bytes of these fields together, names and values: what Node's servers take of a whole request."""

_LONGEST_METHOD = 32

_OURS = frozenset(("connection", "content-length"))
"""What scripts for Node set, and what is known better here."""


def check_method(method: str) -> str:
    """Return a method in the form in which it is sent.

    Raises:
        RequestError: it is none, or ``CONNECT``, which asks for something else.
    """
    if not TOKEN.fullmatch(method) or len(method) > _LONGEST_METHOD or method == "CONNECT":
        shown = method if len(method) <= _LONGEST_METHOD else f"{method[:_LONGEST_METHOD]}..."
        raise RequestError("HTTP_BAD_METHOD", f"{shown!r} is no method of a request")
    return method


def check_fields(fields: Iterable[object]) -> list[tuple[str, str]]:
    """Return the fields that a script adds to a request.

    Args:
        fields: pairs of name and value, in their order.

    Raises:
        RequestError: one is not allowed, or there are too many; the text shows no value.
    """
    checked: list[tuple[str, str]] = []
    size = 0
    for field in fields:
        if not isinstance(field, list | tuple) or len(field) != 2:
            raise RequestError("HTTP_BAD_HEADER", "a header is no pair of name and value")
        name, value = field
        if not isinstance(name, str) or not TOKEN.fullmatch(name):
            raise RequestError("HTTP_BAD_HEADER", "the name of a header is no name")
        lower = name.lower()
        if lower in _OURS:
            continue
        if lower in FRAMING or lower.startswith("proxy-"):
            raise RequestError("HTTP_BAD_HEADER", f"the header {name[:64]!r} is the host's to set")
        if not isinstance(value, str) or not VALUE.fullmatch(value):
            raise RequestError(
                "HTTP_BAD_HEADER",
                f"the value of the header {name[:64]!r} (not shown) is no printable ASCII text",
            )
        size += len(name) + len(value)
        checked.append((name, value))
        if len(checked) > MAX_FIELDS or size > MAX_FIELD_BYTES:
            raise RequestError(
                "HTTP_BAD_HEADER",
                f"more than {MAX_FIELDS} headers, or more than {MAX_FIELD_BYTES} bytes of them",
            )
    return checked
