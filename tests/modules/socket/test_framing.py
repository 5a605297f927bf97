"""Messages behind their lengths: whole, in pieces, and what lies about its length."""

from __future__ import annotations

import random
import time

import pytest

from accessor_host.modules.socket.framing import Deframer, frame

MAX = 100_000


def read(pieces: list[bytes], max_size: int = MAX) -> tuple[list[bytes], Deframer]:
    """Feed pieces, and take all there is after each."""
    deframer = Deframer(max_size)
    found: list[bytes] = []
    for piece in pieces:
        deframer.feed(piece)
        while taken := deframer.take(3):
            found += taken
    return found, deframer


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "00"),
        (1, "01"),
        (254, "fe"),
        (255, "ff000000ff"),
        (256, "ff00000100"),
        (70_000, "ff00011170"),
    ],
)
def test_the_length_stands_before_a_message(size: int, head: str) -> None:
    payload = b"x" * size
    assert frame(payload) == bytes.fromhex(head) + payload
    assert read([frame(payload)])[0] == [payload]


def test_a_short_message_may_have_a_long_length() -> None:
    assert read([b"\xff\0\0\0\2ab\xff\0\0\0\0"])[0] == [b"ab", b""]


def test_messages_that_come_at_once_are_as_many() -> None:
    payloads = [b"one", b"", b"y" * 300, b"three"]
    assert read([b"".join(map(frame, payloads))])[0] == payloads


def test_messages_that_come_byte_by_byte() -> None:
    payloads = [b"one", b"", b"y" * 300, b"three"]
    stream = b"".join(map(frame, payloads))
    found, deframer = read([bytes((byte,)) for byte in stream])
    assert found == payloads
    assert (deframer.rest, deframer.has_more, deframer.fault) == (0, False, None)


def test_no_more_than_was_asked_for() -> None:
    deframer = Deframer(MAX)
    deframer.feed(frame(b"a") * 5)
    assert deframer.take(2) == [b"a", b"a"]
    assert deframer.has_more
    deframer.feed(frame(b"b") + b"\5x")
    assert deframer.take(9) == [b"a", b"a", b"a", b"b"]
    assert (deframer.has_more, deframer.rest) == (False, 2)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("ff000186a1", "a message of 100001 bytes is announced, more than the limit of 100000"),
        ("ff7fffffff", "a message of 2147483647 bytes is announced, more than the limit of 100000"),
        ("ffffffffff", "a message of -1 bytes is announced, less than none"),
        ("ff80000000", "a message of -2147483648 bytes is announced, less than none"),
    ],
)
def test_a_length_that_cannot_be(head: str, words: str) -> None:
    stream = frame(b"before") + bytes.fromhex(head)
    for pieces in ([stream, b"more"], [bytes((byte,)) for byte in stream + b"more"]):
        found, deframer = read(pieces)
        assert found == [b"before"]
        assert deframer.fault == words
        assert (deframer.rest, deframer.has_more) == (0, False)


def test_the_limit_itself_is_allowed() -> None:
    payload = b"x" * 500
    assert read([frame(payload)], 500)[0] == [payload]
    assert read([frame(payload)], 499)[1].fault is not None
    assert read([frame(b"x" * 254)], 254)[0] == [b"x" * 254]
    assert read([frame(b"x" * 254)], 253)[1].fault is not None


def test_a_large_message_in_small_pieces_takes_no_longer_for_its_size() -> None:
    # Copied with each piece, this would take a minute.
    deframer = Deframer(2**31 - 1)
    deframer.feed(b"\xff" + (64 * 2**20).to_bytes(4) + b"x" * (60 * 2**20))
    deframer.take(1)
    began = time.process_time()
    for _ in range(5_000):
        deframer.feed(b"x")
        assert deframer.take(1) == []
    assert time.process_time() - began < 2
    assert deframer.rest == 60 * 2**20 + 5 + 5_000


def test_however_a_stream_is_cut_the_messages_are_the_same() -> None:
    chance = random.Random(11)
    for _ in range(300):
        sizes = [chance.choice([0, 1, 5, 253, 254, 255, 256, 1_000]) for _ in range(20)]
        payloads = [chance.randbytes(size) for size in sizes]
        stream = b"".join(map(frame, payloads))
        pieces = []
        while stream:
            cut = chance.choice([1, 2, 3, 7, 300, 5_000])
            pieces.append(stream[:cut])
            stream = stream[cut:]
        found, deframer = read(pieces)
        assert found == payloads
        assert deframer.rest == 0
