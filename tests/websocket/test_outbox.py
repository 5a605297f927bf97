"""The queue before a client is open: its bounds, at the edge."""

from __future__ import annotations

import pytest

from accessor_host.websocket.outbox import FRAME_OVERHEAD, Outbox
from accessor_host.websocket.settings import ClientNames

NAMES = ClientNames(max_queued_messages="mostMessages", max_unsent_bytes="mostBytes")


def test_messages_leave_in_order_with_their_kind() -> None:
    outbox = Outbox(3, 1000, NAMES)
    assert [outbox.add(payload) for payload in ("\u00e4", b"\xff", "\ud800")] == [None] * 3
    assert [outbox.take() for _ in range(3)] == [
        (True, b"\xc3\xa4"),
        (False, b"\xff"),
        (True, b"\xef\xbf\xbd"),
    ]
    with pytest.raises(IndexError):
        outbox.take()


@pytest.mark.parametrize("bound", [0, 1, 5])
def test_the_number_of_messages_is_bounded(bound: int) -> None:
    outbox = Outbox(bound, 1000, NAMES)
    for _ in range(bound):
        assert outbox.add("") is None
    assert outbox.add("") == f"mostMessages, {bound} messages"
    assert len(outbox) == bound
    if bound:
        outbox.take()
        assert outbox.add("") is None


def test_the_bytes_are_bounded_with_their_frame_headers() -> None:
    outbox = Outbox(100, 2 * (10 + FRAME_OVERHEAD), NAMES)
    assert outbox.add("x" * 10) is None
    assert outbox.add(b"x" * 11) == f"mostBytes, {2 * (10 + FRAME_OVERHEAD)} bytes"
    assert outbox.add(b"x" * 10) is None
    assert outbox.add("") is not None
    assert outbox.clear() == 2
    assert outbox.add("x" * 34) is None
