"""The turn: queued events through the engine, operations applied, connections flushed.

Nothing calls JavaScript while bytes come in; events wait for the next turn. A turn is one
iteration of the event loop at most, and ends early when its budget is spent. What it left over is
served in :mod:`.rounds` then, and as long as there is any.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import length_hint

from ..engine.protocol import Engine, Event, Operation, Primitive
from ..engine.records import Senders, check_event
from ..errors import EngineError
from ..net.flusher import Flusher
from .refusals import Refusals
from .rounds import Rounds

__all__ = ["RUNTIME", "TURN_BUDGET", "Turns"]

logger = logging.getLogger("accessor_host.host")

TURN_BUDGET = 0.05
"""Seconds of JavaScript in one turn, and of what it asked for in one iteration of the loop: other
work on the loop waits no longer."""

MAX_GATHERED = 64
"""Events that a turn waits for more of, at most."""

MAX_TURN_EVENTS = 1_000
"""Events handed to the engine at once, so that a long queue is not copied over and over."""

OPERATIONS_BETWEEN_CHECKS = 128
"""Operations between two looks at the clock: half a millisecond of them. Few turns have more."""

RUNTIME = 0
"""Target of the runtime's own events; others belong to objects in scripts."""


class Turns:
    """The queue of events in front of one engine.

    Args:
        engine: what runs the events.
        loop: the running event loop.
        settled: called after each turn.
        failed: called once when the engine, or the program's output, can no longer be used.
    """

    def __init__(
        self,
        engine: Engine,
        loop: asyncio.AbstractEventLoop,
        *,
        settled: Callable[[], None],
        failed: Callable[[EngineError], None],
    ) -> None:
        self.operations: dict[str, Callable[..., None]] = {}
        """What scripts can ask for, by the name of the operation."""
        self.senders = Senders()
        """What takes the text that scripts send, by its address."""
        self.flusher = Flusher()
        """Writes what a turn sent, once for each connection."""
        self.now: float = loop.time()
        """Loop time at which the last turn's events had run, in seconds: one for all that they
        ask for, and never before they asked."""
        self.is_running = False
        """Whether a turn is under way: what its events ask for is not all done yet."""
        self.may_call_python = False
        """Whether any event may call Python in the middle."""
        self.is_behind = False
        """Whether the last turn left something over, so that peers should wait."""
        self.refusals = Refusals()
        """What scripts asked for and could not have."""
        self._engine = engine
        self._loop = loop
        self._asking: Event | None = None
        self._settled = settled
        self._failed = failed
        self._queue: deque[Event] = deque()
        self._rounds = Rounds()  # what a turn left over, and all that comes behind it
        self._unapplied: Iterator[Operation] | None = None  # what it asked for and is not done
        self._failure: EngineError | None = None  # of the engine, once that is done
        self._handle: asyncio.Handle | None = None
        self._waiting: list[Callable[[], None]] = []
        self._served: dict[tuple[int, Callable[[], None]], None] = {}
        self._closed = False
        self._patient = 0  # events that may wait for more of their kind
        self._gathered = 0  # how many of these there were in the last iteration of the loop

    @property
    def is_pending(self) -> bool:
        """Whether events wait for a turn."""
        return bool(self._queue or self._rounds)

    def holds(self, target: int) -> bool:
        """Tell whether events of a target wait since an earlier turn, or what they asked for."""
        return self._unapplied is not None or self._rounds.holds(target)

    def post(self, event: Event) -> None:
        """Queue an event for the next turn.

        Args:
            event: target, type and details.

        Raises:
            ValueError: the engines do not take such an event: it has too many details, or is a
                message with half a surrogate pair in it.
        """
        check_event(event)
        if self._closed:
            return
        self._queue.append(event)
        if self._handle is None:
            self._handle = self._loop.call_soon(self._turn)

    def post_message(self, target: int, payload: Primitive) -> None:
        """Queue a ``message`` event for the next turn, the shortest way.

        Args:
            target: the object in scripts that gets it.
            payload: its one detail, without half a surrogate pair: nobody looks.
        """
        # As above, written out: another call for each message would be a third of this.
        if self._closed:
            return
        self._queue.append((target, "message", payload))
        if self._handle is None:
            self._handle = self._loop.call_soon(self._turn)

    def post_patiently(self, event: Event) -> None:
        """Queue an event that may wait as long as each iteration of the loop brings more.

        The loop accepts one connection in an iteration, and connections come in crowds: without
        this each would have a turn for itself. Any other event ends the wait.
        """
        self.post(event)
        self._patient += 1

    def post_asking(self, event: Event) -> None:
        """Queue an event that may call Python in the middle, although others may not."""
        self.post(event)
        self._asking = event

    def when_caught_up(self, resume: Callable[[], None]) -> None:
        """Call a function once the queue is empty. Until then no peer gets on."""
        self._waiting.append(resume)

    def when_served(self, target: int, resume: Callable[[], None]) -> None:
        """Call a function once the events of a target have run, and what they asked for is done.

        Args:
            target: the object in scripts that gets them.
            resume: called once, however often it is given.
        """
        self._served[target, resume] = None

    def close(self) -> None:
        """Drop all events, and every one that still comes."""
        self._closed = True
        self._queue.clear()
        self._rounds.clear()
        self._unapplied = None
        self.is_running = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._resume()

    def _turn(self) -> None:
        self._handle = None
        if self._patient:
            patient = self._patient
            is_alone = patient == len(self._queue) and not self._rounds
            if self._gathered < patient < MAX_GATHERED and is_alone:
                self._gathered = patient
                self._handle = self._loop.call_soon(self._turn)
                return
            self._patient = self._gathered = 0
        self.is_running = True
        try:
            if self._unapplied is None:
                self._run()
            if self._unapplied is not None:
                self._apply(self._unapplied)
        except BrokenPipeError:
            self._failure = EngineError("the output was closed")
            self._unapplied = None
        except Exception as error:
            # A defect of ours; going on would leave the script waiting for ever.
            logger.exception("a turn failed")
            self._failure = EngineError(f"a turn failed: {error!r}")
            self._unapplied = None
        if self._unapplied is not None:
            # The same turn goes on, in further iterations of the loop.
            self._handle = self._handle or self._loop.call_soon(self._turn)
            return
        self.is_running = False
        if self._failure is not None:
            self.close()
            self._failed(self._failure)
            return
        if self._queue or self._rounds:
            # What the turn asked for may have posted an event already.
            self._handle = self._handle or self._loop.call_soon(self._turn)
            if self._served and not self._waiting:
                self._resume_served()
            return
        if self._waiting or self._served:
            self._resume()
        self._settled()

    def _run(self) -> None:
        """Let the engine run the next events."""
        rounds, queue = self._rounds, self._queue
        may_call_python = self.may_call_python
        if rounds or self._asking is not None or len(queue) > MAX_TURN_EVENTS:
            rounds.add(queue)
            events = rounds.first(MAX_TURN_EVENTS)
            if self._asking is not None and self._asking in events:
                before = events[: events.index(self._asking)]
                if not before:
                    may_call_python, self._asking = True, None
                events = before or events[:1]
            queue.clear()
            batch = self._engine.dispatch(events, TURN_BUDGET, may_call_python=may_call_python)
            rounds.drop(batch.handled)
        else:
            events = list(queue)
            queue.clear()
            batch = self._engine.dispatch(events, TURN_BUDGET, may_call_python=may_call_python)
            if batch.handled < len(events):
                rounds.add(events[batch.handled :])
        self.now = self._loop.time()
        self.is_behind = bool(rounds)
        self._failure = batch.failure
        if len(batch.operations) > OPERATIONS_BETWEEN_CHECKS:
            self._unapplied = iter(batch.operations)
        elif batch.operations:
            self.flusher.collect()
            try:
                self._apply_all(batch.operations)
            finally:
                self.flusher.flush()

    def _apply(self, operations: Iterator[Operation]) -> None:
        """Do what scripts asked for, where it is much, as long as the budget lasts."""
        end = self._loop.time() + TURN_BUDGET
        self.flusher.collect()
        try:
            while True:
                self._apply_all(islice(operations, OPERATIONS_BETWEEN_CHECKS))
                if not length_hint(operations):
                    self._unapplied = None
                    break
                if self._loop.time() >= end:
                    self.is_behind = True
                    break
        finally:
            self.flusher.flush()

    def _apply_all(self, operations: Iterable[Operation]) -> None:
        senders = self.senders
        for operation in operations:
            # What JavaScript says is a request: one that cannot be met must not take others along.
            name = ""
            try:
                if isinstance(operation, tuple):
                    name = operation[0]
                    # A connection may be gone while what a script sends is on its way.
                    if (send := senders.get(name)) is not None:
                        send(operation[1])
                else:
                    name, *details = json.loads(operation)
                    # A name that is no text would not even be unknown.
                    self.operations[str(name)](*details)
            except BrokenPipeError:
                # Nobody reads the output of the program any more.
                raise
            except Exception as error:
                self.refusals.add(name, error)

    def _resume(self) -> None:
        waiting, self._waiting = self._waiting, []
        served, self._served = self._served, {}
        for resume in waiting:
            resume()
        for _, resume in served:
            resume()

    def _resume_served(self) -> None:
        # What the turn has posted counts as well.
        self._rounds.add(self._queue)
        self._queue.clear()
        done = [one for one in self._served if not self._rounds.holds(one[0])]
        for one in done:
            del self._served[one]
            one[1]()
