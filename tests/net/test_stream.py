"""Back-pressure of a connection, whatever is spoken over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from accessor_host.net.flusher import Flusher
from accessor_host.net.stream import Stream

from ..support.wire import run
from .test_shares import Loop, shares_of


class Wire(asyncio.Transport):
    """A transport that writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []
        self.closing = False
        self.unsent = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.told.append(bytes(data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.told.append("eof")

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.told.append("pause")

    def resume_reading(self) -> None:
        self.told.append("resume")

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.told.append(high)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 4711) if name == "peername" else default


class Sulking(Stream):
    """A protocol that does not always want to read."""

    def __init__(self) -> None:
        self.loop = Loop()
        super().__init__(Flusher(), shares_of(self.loop), high_water=10, max_unsent_bytes=30)
        self.left = 0
        self.sulks = False
        self.times_read_again = 0

    def sulk(self, sulks: bool) -> None:
        self.sulks = sulks
        self._update_reading()

    def _wants_to_read(self) -> bool:
        return super()._wants_to_read() and not self.sulks

    def _reading_again(self) -> None:
        self.times_read_again += 1

    def flood(self, shares: int) -> None:
        self.left = shares
        self._wait_for_share()

    def _handle_share(self) -> None:
        self.left -= 1
        if self.left:
            self._wait_for_share()


def made() -> tuple[Sulking, Wire]:
    stream, wire = Sulking(), Wire()
    stream.connection_made(wire)
    assert wire.told == [10]
    wire.told.clear()
    return stream, wire


def test_a_stream_knows_its_peer() -> None:
    stream, _ = made()
    assert (stream.remote_host, stream.remote_port) == ("192.0.2.1", 4711)


CAUSES: dict[str, tuple[Callable[[Sulking], None], Callable[[Sulking], None]]] = {
    "owner": (Sulking.pause, Sulking.resume),
    "peer": (Sulking.pause_writing, Sulking.resume_writing),
    "protocol": (lambda stream: stream.sulk(True), lambda stream: stream.sulk(False)),
}


@pytest.mark.parametrize("order", list(permutations(CAUSES)), ids="-".join)
def test_each_cause_stops_reading_and_all_have_to_end(order: tuple[str, ...]) -> None:
    stream, wire = made()
    for cause in order:
        CAUSES[cause][0](stream)
        assert wire.told == ["pause"]
    for cause in order[:-1]:
        CAUSES[cause][1](stream)
        assert wire.told == ["pause"]
        assert not stream.times_read_again
    CAUSES[order[-1]][1](stream)
    assert wire.told == ["pause", "resume"]
    assert stream.times_read_again == 1


def test_who_has_brought_more_than_a_share_is_read_again_once_it_is_handled() -> None:
    stream, wire = made()
    stream.flood(2)
    assert wire.told == ["pause"]
    stream.loop.iterate()
    assert wire.told == ["pause"]
    stream.loop.iterate()
    assert wire.told == ["pause", "resume"]
    assert not stream.loop.scheduled


@pytest.mark.parametrize("cause", CAUSES)
def test_nothing_is_handled_as_long_as_something_else_stops_reading(cause: str) -> None:
    stream, wire = made()
    stream.flood(1)
    CAUSES[cause][0](stream)
    stream.loop.iterate()
    assert (stream.left, stream.loop.scheduled) == (1, [])
    CAUSES[cause][1](stream)
    assert wire.told == ["pause"]
    stream.loop.iterate()
    assert stream.left == 0
    assert wire.told == ["pause", "resume"]


def test_what_is_asked_twice_is_told_once() -> None:
    stream, wire = made()
    stream.resume()
    stream.pause()
    stream.pause()
    stream.resume()
    assert wire.told == ["pause", "resume"]


def test_a_closing_transport_is_told_nothing() -> None:
    stream, wire = made()
    wire.closing = True
    stream.pause()
    assert wire.told == []


def test_what_is_queued_leaves_once_in_a_turn_and_at_once_above_the_mark() -> None:
    async def test() -> None:
        stream, wire = made()
        stream._queue(b"one")
        stream._queue(b"two")
        assert wire.told == []
        await asyncio.sleep(0)
        assert wire.told == [b"onetwo"]
        stream._queue(b"x" * 11)
        assert wire.told[1:] == [b"x" * 11]

    run(test())


def test_no_more_fits_than_may_wait() -> None:
    stream, wire = made()
    wire.unsent = 20
    assert stream._fits(10)
    assert not stream._fits(11)


def test_a_stream_ends_once_behind_what_was_queued() -> None:
    async def test() -> None:
        stream, wire = made()
        stream._queue(b"last")
        stream._finish()
        stream._finish()
        assert wire.told == [b"last", "eof"]

    run(test())
