"""The states of a connection: the table keeps its rules, and connections keep to the table."""

from __future__ import annotations

import asyncio
import random
from typing import Any, cast

import pytest
from websockets.frames import Frame, Opcode

from accessor_host.websocket import lifecycle
from accessor_host.websocket.states import (
    DELIVERING,
    ENDING,
    HOLDING,
    OPENED,
    PAUSABLE,
    SENDING,
    TRANSITIONS,
    UNREAD,
    Event,
    LocalError,
    State,
    next_state,
)

from ..support.wire import frame, handshake, run
from .connections import Client, Wire, settle

TEXT, CLOSE, PING = 1, 8, 9
VIOLATION = frame(TEXT, b"x", rsv=4)


# The table


def test_every_state_has_its_steps() -> None:
    assert set(TRANSITIONS) == set(State)


def reachable(start: State) -> set[State]:
    found = {start}
    while True:
        more = {after for state in found for after in TRANSITIONS[state].values()} - found
        if not more:
            return found
        found |= more


def test_every_state_can_be_reached_and_ends() -> None:
    assert reachable(State.OPENING) == set(State)
    assert all(State.CLOSED in reachable(state) for state in State)


def test_a_violation_is_told_before_the_end() -> None:
    for state in HOLDING:
        for event, after in TRANSITIONS[state].items():
            assert event is Event.FAIL or after in HOLDING


def test_what_is_ending_never_comes_back() -> None:
    for state in ENDING:
        assert reachable(state) <= {*ENDING, State.CLOSED}


def test_what_was_never_open_never_looks_as_if_it_had_been() -> None:
    assert reachable(State.REFUSED).isdisjoint(OPENED)


@pytest.mark.parametrize("state", State)
def test_an_event_that_cannot_happen_is_a_defect(state: State) -> None:
    for event in set(Event) - set(TRANSITIONS[state]):
        with pytest.raises(LocalError, match=f"^{event.name} in state {state.name}, which allows"):
            next_state(state, event)


# Connections


async def in_state(state: State) -> Client:
    """Make a connection, and have happen what leads to a state."""
    client = Client()
    if state is State.OPENING:
        return client
    if state is State.REFUSED:
        await client.receive(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
        return client
    await client.receive(handshake())
    connection = client.connection
    if state in HOLDING:
        connection.data_received(VIOLATION)
    if state in (State.FAILING, State.CLOSING):
        connection.close()
    elif state is State.PEER_CLOSED:
        await client.receive(frame(CLOSE, b"\x03\xe8"))
    elif state is State.CLOSED:
        await client.end()
    return client


@pytest.mark.parametrize("state", State)
def test_a_connection_does_what_its_state_allows(state: State) -> None:
    async def happen() -> None:
        client = await in_state(state)
        connection = client.connection
        assert connection._state is state
        assert connection.is_open == (state in SENDING)
        assert connection.is_opening == (state is State.OPENING)
        assert connection.send_text("x") == (state in SENDING)
        assert connection.send_binary(b"x") == (state in SENDING)
        wire = cast("Wire", connection._transport)
        wire.reading.clear()
        connection.pause()
        assert connection._reading == (state not in UNREAD and state not in PAUSABLE)
        connection.resume()
        assert connection._reading == (state not in UNREAD)
        await settle()

    run(happen())


@pytest.mark.parametrize("state", State)
def test_what_came_before_is_delivered_as_the_state_allows(state: State) -> None:
    async def happen() -> None:
        client = await in_state(state)
        assert client.connection._protocol is not None
        client.connection._deliver([Frame(Opcode.TEXT, b"one"), Frame(Opcode.TEXT, b"two")])
        told = [event[1] for event in client.events if event[0] == "message"]
        assert told == (["one", "two"] if state in DELIVERING else [])
        await settle()

    run(happen())


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_a_connection_that_is_cut_tells_what_it_has_to(state: State) -> None:
    async def happen() -> None:
        client = await in_state(state)
        client.connection.abort()
        client.connection.connection_lost(None)
        assert client.connection._state is State.CLOSED
        told = [event[0] for event in client.events if event[0] in ("fault", "closed")]
        assert told == ["fault"] * (state in HOLDING) + ["closed"] * (state in OPENED)
        await settle()

    run(happen())


def test_a_defect_ends_its_connection_and_nothing_else() -> None:
    reported: list[dict[str, Any]] = []

    async def happen() -> None:
        loop = asyncio.get_running_loop()
        client = await in_state(State.OPEN)
        loop.set_exception_handler(lambda _, context: reported.append(context))
        client.connection._move(Event.ACCEPT)
        assert client.wire[-1] == "abort"
        client.connection.connection_lost(None)
        assert client.events[-1] == ("closed", 1006, "")

    run(happen())
    assert [type(context["exception"]) for context in reported] == [LocalError]
    assert "ACCEPT in state OPEN" in reported[0]["message"]


PIECES = [
    handshake(),
    frame(TEXT, b"hello"),
    frame(TEXT, b"close"),
    frame(TEXT, b"begun", fin=False),
    frame(0, b"ended"),
    frame(PING, b"?"),
    frame(TEXT, b"\xff"),
    frame(CLOSE, b"\x03\xe8"),
    frame(TEXT, b"\xff") + frame(CLOSE),
    frame(11),
    VIOLATION,
    b"POST / HTTP/1.1\r\n\r\n",
]


async def live(chance: random.Random) -> None:
    """Have things happen to a connection in any order, and see that it ends as it has to."""
    client = Client(idle_timeout=30.0, max_unsent_bytes=1_500)
    connection, wire, ended = client.connection, cast("Wire", client.connection._transport), False
    if chance.random() < 0.8:
        await client.receive(handshake())

    def come() -> None:
        # A transport that is paused, or at its end, hands over nothing.
        if not (ended or wire.is_closing() or wire.reading[-1:] == [False]):
            data = b"".join(chance.choices(PIECES, k=chance.randint(1, 3)))
            connection.data_received(data[: chance.choice((len(data), len(data), 7))])

    def end() -> None:
        nonlocal ended
        if not (ended or wire.is_closing()):
            ended = True
            connection.eof_received()

    def be_late() -> None:
        client.now += chance.choice((5, 20, 40))
        connection.expire(client.now)

    # Each as often as it is here.
    happenings = [
        *[come] * 8,
        *[connection.pause, connection.resume, be_late] * 2,
        lambda: connection.close(4000),
        lambda: connection.send_text("x" * chance.choice((1, 2_000))),
        end,
        connection.abort,
    ]
    for _ in range(chance.randrange(12)):
        chance.choice(happenings)()
        if chance.random() < 0.5:
            await settle()
    connection.connection_lost(None)
    await settle()
    assert connection._state is State.CLOSED
    told = [event[0] for event in client.events]
    assert told.count("closed") == told.count("opened")
    assert told.count("fault") <= 1
    assert "closed" not in told[:-1]


def test_whatever_happens_is_in_the_table_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: set[tuple[State, Event]] = set()

    def note(state: State, event: Event) -> State:
        happened.add((state, event))
        return next_state(state, event)

    monkeypatch.setattr(lifecycle, "next_state", note)
    for seed in range(600):
        # An event that the table does not have would reach the loop's exception handler.
        run(live(random.Random(seed)))
    assert happened == {(state, event) for state, steps in TRANSITIONS.items() for event in steps}
