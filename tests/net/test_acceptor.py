"""Accepting connections: how many at a time, and what happens when there are too many."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Any, cast

import pytest

from accessor_host.net.acceptor import MAX_ACCEPTED, PATIENCE, REPORT_INTERVAL, Acceptor, Crowd

from ..support.wire import run


class Listening:
    """A listening socket with clients that wait, or an error."""

    def __init__(self) -> None:
        self.waiting = 0
        self.error: int | None = None
        self.closed = False

    def setblocking(self, blocking: bool) -> None:
        assert not blocking

    def accept(self) -> tuple[socket.socket, object]:
        if self.error is not None:
            raise OSError(self.error, "too many of them")
        if not self.waiting:
            raise BlockingIOError
        self.waiting -= 1
        return socket.socket(), None

    def fileno(self) -> int:
        return -1 if self.closed else 7

    def close(self) -> None:
        self.closed = True


class Loop:
    """Writes down whom it watches and greets, and when it calls whom."""

    def __init__(self) -> None:
        self.watched: Callable[[], None] | None = None
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.greeted: list[socket.socket] = []
        self.failure: OSError | None = None

    def add_reader(self, sock: object, callback: Callable[[], None]) -> None:
        self.watched = callback

    def remove_reader(self, sock: object) -> None:
        self.watched = None

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        self.timers.append((delay, callback))
        return asyncio.get_running_loop().call_later(0, lambda: None)

    def create_task(self, work: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(work)

    async def connect_accepted_socket(self, make: object, connected: socket.socket) -> None:
        if self.failure is not None:
            raise self.failure
        self.greeted.append(connected)
        connected.close()


class Door:
    """An acceptor with what it works on."""

    def __init__(self) -> None:
        self.loop, self.socket, self.now = Loop(), Listening(), 1_000.0
        self.acceptor = Acceptor(
            cast("Any", self.loop),
            cast("Any", self.socket),
            asyncio.Protocol,
            Crowd(lambda: self.now),
        )

    async def iterate(self) -> None:
        if self.loop.watched is not None:
            self.loop.watched()
        await asyncio.sleep(0)


@pytest.mark.parametrize("count", [1, MAX_ACCEPTED, MAX_ACCEPTED + 1])
def test_so_many_are_accepted_in_one_iteration(count: int) -> None:
    async def test() -> None:
        door = Door()
        door.socket.waiting = count
        await door.iterate()
        assert len(door.loop.greeted) == min(count, MAX_ACCEPTED)
        await door.iterate()
        assert len(door.loop.greeted) == count

    run(test())


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_it_rests_while_there_are_too_many_and_says_so_once_a_minute(
    error: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        door = Door()
        door.socket.error = error
        for _ in range(5):
            await door.iterate()
            assert door.loop.watched is None
            delay, again = door.loop.timers.pop()
            assert delay == PATIENCE
            again()
        line = "clients are not served until others leave: too many of them"
        assert caplog.messages == [line]
        door.now += REPORT_INTERVAL - 0.001
        await door.iterate()
        assert caplog.messages == [line]
        door.now += 0.001
        door.loop.timers.pop()[1]()
        await door.iterate()
        assert caplog.messages == [line, line]
        door.socket.error, door.socket.waiting = None, 1
        door.loop.timers.pop()[1]()
        await door.iterate()
        assert len(door.loop.greeted) == 1

    with caplog.at_level(logging.WARNING):
        run(test())


def test_another_error_is_raised() -> None:
    async def test() -> None:
        door = Door()
        door.socket.error = errno.EBADF
        with pytest.raises(OSError, match="too many of them"):
            await door.iterate()

    run(test())


def test_a_client_that_has_left_already_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        door = Door()
        door.socket.waiting, door.loop.failure = 1, ConnectionResetError("gone")
        await door.iterate()
        assert caplog.messages == ["a client could not be served: gone"]

    with caplog.at_level(logging.DEBUG, "accessor_host.websocket"):
        run(test())


def test_a_closed_acceptor_accepts_no_more() -> None:
    async def test() -> None:
        door = Door()
        door.socket.error = errno.EMFILE
        await door.iterate()
        door.acceptor.close()
        door.acceptor.close()
        assert door.socket.closed
        assert door.loop.watched is None

    run(test())


class Transport(asyncio.BaseTransport):
    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self

    def fileno(self) -> int:
        return self._number


@pytest.mark.parametrize(
    ("number", "connections", "says"), [(99, 25, True), (98, 25, False), (99, 24, False)]
)
def test_who_gets_the_last_file_is_noticed(
    number: int, connections: int, says: bool, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = Crowd(lambda: 0.0)
    crowd._max_files = 100
    crowd.look(Transport(number), connections)
    assert len(caplog.messages) == says
