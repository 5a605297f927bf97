"""What arrives at a serial port: numbers of a fixed size, or texts with a zero byte behind each.

Source: module specification section 13.
"""

from __future__ import annotations

import json
from typing import Protocol

from ...codecs.elements import ElementReader, numbers_to_json
from ...errors import DecodingError

__all__ = ["NumbersReader", "Reader", "TextsReader", "reader_for"]

TEXT_TYPES = ("json", "string")
"""Types whose elements end with a zero byte; what is in them is not for the module to parse."""


class Reader(Protocol):
    """Turn the chunks of a byte stream into events."""

    event: str
    """The type of the events."""

    def feed(self, data: bytes) -> str | None:
        """Return the elements that are whole with these bytes, a JSON list; None for none.

        Args:
            data: the next bytes.
        """

    def fault(self) -> DecodingError | None:
        """Return what went wrong since this was called last."""


def reader_for(kind: str, max_size: int) -> Reader:
    """Return a reader of a type.

    Args:
        kind: one of the module's types.
        max_size: bytes that a text may have.
    """
    return TextsReader(max_size) if kind in TEXT_TYPES else NumbersReader(kind)


class NumbersReader:
    """Read numbers; one that is not whole waits for more bytes.

    Args:
        kind: one of :data:`~accessor_host.codecs.elements.ELEMENT_SIZES`.
    """

    event = "numbers"

    def __init__(self, kind: str) -> None:
        self._reader = ElementReader(kind)

    def feed(self, data: bytes) -> str | None:
        """Return the numbers that are whole with these bytes."""
        values = self._reader.feed(data)
        return numbers_to_json(values) if values else None

    def fault(self) -> DecodingError | None:
        """Return nothing: any bytes are numbers."""
        return None


class TextsReader:
    """Read texts; bytes gather until a zero byte, and what is empty is dropped.

    What is not UTF-8 is replaced, as TextDecoder does.

    Args:
        max_size: bytes that a text may have.
    """

    event = "texts"

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._gathered = bytearray()
        self._is_skipping = False
        self._fault: DecodingError | None = None

    def feed(self, data: bytes) -> str | None:
        """Return the texts that are whole with these bytes."""
        *whole, rest = data.split(b"\0")
        texts = []
        for piece in whole:
            self._gather(piece)
            if self._gathered:
                texts.append(self._gathered.decode("utf-8", "replace"))
            self._gathered.clear()
            self._is_skipping = False
        self._gather(rest)
        return json.dumps(texts, ensure_ascii=False) if texts else None

    def fault(self) -> DecodingError | None:
        """Return the error of a text that was too long, once."""
        fault, self._fault = self._fault, None
        return fault

    def _gather(self, piece: bytes) -> None:
        if self._is_skipping:
            return
        if len(self._gathered) + len(piece) > self._max_size:
            self._gathered.clear()
            self._is_skipping = True
            self._fault = DecodingError(
                "ERR_SERIAL_TOO_LONG",
                f"a text is longer than maxMessageSize, {self._max_size} bytes, and is dropped",
            )
            return
        self._gathered += piece
