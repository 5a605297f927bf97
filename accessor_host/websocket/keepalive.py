"""Whether a peer still answers (RFC 6455 section 5.5.2)."""

from __future__ import annotations

from collections import deque

__all__ = ["MAX_PINGS", "KeepAlive"]

MAX_PINGS = 64
"""Pings of the owner that may wait for an answer; further ones are not sent.

A peer that answers has a few under way; one that does not cannot be made to by more of them.
"""


class KeepAlive:
    """Remember the ping that is under way and since when it is.

    Args:
        now: loop time in seconds.
    """

    __slots__ = ("_asked", "_left", "count", "mark", "since", "waiting")

    def __init__(self, now: float) -> None:
        self.since = now
        """When the ping left, or else when the peer was last known to be there."""
        self.waiting = False
        """Whether a ping is without an answer."""
        self.count = 0
        """Pings sent so far."""
        self.mark = 0
        """Bytes that the connection has to get rid of before the ping has left."""
        self._left = 0
        self._asked: deque[bytes] | None = None  # pings of the owner that wait, once there is one

    def ask(self, payload: bytes) -> bool:
        """Wait for the answer to a ping of the owner; false when too many wait already.

        Args:
            payload: of the ping.
        """
        if self._asked is None:
            self._asked = deque()
        if len(self._asked) >= MAX_PINGS:
            return False
        self._asked.append(payload)
        return True

    def answer(self, payload: bytes) -> bool:
        """Tell whether a pong answers a ping of the owner.

        A peer may answer only the last of several (RFC 6455 section 5.5.3): those before wait no
        more.

        Args:
            payload: of the pong.
        """
        asked = self._asked
        if not asked or payload not in asked:
            return False
        while asked.popleft() != payload:
            pass
        return True

    def ping(self, now: float) -> bytes:
        """Start to wait, and return the payload of the ping.

        Args:
            now: loop time in seconds.
        """
        self.count += 1
        self.waiting = True
        self.since = now
        return self._payload()

    def pong(self, payload: bytes, now: float) -> bool:
        """Tell whether a pong answers the ping; one that nobody asked for does not.

        Args:
            payload: of the pong.
            now: loop time in seconds.
        """
        if not self.waiting or payload != self._payload():
            return False
        self.waiting = False
        self.since = now
        return True

    def left(self, total: int, now: float) -> None:
        """Note how many bytes the network has taken.

        While the ping is still queued behind other data, a peer that takes that data is alive,
        however slow it is. Once the ping has left, only its answer counts; what the kernel
        holds has left.

        Args:
            total: bytes since the connection began.
            now: loop time in seconds.
        """
        if self._left < total and total < self.mark:
            self.since = now
        self._left = total

    def _payload(self) -> bytes:
        return b"%d" % self.count
