"""One TCP connection, whichever side opened it: what it receives, what it sends, how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from math import inf
from typing import Protocol

from ...errors import DecodingError
from ...net.deadlines import Deadlines
from ...net.failures import failure_of
from ...net.flusher import Flusher
from ...net.shares import SHARE_BYTES, Shares
from ...net.stream import Stream, numbers
from ...net.tuning import tune
from .framing import LONGEST, frame
from .readers import Reader
from .settings import StreamSettings

__all__ = ["CLOSING_TIMEOUT", "LINGER", "Connection", "Group", "Handler"]

logger = logging.getLogger("accessor_host.socket")

CLOSING_TIMEOUT = 10.0
"""Seconds that a peer has to take what was sent last; then TCP is cut."""

LINGER = 1.0
"""Seconds that a peer that has taken it has to end its side: no protocol says that it must."""

_HIGH_WATER = 64 * 1024
"""Unsent bytes above which a peer is not read any more."""

_LONGEST = LONGEST - 5
"""Bytes that can be sent, with a length before them."""


class Handler(Protocol):
    """Take what happens to connections."""

    def opened(self, connection: Connection) -> None:
        """Take that bytes can go."""

    def received(self, connection: Connection, payload: str) -> None:
        """Take what an event is to carry."""

    def dropped(self, connection: Connection, code: str, reason: str) -> None:
        """Take that a message was dropped; the connection goes on."""

    def failed(self, connection: Connection, code: str, reason: str) -> None:
        """Take why the connection ends; ``ended`` follows."""

    def ended(self, connection: Connection) -> None:
        """Take, once, that nothing more comes. If it was not closed it waits to be."""

    def lost(self, connection: Connection) -> None:
        """Take, at last, that TCP is gone."""


class Group:
    """What connections have in common.

    Args:
        handler: takes what happens.
        settings: of each connection.
        make_reader: makes the reader of a connection.
        flusher: writes once in each iteration of the loop.
        loop: the running event loop.
    """

    def __init__(
        self,
        handler: Handler,
        settings: StreamSettings,
        make_reader: Callable[[], Reader],
        flusher: Flusher,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.handler = handler
        self.received = handler.received
        self.settings = settings
        self.make_reader = make_reader
        self.flusher = flusher
        self.deadlines = Deadlines(loop)
        self.shares = Shares(loop, loop.time)
        self.clock = loop.time


class Connection(Stream):
    """A connection over which bytes go.

    Args:
        group: what it has in common with others.
    """

    __slots__ = (
        "_active_at",
        "_closing",
        "_eof",
        "_error",
        "_group",
        "_is_lost",
        "_reader",
        "_told",
        "number",
    )

    def __init__(self, group: Group) -> None:
        settings = group.settings
        high_water = min(_HIGH_WATER, settings.max_unsent_bytes)
        super().__init__(group.flusher, group.shares, high_water, settings.max_unsent_bytes)
        self.number = 0
        """Number of this connection, unique in the process; 0 before TCP is there."""
        self._group = group
        self._reader = group.make_reader()
        self._closing = False  # we have ended our side, and listen no more
        self._eof = False  # the peer has ended its side
        self._is_lost = False  # TCP is gone
        self._told = False  # the owner knows that nothing more comes
        self._error: OSError | None = None  # what TCP ended with
        self._active_at = 0.0

    # What the owner may do.

    @property
    def transport(self) -> asyncio.Transport:
        """Return what the bytes go over."""
        return self._transport

    @property
    def is_open(self) -> bool:
        """Whether bytes can be sent."""
        return self.number != 0 and not (self._closing or self._is_lost)

    def send(self, data: bytes) -> bool:
        """Send bytes: a message behind its length, or a part of the stream.

        Args:
            data: what to send.

        Returns:
            Whether it was taken. Not when the connection is closed, or when the bytes would pass
            ``max_unsent_bytes``: then the handler gets a failure, and TCP is cut.
        """
        if self._closing or self._is_lost or not self.number:
            return False
        settings = self._group.settings
        size = len(data)
        if size > _LONGEST:
            self._fail_slow(size)
            return False
        if not settings.is_raw:
            data = frame(data)
            size = len(data)
        # Unless blocked, the transport holds less than the high-water mark: no need to ask.
        if (self._blocked or self._pending_bytes + size > self._slack) and not self._fits(size):
            self._fail_slow(size)
            return False
        if settings.idle_timeout:
            self._active_at = self._group.clock()
        if data:
            self._collect(data)
        return True

    def send_text(self, text: str) -> bool:
        """Send a text in UTF-8; returns as :meth:`send` does.

        Args:
            text: without half a surrogate pair.
        """
        return self.send(text.encode())

    def close(self) -> None:
        """End our side behind all that was sent, and hear no more; ``ended`` follows, once."""
        if self._closing or self._is_lost:
            return
        self._closing = True
        self._active_at = self._group.clock()
        self._group.deadlines.set(self, self._active_at + LINGER)
        if self._eof:
            self.flush()
            self._transport.close()
        else:
            self._finish()
        self._update_reading()
        self._tell()

    def abort(self) -> None:
        """Cut TCP."""
        self._closing = True
        self._transport.abort()

    def state(self) -> str:
        """Describe the connection in one line for people."""
        phase = "closing" if self._closing else "open"
        unsent = self._transport.get_write_buffer_size()
        return f"{self}: {phase}, {unsent} bytes unsent"

    def __str__(self) -> str:
        return f"connection {self.number} with {self.remote_host}:{self.remote_port}"

    # What TCP says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new transport (asyncio)."""
        super().connection_made(transport)
        group = self._group
        tune(transport, group.settings.tuning)
        self.number = next(numbers)
        self._active_at = now = group.clock()
        group.deadlines.set(self, now + (group.settings.idle_timeout or inf))
        group.handler.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer (asyncio)."""
        if self._closing or self._told:
            return
        group = self._group
        if group.settings.idle_timeout:
            self._active_at = group.clock()
        if not self._waits:
            text = self._reader.read(data)
            if text is not None:
                group.received(self, text)
                if len(data) > SHARE_BYTES:
                    self._wait_for_share()
                return
        self._reader.feed(data)
        if not self._waits:
            self._handle_share()
        if len(data) > SHARE_BYTES and not (self._closing or self._told):
            self._wait_for_share()

    def eof_received(self) -> bool:
        """Take the end of the peer's bytes; what was received may still be answered (asyncio)."""
        self._eof = True
        if self._closing:
            return False
        self._conclude()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that TCP is gone (asyncio)."""
        self._is_lost = True
        self._blocked = False
        self._pending.clear()
        self._pending_bytes = 0
        if isinstance(exc, OSError):
            self._error = exc
        if self._closing or not self._reader.has_more:
            self._leave()
        else:
            # What came before is delivered first.
            self._wait_for_share()

    # Shares.

    def _handle_share(self) -> None:
        group, reader, handler = self._group, self._reader, self._group.handler
        for item in reader.take():
            if self._closing:
                return
            if isinstance(item, DecodingError):
                handler.dropped(self, item.code, item.reason)
            else:
                handler.received(self, item)
        if reader.fault is not None and not (self._closing or self._told):
            self._hear_no_more(reader.fault)
        elif reader.has_more:
            self._wait_for_share()
        elif self._is_lost:
            self._leave()
        elif self._eof:
            self._conclude()
        elif group.settings.idle_timeout:
            self._active_at = group.clock()

    def _wants_to_read(self) -> bool:
        return self._closing or not self._paused

    # The end.

    def _conclude(self) -> None:
        """Tell of the peer's end, behind all that it has sent."""
        if not (self._reader.has_more or self._told):
            # Who hears of it closes; this is for when nobody does.
            self._group.deadlines.set(self, self._group.clock() + CLOSING_TIMEOUT)
            self._check_rest()
            self._tell()

    def _check_rest(self) -> None:
        rest = self._reader.rest
        if rest and not self._told:
            reason = f"the peer has ended in the middle of a message, behind {rest} of its bytes"
            self._group.handler.failed(self, "ERR_SOCKET_TRUNCATED", reason)

    def _hear_no_more(self, reason: str) -> None:
        """Take that what comes cannot be read; what came before may still be answered."""
        logger.debug("%s: %s", self, reason)
        self._group.deadlines.set(self, self._group.clock() + CLOSING_TIMEOUT)
        self._group.handler.failed(self, "ERR_SOCKET_FRAMING", reason)
        self._tell()

    def _fail_slow(self, size: int) -> None:
        waiting = self._transport.get_write_buffer_size()
        limit = self._group.settings.max_unsent_bytes
        reason = f"{waiting} bytes wait unread, {size} more would pass the limit of {limit}"
        if not self._told:
            self._group.handler.failed(self, "ERR_SOCKET_SLOW_PEER", reason)
        self.close()
        self._transport.abort()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self._group.handler.ended(self)

    def _leave(self) -> None:
        """Tell, last of all, that TCP is gone."""
        self._group.deadlines.forget(self)
        self._group.shares.leave(self)
        if not (self._told or self._closing):
            failure = None if self._error is None else failure_of(self._error)
            if failure is not None:
                self._group.handler.failed(self, *failure)
            else:
                self._check_rest()
        self._closing = True
        self._tell()
        self._group.handler.lost(self)

    def expire(self, now: float) -> None:
        """Act on the deadline that has passed.

        Args:
            now: loop time in seconds.
        """
        group = self._group
        if self._closing and self.unsent_bytes and now < self._active_at + CLOSING_TIMEOUT:
            group.deadlines.set(self, now + LINGER)
            return
        if self._closing or self._told:
            logger.debug("%s: not closed in time; dropped", self)
            self.abort()
            return
        timeout = group.settings.idle_timeout
        due = max(self._active_at, group.deadlines.woke) + timeout
        if self._paused or self._waits:
            # It has sent something, perhaps, that we have not looked at.
            due = now + timeout
        if now < due:
            group.deadlines.set(self, due)
        else:
            self.close()
