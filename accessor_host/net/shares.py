"""The share of the loop that one peer gets, and the queue of peers that have brought more.

A loop reads much at once: asyncio 256 KiB from each peer in an iteration, uvloop 32 times as much.
As empty frames that is a second of work, and nobody else is served meanwhile. So a peer gets one
share in an iteration of the loop. While something of it is left, the peer is not read, and waits
behind the others; what the system holds for it, its own TCP has to wait for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

__all__ = ["BUDGET", "SHARE_BYTES", "SHARE_FRAMES", "Shares", "Sharing"]

SHARE_BYTES = 64 * 1024
"""Bytes that a peer may bring, decompressed, before it waits for the next iteration.

What is read at once is handled at once, if it is few frames: this bounds reads, not messages. One
read is 256 KiB at most, and so is what is held of a peer beside the message that it is sending.
"""

SHARE_FRAMES = 64
"""Frames, or lines, of one peer in an iteration.

A frame costs 2 to 10 µs here and as much again in a script, so that a share is about a millisecond;
what the loop itself costs in an iteration is a twentieth of it.
"""

BUDGET = 0.005
"""Seconds in an iteration for all peers that wait; one share more at most.

A peer that brings little does not wait, and so is not delayed by how many do: it is delayed by this
and by the turn of the scripts.
"""


class Sharing(Protocol):
    """A peer that has brought more than its share."""

    def take_turn(self) -> None:
        """Handle one more share; join the queue again if that was not all."""


class Shares:
    """The queue of peers that wait for their next share.

    Args:
        loop: the running event loop.
        clock: time in seconds.
    """

    __slots__ = ("_clock", "_loop", "_members", "_queue", "_scheduled")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._queue: deque[Sharing] = deque()
        self._members: set[Sharing] = set()
        self._scheduled = False

    def join(self, peer: Sharing) -> None:
        """Put a peer behind all that wait; nothing when it waits already."""
        if peer not in self._members:
            self._members.add(peer)
            self._queue.append(peer)
            self._schedule()

    def leave(self, peer: Sharing) -> None:
        """Forget a peer; allowed for one that does not wait."""
        if peer in self._members:
            self._members.discard(peer)
            self._queue.remove(peer)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        self._scheduled = False
        end = self._clock() + BUDGET
        try:
            # Who joins again meanwhile is behind these, and has had its share.
            for _ in range(len(self._queue)):
                if not self._queue:
                    break
                peer = self._queue.popleft()
                self._members.discard(peer)
                peer.take_turn()
                if self._clock() >= end:
                    break
        finally:
            if self._queue:
                self._schedule()
