"""Messages that wait for a connection."""

from __future__ import annotations

from collections import deque

from .messages import encode_text
from .settings import ClientNames

__all__ = ["FRAME_OVERHEAD", "Outbox"]

FRAME_OVERHEAD = 14
"""Bytes that a frame has beside its payload at most (RFC 6455 section 5.2)."""


class Outbox:
    """A bounded queue of encoded messages.

    Args:
        max_messages: messages that may wait.
        max_bytes: bytes that may wait, frame headers counted.
        names: what the user calls these two.
    """

    __slots__ = ("_bytes", "_max_bytes", "_max_messages", "_names", "_waiting")

    def __init__(self, max_messages: int, max_bytes: int, names: ClientNames) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: deque[tuple[bool, bytes]] = deque()
        self._names = names
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, payload: str | bytes) -> str | None:
        """Add a message at the end.

        Args:
            payload: str for a text message, bytes for a binary one.

        Returns:
            None once it is in the queue, else the bound that it would pass, in words.
        """
        if len(self._waiting) >= self._max_messages:
            return f"{self._names.max_queued_messages}, {self._max_messages} messages"
        data = encode_text(payload) if isinstance(payload, str) else payload
        weight = _weight(data)
        if self._bytes + weight > self._max_bytes:
            return f"{self._names.max_unsent_bytes}, {self._max_bytes} bytes"
        self._waiting.append((isinstance(payload, str), data))
        self._bytes += weight
        return None

    def take(self) -> tuple[bool, bytes]:
        """Remove the first message; return whether it is text, and its bytes.

        Raises:
            IndexError: the queue is empty.
        """
        first = self._waiting.popleft()
        self._bytes -= _weight(first[1])
        return first

    def clear(self) -> int:
        """Remove all messages; return how many there were."""
        count = len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return count


def _weight(data: bytes) -> int:
    # What no compressor makes smaller grows by five bytes in each of its blocks, of 4 KiB or more.
    return len(data) + FRAME_OVERHEAD + (len(data) >> 9)
