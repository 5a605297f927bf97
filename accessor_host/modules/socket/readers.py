"""From the bytes of a connection to what its events carry, by the type that it receives.

A reader is fed what comes, and taken from in shares: a peer's bytes can be very many messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from ...codecs.elements import (
    BAD_MESSAGE,
    ElementReader,
    Number,
    TextReader,
    message_to_json,
    numbers_to_json,
)
from ...errors import DecodingError
from ...net.shares import SHARE_FRAMES
from ..payloads import to_event
from .framing import Deframer

__all__ = ["MAX_ELEMENTS", "Item", "Reader", "make_reader"]

MAX_ELEMENTS = 1_024
"""Numbers of a raw stream in one event, each of which becomes an event of the script's: a few
milliseconds at most."""

_SHARE_PIECES = 8
"""Events with that many numbers that a peer may cause in an iteration of the loop."""

Item: TypeAlias = "str | DecodingError"
"""What an event carries; or why a message was dropped."""


class Reader(Protocol):
    """Turn the bytes of one connection into what its events carry."""

    @property
    def has_more(self) -> bool:
        """Whether something was fed that :meth:`take` has not looked at."""

    @property
    def fault(self) -> str | None:
        """What is wrong with the stream, in words; then nothing more comes of it."""

    @property
    def rest(self) -> int:
        """Count the bytes of what is not whole yet."""

    def read(self, data: bytes) -> str | None:
        """Return the one text that bytes are, without :meth:`feed`; None if it is not so plain."""

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream."""

    def take(self) -> list[Item]:
        """Return what comes of one share of them."""


def make_reader(
    kind: str, *, is_raw: bool, is_batch: bool, max_size: int, max_pixels: int
) -> Reader:
    """Return a reader for a new connection.

    Args:
        kind: one of the types that are received.
        is_raw: whether there are no messages, only a stream.
        is_batch: whether the numbers of a raw stream stay together as they come.
        max_size: bytes that a message may have.
        max_pixels: pixels that an image may have.
    """
    if not is_raw:
        return FramedReader(kind, max_size, max_pixels)
    if kind in ("string", "json"):
        return RawTextReader()
    return RawNumberReader("unsignedbyte" if kind == "image" else kind, is_batch or kind == "image")


class FramedReader:
    """Read messages that each stand behind their length.

    Args:
        kind: one of the types that are received.
        max_size: bytes that a message may have.
        max_pixels: pixels that an image may have.
    """

    __slots__ = ("_decode", "_deframer")

    def __init__(self, kind: str, max_size: int, max_pixels: int) -> None:
        self._deframer = Deframer(max_size)
        self._decode = _decoder(kind, max_pixels)

    @property
    def has_more(self) -> bool:
        """Whether something was fed that :meth:`take` has not looked at."""
        return self._deframer.has_more

    @property
    def fault(self) -> str | None:
        """What is wrong with the stream, in words."""
        return self._deframer.fault

    @property
    def rest(self) -> int:
        """Count the bytes of a message that is not whole yet."""
        return self._deframer.rest

    def read(self, data: bytes) -> str | None:
        """Return the text of a short message that comes alone and whole."""
        if self._decode is None and data[0] == len(data) - 1 and self._deframer.is_at_message:
            try:
                return data[1:].decode()
            except UnicodeDecodeError:
                pass
        return None

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream."""
        self._deframer.feed(data)

    def take(self) -> list[Item]:
        """Return the next messages."""
        decode = self._decode
        if decode is None:
            return [data.decode("utf-8", "replace") for data in self._deframer.take(SHARE_FRAMES)]
        return [_attempt(decode, data) for data in self._deframer.take(SHARE_FRAMES)]


class RawTextReader:
    """Read text: what comes at once is one event."""

    __slots__ = ("_data", "_is_cut", "_reader")

    fault: str | None = None

    def __init__(self) -> None:
        self._reader = TextReader()
        self._data = b""
        self._is_cut = False  # whether a character waits for its rest

    @property
    def has_more(self) -> bool:
        """Whether something was fed that :meth:`take` has not looked at."""
        return bool(self._data)

    @property
    def rest(self) -> int:
        """Count the bytes of a character that is not whole yet."""
        return len(self._reader.rest)

    def read(self, data: bytes) -> str | None:
        """Return the text of bytes in which no character is cut."""
        if not (self._is_cut or self._data):
            try:
                return data.decode()
            except UnicodeDecodeError:
                pass
        return None

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream."""
        self._data = self._data + data if self._data else data

    def take(self) -> list[Item]:
        """Return the text that there is."""
        data, self._data = self._data, b""
        text = self._reader.feed(data)
        self._is_cut = bool(self._reader.rest)
        return [text] if text else []


class RawNumberReader:
    """Read numbers: those that come at once are one event, or as many events as share them.

    Args:
        kind: of the numbers.
        is_batch: whether they stay together.
    """

    __slots__ = ("_at", "_is_batch", "_reader", "_values")

    fault: str | None = None

    def __init__(self, kind: str, is_batch: bool) -> None:
        self._reader = ElementReader(kind)
        self._is_batch = is_batch
        self._values: list[Number] = []
        self._at = 0

    @property
    def has_more(self) -> bool:
        """Whether there are numbers that :meth:`take` has not returned."""
        return self._at < len(self._values)

    @property
    def rest(self) -> int:
        """Count the bytes of a number that is not whole yet."""
        return len(self._reader.rest)

    def read(self, data: bytes) -> str | None:
        """Return None: numbers are no text."""

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream."""
        values = self._reader.feed(data)
        self._values = self._values[self._at :] + values if self.has_more else values
        self._at = 0

    def take(self) -> list[Item]:
        """Return the next numbers, as lists in JSON."""
        size = len(self._values) if self._is_batch else MAX_ELEMENTS
        items: list[Item] = []
        while self.has_more and len(items) < _SHARE_PIECES:
            items.append(numbers_to_json(self._values[self._at : self._at + size]))
            self._at += size
        if not self.has_more:
            self._values, self._at = [], 0
        return items


def _attempt(decode: Callable[[bytes], str], data: bytes) -> Item:
    try:
        return decode(data)
    except DecodingError as error:
        return DecodingError(BAD_MESSAGE, error.reason)


def _decoder(kind: str, max_pixels: int) -> Callable[[bytes], str] | None:
    """Return what decodes a message; None is UTF-8."""
    if kind in ("string", "json"):
        return None
    if kind == "image":
        return to_event("image/png", max_pixels)
    return lambda data: message_to_json(kind, data)
