"""Messages: JSON in its canonical form, so that what comes back is the same text."""

from __future__ import annotations

import json

__all__ = ["payload"]

_LETTERS = "The quick brown fox jumps over the lazy dog, again and again. "


def payload(name: str) -> bytes:
    """Make a message.

    Args:
        name: ``reading`` is a JSON object of 52 bytes; ``json:N`` one of N bytes, most of them in
            one string; ``readings:N`` an array of readings, at most N bytes; ``text:N`` no JSON.

    Raises:
        ValueError: there is no such message.
    """
    kind, _, size = name.partition(":")
    if kind == "reading":
        return _encode(_reading(123456))
    if kind == "json":
        frame = _encode({"n": 1, "d": ""})
        return _encode({"n": 1, "d": _text(int(size) - len(frame))})
    if kind == "readings":
        one = len(_encode(_reading(123456))) + 1
        return _encode([_reading(100_000 + number) for number in range((int(size) - 1) // one)])
    if kind == "text":
        return _text(int(size)).encode()
    raise ValueError(f"no such message: {name!r}")


def _reading(number: int) -> dict[str, object]:
    return {"id": number, "sensor": "attic", "celsius": 21.5, "on": 1}


def _text(size: int) -> str:
    return (_LETTERS * (size // len(_LETTERS) + 1))[:size]


def _encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
