"""Messages in a byte stream: each behind its length.

Source: module specification section 7. A length below 255 is one byte; any other is the byte 255
and then four bytes, a signed big-endian number. No I/O: bytes go in, messages come out.
"""

from __future__ import annotations

__all__ = ["LONGEST", "Deframer", "frame"]

_LONG = 255
"""First byte of a length that needs four more."""

_LONG_HEAD = 5

LONGEST = 2**31 - 1
"""Most bytes of a message: its length is a signed number of four bytes."""


def frame(payload: bytes) -> bytes:
    """Return a message as it is sent.

    Args:
        payload: at most :data:`LONGEST` bytes.
    """
    size = len(payload)
    if size < _LONG:
        return bytes((size,)) + payload
    return b"\xff" + size.to_bytes(4) + payload


class Deframer:
    """Cut a stream into its messages.

    What is held is one message that is not whole and what was fed last.

    Args:
        max_size: bytes that a message may have.
    """

    __slots__ = ("_at", "_data", "_max_size", "_missing", "_rest", "fault")

    def __init__(self, max_size: int) -> None:
        self.fault: str | None = None
        """What is wrong with the stream, in words, once something is; nothing is read then."""
        self._max_size = max_size
        self._data = b""  # what was fed, read up to here:
        self._at = 0
        self._rest = bytearray()  # a message that is not whole
        self._missing = 0  # bytes that it has at least

    @property
    def has_more(self) -> bool:
        """Whether something was fed that :meth:`take` has not looked at."""
        return self._at < len(self._data)

    @property
    def is_at_message(self) -> bool:
        """Whether the next byte that is fed begins a message."""
        return not (self._rest or self.fault or self.has_more)

    @property
    def rest(self) -> int:
        """Count the bytes that came of a message that is not whole."""
        return len(self._rest)

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream.

        Args:
            data: the next ones.
        """
        if self.fault is not None:
            return
        if self.has_more:
            self._data = self._data[self._at :] + data
        elif self._rest:
            # Grows in place: a peer that sends byte by byte must not have it copied each time.
            self._rest += data
            if len(self._rest) < self._missing:
                return
            self._data = bytes(self._rest)
            self._rest.clear()
        else:
            self._data = data
        self._at = 0

    def take(self, count: int) -> list[bytes]:
        """Return the next whole messages.

        Args:
            count: most messages to return.
        """
        data, at, end = self._data, self._at, len(self._data)
        found: list[bytes] = []
        while at < end and len(found) < count:
            size, start = data[at], at + 1
            if size == _LONG:
                start = at + _LONG_HEAD
                if start > end:
                    at = self._keep(at, _LONG_HEAD)
                    break
                size = int.from_bytes(data[at + 1 : start], signed=True)
            if not 0 <= size <= self._max_size:
                self._give_up(size)
                return found
            stop = start + size
            if stop > end:
                at = self._keep(at, stop - at)
                break
            found.append(data[start:stop])
            at = stop
        self._at = at
        if at >= len(self._data):
            self._data, self._at = b"", 0
        return found

    def _keep(self, at: int, size: int) -> int:
        """Keep a message that is not whole, of so many bytes at least; nothing else is left."""
        self._rest += self._data[at:]
        self._missing = size
        self._data = b""
        return 0

    def _give_up(self, size: int) -> None:
        what = f"more than the limit of {self._max_size}" if size > 0 else "less than none"
        self.fault = f"a message of {size} bytes is announced, {what}"
        self._data, self._at = b"", 0
        self._rest.clear()
