"""The queue of peers that have brought more than their share of an iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accessor_host.net.shares import BUDGET, Shares


class Loop:
    """An event loop of which only the next iteration exists, and a clock that work advances."""

    def __init__(self) -> None:
        self.now = 0.0
        self.scheduled: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.scheduled.append(callback)

    def iterate(self) -> None:
        scheduled, self.scheduled = self.scheduled, []
        for callback in scheduled:
            callback()


def shares_of(loop: Any) -> Shares:
    return Shares(loop, lambda: loop.now)


class Peer:
    """Has something for some shares, each of which takes its time."""

    def __init__(
        self, name: str, log: list[str], loop: Loop, shares: Shares, left: int = 1, cost: float = 0
    ) -> None:
        self._name = name
        self._log = log
        self._loop = loop
        self._shares = shares
        self._left = left
        self._cost = cost
        shares.join(self)

    def take_turn(self) -> None:
        self._log.append(self._name)
        self._loop.now += self._cost
        self._left -= 1
        if self._left:
            self._shares.join(self)


def test_each_peer_gets_one_share_in_an_iteration() -> None:
    loop, log = Loop(), list[str]()
    shares = shares_of(loop)
    for name in "abc":
        Peer(name, log, loop, shares, left=2)
    loop.iterate()
    assert log == list("abc")
    loop.iterate()
    assert log == list("abcabc")
    loop.iterate()
    assert log == list("abcabc")
    assert not loop.scheduled


def test_who_waits_already_does_not_get_a_second_place() -> None:
    loop, log = Loop(), list[str]()
    shares = shares_of(loop)
    peer = Peer("a", log, loop, shares)
    shares.join(peer)
    loop.iterate()
    assert log == ["a"]


@pytest.mark.parametrize(("cost", "served"), [(BUDGET / 2.01, 3), (BUDGET, 1), (BUDGET / 3.9, 4)])
def test_an_iteration_ends_when_its_budget_is_spent_and_the_next_goes_on_there(
    cost: float, served: int
) -> None:
    loop, log = Loop(), list[str]()
    shares = shares_of(loop)
    for name in "abcde":
        Peer(name, log, loop, shares, left=2, cost=cost)
    loop.iterate()
    assert log == list("abcde"[:served])
    loop.iterate()
    assert log == list("abcdeabcde"[: 2 * served])


def test_who_has_left_is_not_asked() -> None:
    loop, log = Loop(), list[str]()
    shares = shares_of(loop)
    peers = [Peer(name, log, loop, shares) for name in "abc"]
    shares.leave(peers[1])
    shares.leave(peers[1])
    loop.iterate()
    assert log == ["a", "c"]


def test_the_others_go_on_when_one_fails() -> None:
    class Broken(Peer):
        def take_turn(self) -> None:
            raise ZeroDivisionError

    loop, log = Loop(), list[str]()
    shares = shares_of(loop)
    Broken("a", log, loop, shares)
    Peer("b", log, loop, shares)
    with pytest.raises(ZeroDivisionError):
        loop.iterate()
    loop.iterate()
    assert log == ["b"]
