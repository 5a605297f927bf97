"""Keep-alive: which sign of life counts."""

from __future__ import annotations

from accessor_host.websocket.keepalive import KeepAlive


def test_only_the_answer_to_the_last_ping_counts() -> None:
    keep_alive = KeepAlive(0)
    assert not keep_alive.pong(b"", 1)
    first = keep_alive.ping(1)
    assert keep_alive.pong(first, 2)
    assert (keep_alive.waiting, keep_alive.since) == (False, 2)
    second = keep_alive.ping(3)
    assert second != first
    assert not keep_alive.pong(first, 4)
    assert keep_alive.waiting


def test_taking_what_is_queued_before_the_ping_is_a_sign_of_life() -> None:
    keep_alive = KeepAlive(0)
    keep_alive.ping(1)
    keep_alive.mark = 100
    keep_alive.left(50, 2)
    assert keep_alive.since == 2
    keep_alive.left(50, 3)
    assert keep_alive.since == 2, "nothing was taken"
    keep_alive.left(120, 4)
    assert keep_alive.since == 2, "the ping has left: its answer is due"
