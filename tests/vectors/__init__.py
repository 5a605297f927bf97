"""Vectors that tests in both languages share."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CODEC_CASES", "ELEMENT_CASES", "CodecCase", "ElementCase"]


@dataclass(frozen=True)
class CodecCase:
    """One case of ``codecs.json``, which says what its members mean.

    Args:
        type: MIME type.
        direction: both, decode, encode or refuse.
        wire: the frame; bytes for a binary one.
        value: the value.
    """

    type: str
    direction: str
    wire: str | bytes
    value: Any

    @property
    def decodes(self) -> bool:
        return self.direction in ("both", "decode")

    @property
    def encodes(self) -> bool:
        return self.direction in ("both", "encode")

    def __str__(self) -> str:
        return f"{self.direction}-{self.type}-{self.wire[:20]!a}-{str(self.value)[:20]!a}"


@dataclass(frozen=True)
class ElementCase:
    """One case of ``elements.json``: what DataView does with a number.

    Args:
        type: name of an element type.
        value: the number to write.
        bytes: what it becomes.
        read: what these bytes are read as.
    """

    type: str
    value: float
    bytes: bytes
    read: float

    def __str__(self) -> str:
        return f"{self.type}-{self.value}"


def _read(case: dict[str, Any]) -> CodecCase:
    times = case.get("times", 1)
    wire = b64decode(case["wire64"]) if "wire64" in case else case.get("wire", "")
    value = b64decode(case["value64"]) if "value64" in case else case["value"]
    if times > 1:
        wire, value = wire * times, value * times
    return CodecCase(case["type"], case["direction"], wire, value)


def _cases(name: str) -> list[dict[str, Any]]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    cases: list[dict[str, Any]] = json.loads(text)["cases"]
    return cases


def _read_element(case: dict[str, Any]) -> ElementCase:
    value = case["value"]
    data = bytes.fromhex(case["bytes"])
    number = float(value) if isinstance(value, str) else value
    return ElementCase(case["type"], number, data, float(case["read"]))


CODEC_CASES = [_read(case) for case in _cases("codecs.json")]
"""Every case, in the order of the file."""

ELEMENT_CASES = [_read_element(case) for case in _cases("elements.json")]
"""Every case, in the order of the file."""
