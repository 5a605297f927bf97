"""Bytes on their way to a peer: collected, written once in a turn, and never too many."""

from __future__ import annotations

import asyncio

from .flusher import Flusher

__all__ = ["Outgoing", "half_close"]


class Outgoing(asyncio.Protocol):
    """The outgoing half of a connection.

    Args:
        flusher: writes once in each iteration of the loop.
        high_water: unsent bytes above which the transport calls the peer slow.
        max_unsent_bytes: bytes that may wait for the peer.
    """

    __slots__ = (
        "_blocked",
        "_ended",
        "_flusher",
        "_high_water",
        "_pending",
        "_pending_bytes",
        "_slack",
        "_transport",
        "_written",
    )

    def __init__(self, flusher: Flusher, high_water: int, max_unsent_bytes: int) -> None:
        self._flusher = flusher
        self._transport: asyncio.Transport
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._written = 0
        self._high_water = high_water
        self._slack = max_unsent_bytes - high_water
        self._blocked = False  # the transport holds more than the high-water mark
        self._ended = False  # nothing more will be written

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes that wait for the peer; what the system holds for it has left."""
        return self._pending_bytes + self._transport.get_write_buffer_size()

    def flush(self) -> None:
        """Write what was collected, in one piece."""
        pending = self._pending
        if not pending:
            return
        if not self._transport.is_closing():
            self._transport.write(pending[0] if len(pending) == 1 else b"".join(pending))
            self._written += self._pending_bytes
        pending.clear()
        self._pending_bytes = 0

    def _collect(self, data: bytes) -> None:
        """Let bytes leave when the turn is over."""
        pending = self._pending
        if not pending:
            self._flusher.mark(self)
        pending.append(data)
        self._pending_bytes += len(data)

    def _queue(self, data: bytes) -> None:
        """Collect what has to be sent, whatever else waits."""
        self._collect(data)
        if self._pending_bytes > self._high_water:
            # A loop may read many times before it runs what is scheduled: the transport has to
            # know, to say that the peer does not read.
            self.flush()

    def _fits(self, size: int) -> bool:
        """Tell whether so many more bytes may wait for the peer, as its transport says."""
        # What was collected gets its chance to leave before anybody is called slow.
        self.flush()
        waiting = self._transport.get_write_buffer_size()
        return waiting + size <= self._high_water + self._slack

    def _finish(self) -> None:
        """End the stream behind all that was sent, once."""
        if not self._ended:
            self._ended = True
            self.flush()
            self._end_stream()

    def _end_stream(self) -> None:
        # Closing TCP here could reset it, and the reset would overtake the last messages.
        # Half-close instead; the peer's end of stream, or a deadline, ends it.
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            half_close(self._transport)
        else:
            # TLS cannot half-close; its own shutdown flushes, and waits for the peer.
            self._transport.close()


def half_close(transport: asyncio.WriteTransport) -> None:
    """End our direction of a stream behind all that was written.

    Args:
        transport: of a peer that may have reset the connection, which the loop has not seen yet;
            asyncio then raises ``ENOTCONN``.
    """
    try:
        transport.write_eof()
    except OSError:
        transport.abort()
