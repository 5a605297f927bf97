"""Frames that are read without a parser: the same ones, and with the same result."""

from __future__ import annotations

import random

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from accessor_host.websocket.fast_frames import whole_texts

LIMIT = 100_000


def frame(
    payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, mask: bool = True
) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=mask)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, LIMIT])
def test_a_text_of_any_size_is_read(size: int) -> None:
    data = frame(b"x" * size)
    assert whole_texts(data, LIMIT) == (["x" * size], len(data))


def test_several_texts_are_read_in_order() -> None:
    data = frame(b"one") + frame("zwölf".encode()) + frame(b"")
    assert whole_texts(data, LIMIT) == (["one", "zwölf", ""], len(data))


@pytest.mark.parametrize("size", [0, 3, 200, 70_000])
def test_nothing_is_taken_of_a_frame_that_is_not_all_there(size: int) -> None:
    first, second = frame(b"first"), frame(b"y" * size)
    ends = {*range(min(20, len(second))), len(second) // 2, len(second) - 1}
    for end in ends:
        assert whole_texts(first + second[:end], LIMIT) == (["first"], len(first))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(frame(b"x" * (LIMIT + 1)), id="too large"),
        pytest.param(frame(b"\xff"), id="not UTF-8"),
        pytest.param(frame("ö".encode()[:1]), id="half a character"),
        pytest.param(frame(b"\xed\xa0\x80"), id="a surrogate"),
        pytest.param(frame(b"x", fin=False), id="a fragment"),
        pytest.param(frame(b"x", Opcode.CONT), id="the end of a message"),
        pytest.param(frame(b"x", Opcode.BINARY), id="binary"),
        pytest.param(frame(b"x", Opcode.PING), id="ping"),
        pytest.param(frame(b"x", Opcode.PONG), id="pong"),
        pytest.param(frame(b"\x03\xe8", Opcode.CLOSE), id="close"),
        pytest.param(bytes([0xC1]) + frame(b"x")[1:], id="a bit of an extension"),
        pytest.param(bytes([0x83]) + frame(b"x")[1:], id="no known opcode"),
        *(
            pytest.param(frame(b"x" * size, mask=False), id=f"{size} bytes, not masked")
            for size in (0, 1, 125, 126, 65_536)
        ),
        pytest.param(b"\x81\xff" + b"\xff" * 12 + b"x" * 50, id="2^64 bytes announced"),
    ],
)
def test_every_other_frame_is_left_to_the_parser(other: bytes) -> None:
    first = frame(b"first")
    assert whole_texts(first + other + frame(b"third"), LIMIT) == (["first"], len(first))


def test_what_is_read_is_what_the_parser_reads() -> None:
    chance = random.Random(6455)
    for _ in range(300):
        data = b"".join(random_frame(chance) for _ in range(4))
        data = data[: chance.randrange(len(data) + 1)]
        messages, end = whole_texts(data, LIMIT)
        protocol = ServerProtocol(state=OPEN, max_size=LIMIT)
        protocol.receive_data(data[:end])
        frames = protocol.events_received()
        assert [(f.opcode, f.fin, bytes(f.data).decode()) for f in frames] == [
            (Opcode.TEXT, True, message) for message in messages
        ]
        assert protocol.state is OPEN
        assert not protocol.reader.buffer


def random_frame(chance: random.Random) -> bytes:
    size = chance.choice([0, 1, 20, 125, 126, 300, 65_536])
    data = bytearray(frame("ä".encode() * (size // 2) + b"z" * (size % 2)))
    if chance.random() < 0.2:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)
