"""A connection with back-pressure in both directions, whatever is spoken over it."""

from __future__ import annotations

import asyncio
import itertools
from math import inf
from typing import cast

from .flusher import Flusher
from .outgoing import Outgoing
from .shares import Shares

__all__ = ["Stream", "numbers"]

numbers = itertools.count(1)
"""Numbers of the connections of this process, whatever is spoken over them: scripts know each by
the negative of its own."""


class Stream(Outgoing):
    """A connection with a peer: who it is, and when it is read.

    Four things stop reading, each on its own: the owner is behind (:meth:`pause`), the peer does
    not read itself (asyncio's ``pause_writing``), it has brought more than its share
    (:meth:`_wait_for_share`), and whatever a protocol adds in :meth:`_wants_to_read`.

    Args:
        flusher: writes once in each iteration of the loop.
        shares: where peers wait that have brought more than their share.
        high_water: unsent bytes above which nothing more is read.
        max_unsent_bytes: bytes that may wait for the peer.
    """

    __slots__ = (
        "_paused",
        "_reading",
        "_shares",
        "_waits",
        "deadline",
        "remote_host",
        "remote_port",
    )

    def __init__(
        self, flusher: Flusher, shares: Shares, high_water: int, max_unsent_bytes: int
    ) -> None:
        super().__init__(flusher, high_water, max_unsent_bytes)
        self.remote_host: str = ""
        """IP address of the peer; empty for a Unix socket."""
        self.remote_port: int = 0
        """TCP port of the peer; 0 for a Unix socket."""
        self.deadline: float = inf
        """Loop time at which ``expire`` is due; owned by :class:`~.deadlines.Deadlines`."""
        self._shares = shares
        self._paused = False  # the owner asked for a pause
        self._waits = False  # the peer has had its share, and may have brought more
        self._reading = True  # what the transport was last told

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new transport (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(self._high_water)
        peer = transport.get_extra_info("peername")
        # A peer that is gone already has no name any more, and that of a Unix socket is no address.
        if isinstance(peer, tuple):
            self.remote_host, self.remote_port = peer[0], peer[1]

    def pause(self) -> None:
        """Stop reading from the peer; what is left of its share is still delivered."""
        self._paused = True
        self._update_reading()

    def resume(self) -> None:
        """Read from the peer again."""
        if self._paused:
            self._paused = False
            self._update_reading()

    def pause_writing(self) -> None:
        """Stop reading from a peer that does not read itself (asyncio).

        A flood of requests would otherwise queue answers without end.
        """
        self._blocked = True
        self._update_reading()

    def resume_writing(self) -> None:
        """Read again once the peer has read (asyncio)."""
        self._blocked = False
        self._update_reading()

    def take_turn(self) -> None:
        """Handle one more share of what the peer has brought, unless something else stops it."""
        if self._blocked or not self._wants_to_read():
            return
        self._waits = False
        self._handle_share()
        if not self._waits:
            self._update_reading()

    def _wait_for_share(self) -> None:
        """Read no more from the peer in this iteration of the loop, and handle the rest later."""
        self._waits = True
        self._update_reading()

    def _handle_share(self) -> None:
        """Handle one share of what was read and is not handled yet; none may be left."""

    def _wants_to_read(self) -> bool:
        """Tell whether bytes from the peer are welcome, if the peer reads its own."""
        return not self._paused

    def _update_reading(self) -> None:
        """Tell the transport what follows from all that may stop reading."""
        reading = not self._blocked and self._wants_to_read()
        if self._waits:
            if reading:
                self._shares.join(self)
            reading = False
        if reading == self._reading or self._transport.is_closing():
            return
        self._reading = reading
        if reading:
            self._transport.resume_reading()
            self._reading_again()
        else:
            self._transport.pause_reading()

    def _reading_again(self) -> None:
        """Act on that the peer may have waited to be read."""
