"""Vectors that tests in both languages share."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CODEC_CASES", "CodecCase"]


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


def _read(case: dict[str, Any]) -> CodecCase:
    times = case.get("times", 1)
    wire = b64decode(case["wire64"]) if "wire64" in case else case.get("wire", "")
    value = b64decode(case["value64"]) if "value64" in case else case["value"]
    if times > 1:
        wire, value = wire * times, value * times
    return CodecCase(case["type"], case["direction"], wire, value)


_TEXT = (Path(__file__).parent / "codecs.json").read_text(encoding="utf-8")

CODEC_CASES = [_read(case) for case in json.loads(_TEXT)["cases"]]
"""Every case, in the order of the file."""
