"""Callbacks in the order of their requests, without one that keeps the others waiting for ever.

Source: module specification section 5: callbacks come in request order for each accessor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ...engine.protocol import Event

__all__ = ["Place", "Queue"]


class Place:
    """The place of one request in the order of its accessor.

    Args:
        queue: of the accessor; this one is the last in it.
        come: called once it is the turn of this one, if it had to wait.
    """

    __slots__ = ("_come", "_held", "_over", "_queue", "gives_way", "is_first")

    def __init__(self, queue: Queue, come: Callable[[], None]) -> None:
        self.is_first = False
        """Whether nothing before it is left, so that its events are posted at once."""
        self.gives_way = False
        """Whether those behind it need not wait for it."""
        self._queue = queue
        self._come = come
        self._over: Callable[[], None] | None = None
        self._held: list[Event] = []
        queue.add(self)

    def post(self, event: Event) -> None:
        """Post an event, once it is the turn of this one."""
        if self.is_first:
            self._queue.post(event)
        else:
            self._held.append(event)

    def give_up(self) -> None:
        """Let those come that are behind."""
        if not self.gives_way:
            self.gives_way = True
            self._queue.advance()

    def drop(self) -> None:
        """Forget what was to be posted."""
        self._held.clear()

    def end(self, over: Callable[[], None]) -> None:
        """Take that nothing more will be posted.

        Args:
            over: called once all is posted.
        """
        if self.is_first:
            over()
        else:
            self._over = over
        self.give_up()

    def begin(self) -> None:
        """Take that it is the turn of this one."""
        is_late = bool(self._held)
        self.is_first = True
        held, self._held = self._held, []
        for event in held:
            self._queue.post(event)
        if self._over is not None:
            self._over()
        elif is_late:
            self._come()


class Queue:
    """The requests of one accessor whose first callbacks are still to come.

    Args:
        post: queues an event for the engine.
        emptied: called when nothing is left.
    """

    __slots__ = ("_emptied", "_places", "post")

    def __init__(self, post: Callable[[Event], None], emptied: Callable[[], None]) -> None:
        self.post = post
        self._emptied = emptied
        self._places: deque[Place] = deque()

    def add(self, place: Place) -> None:
        """Take the place of a new request."""
        self._places.append(place)
        if len(self._places) == 1:
            place.begin()

    def advance(self) -> None:
        """Let those come that nothing keeps waiting any more."""
        places = self._places
        while places and places[0].gives_way:
            places.popleft()
            if places:
                places[0].begin()
        if not places:
            self._emptied()
