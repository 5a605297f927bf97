"""Events that scripts are behind with, in rounds: no peer that floods keeps others waiting.

In one queue, what a quiet peer says would stand behind all that others have brought: up to a share
(:data:`~accessor_host.net.shares.SHARE_FRAMES`) of each. In a round, each peer has one message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain, islice

from ..engine.protocol import Event, Primitive

__all__ = ["PACED", "Fence", "Rounds"]

_FEW_TARGETS = 64
"""Targets that may be remembered although their events are done."""

PACED = ("message", "fault")
"""Types of events of which a peer can cause any number: each has a round of its own.

Others, as those of timers, calls and new connections, are in the first round that takes them, or in
that of their target's last event.
"""


class Fence(tuple[Primitive, ...]):
    """An event that overtakes no other, and that no other overtakes, whatever its target."""

    __slots__ = ()


class Rounds:
    """Events in the order in which they are to be run.

    Those of one target stay in their order. One that comes from elsewhere waits for a round that
    has begun, and for its place in the next one.
    """

    def __init__(self) -> None:
        self._rounds: deque[list[Event]] = deque()
        self._first = 0  # number of the first of them
        self._open = 0  # number of the first one that takes more
        self._last: dict[Primitive, int] = {}  # round of the last event of each target
        self._most_targets = _FEW_TARGETS

    def __bool__(self) -> bool:
        """Tell whether there are any events."""
        return bool(self._rounds)

    def holds(self, target: int) -> bool:
        """Tell whether the events of a target are not all done: their last round is not."""
        return self._last.get(target, -1) >= self._first

    def add(self, events: Iterable[Event]) -> None:
        """Put events into rounds.

        Args:
            events: in the order in which they came.
        """
        rounds, last = self._rounds, self._last
        first, end = self._first, self._first + len(self._rounds)
        for event in events:
            target = event[0]
            number = last.get(target, -1)
            if event[1] in PACED:
                number += 1
            if type(event) is Fence:
                number = self._open = max(self._open, end - 1)
            elif number < self._open:
                number = self._open
            if number == end:
                rounds.append([])
                end += 1
            rounds[number - first].append(event)
            last[target] = number

    def first(self, count: int) -> list[Event]:
        """Return the first events, which stay.

        Args:
            count: how many at most.
        """
        return list(islice(chain.from_iterable(self._rounds), count))

    def drop(self, count: int) -> None:
        """Drop the first events: they were run.

        Args:
            count: how many; not more than there are.
        """
        rounds = self._rounds
        while rounds and count >= len(rounds[0]):
            count -= len(rounds.popleft())
            self._first += 1
        if count:
            # It has begun. If it took more, it might never end.
            del rounds[0][:count]
            self._open = max(self._open, self._first + 1)
        else:
            self._open = max(self._open, self._first)
        if not rounds:
            self.clear()
        elif len(self._last) > self._most_targets:
            self._forget_targets()

    def clear(self) -> None:
        """Drop all events."""
        self._rounds.clear()
        self._last.clear()
        self._first = self._open = 0

    def _forget_targets(self) -> None:
        # Of a host that is never up to date, with ever new connections.
        first = self._first
        self._last = {target: last for target, last in self._last.items() if last >= first}
        self._most_targets = 2 * len(self._last) + _FEW_TARGETS
