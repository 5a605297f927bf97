"""The states of a connection, and what leads from one to the next.

Rules that this file obeys:

1. A connection is in one state at a time. Nothing else says where it is in its life.
2. A state changes in :func:`next_state` alone, which reads :data:`TRANSITIONS`. An event that the
   table does not have for a state cannot happen there: it is a defect of ours, never a fault of
   the peer, which can cause an event only where the table has it.
3. The owner hears of a violation before it hears of the end: :attr:`State.ANSWERING` and
   :attr:`State.FAILING`, which hold a violation, are left by :attr:`Event.FAIL` only.
4. Once a connection is ending, it does not come back: it waits for the end of TCP.
5. What a state allows is one of the sets below, and asked for there.

How much is read and written meanwhile is another matter, with three causes that do not depend on
each other: ``accessor_host.net.stream``. Of the states it needs :data:`PAUSABLE` and
:data:`UNREAD`.

``python -m accessor_host.websocket.diagram`` draws this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

__all__ = [
    "DELIVERING",
    "ENDING",
    "HOLDING",
    "OPENED",
    "PAUSABLE",
    "SENDING",
    "TRANSITIONS",
    "UNREAD",
    "Event",
    "LocalError",
    "State",
    "next_state",
]


class State(Enum):
    """Where a connection is in its life; the value says it in words."""

    # There is one object for each: Enum's own hash, in Python, takes five times as long.
    __hash__ = object.__hash__

    OPENING = "The opening handshake is going on."
    OPEN = "Messages go in both directions."
    ANSWERING = "The peer has broken a rule; the owner may still answer what came before."
    FAILING = "The same, but nothing is sent any more; the owner has yet to hear of it."
    CLOSING = "We have closed or failed; what still comes in is dropped."
    PEER_CLOSED = "The peer has closed; messages that came before are still delivered."
    REFUSED = "The handshake has failed; the answer that says so may be on its way."
    CLOSED = "TCP is gone."


class Event(Enum):
    """What happens to a connection; the value says it in words."""

    __hash__ = object.__hash__

    ACCEPT = "the handshake is done"
    REFUSE = "the handshake cannot be done"
    CLOSE = "we send a close frame"
    PEER_CLOSE = "a close frame comes"
    VIOLATE = "the peer breaks a rule or passes a limit"
    FAIL = "the owner is told of the fault"
    END = "the peer's bytes end"
    ABORT = "we cut TCP"
    LOSE = "TCP is gone"


_S, _E = State, Event

TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    _S.OPENING: {
        _E.ACCEPT: _S.OPEN,
        _E.REFUSE: _S.REFUSED,
        _E.ABORT: _S.REFUSED,
        _E.LOSE: _S.CLOSED,
    },
    _S.OPEN: {
        _E.CLOSE: _S.CLOSING,
        _E.PEER_CLOSE: _S.PEER_CLOSED,
        _E.VIOLATE: _S.ANSWERING,
        # Not held back: a peer that does not read what was sent reads no answer either.
        _E.FAIL: _S.CLOSING,
        _E.END: _S.CLOSING,
        _E.ABORT: _S.CLOSING,
        _E.LOSE: _S.CLOSED,
    },
    _S.ANSWERING: {
        _E.CLOSE: _S.FAILING,
        _E.FAIL: _S.CLOSING,
        _E.ABORT: _S.FAILING,
    },
    _S.FAILING: {
        _E.FAIL: _S.CLOSING,
        _E.ABORT: _S.FAILING,
    },
    _S.CLOSING: {
        _E.END: _S.CLOSING,
        _E.ABORT: _S.CLOSING,
        _E.LOSE: _S.CLOSED,
    },
    _S.PEER_CLOSED: {
        # A message that came before the close frame is found wrong when its turn comes.
        _E.VIOLATE: _S.FAILING,
        _E.END: _S.PEER_CLOSED,
        _E.ABORT: _S.PEER_CLOSED,
        _E.LOSE: _S.CLOSED,
    },
    _S.REFUSED: {
        _E.END: _S.REFUSED,
        _E.ABORT: _S.REFUSED,
        _E.LOSE: _S.CLOSED,
    },
    _S.CLOSED: {},
}
"""What may happen in each state, and which state follows."""

# Tuples: to look for an enum's member in a set takes ten times as long.

SENDING = (_S.OPEN, _S.ANSWERING)
"""States in which messages can be sent."""

DELIVERING = (_S.OPEN, _S.ANSWERING, _S.PEER_CLOSED)
"""States in which messages that came in reach the owner."""

PAUSABLE = (_S.OPEN,)
"""States in which the owner can pause reading; in the others the end of TCP is waited for."""

UNREAD = (_S.ANSWERING, _S.CLOSED)
"""States in which nothing is read: what follows a violation does not count."""

HOLDING = (_S.ANSWERING, _S.FAILING)
"""States that hold a violation of which the owner has yet to hear."""

OPENED = (_S.OPEN, _S.ANSWERING, _S.FAILING, _S.CLOSING, _S.PEER_CLOSED)
"""States of a connection whose handshake was done: its owner hears of its end."""

ENDING = (_S.FAILING, _S.CLOSING, _S.PEER_CLOSED, _S.REFUSED)
"""States in which only the end of TCP is waited for, until the closing deadline."""


class LocalError(Exception):
    """Report an event that cannot happen in a state: a defect of ours."""

    def __init__(self, state: State, event: Event) -> None:
        self.state = state
        self.event = event
        super().__init__(state, event)

    def __str__(self) -> str:
        allowed = ", ".join(event.name for event in TRANSITIONS[self.state]) or "nothing"
        return f"{self.event.name} in state {self.state.name}, which allows {allowed}"


def next_state(state: State, event: Event) -> State:
    """Return the state that follows.

    Args:
        state: in which something happens.
        event: what happens.

    Raises:
        LocalError: it cannot happen there.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise LocalError(state, event) from None
