"""What events carry, by the type that is received: with messages and without."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from accessor_host.codecs.elements import ELEMENT_SIZES, encode_numbers
from accessor_host.codecs.images import MAX_IMAGE_PIXELS
from accessor_host.errors import DecodingError
from accessor_host.modules.socket.framing import frame
from accessor_host.modules.socket.readers import MAX_ELEMENTS, Item, Reader, make_reader
from accessor_host.net.shares import SHARE_FRAMES

from ...support.images import encoded


def reader(kind: str, *, raw: bool, batch: bool = False, max_size: int = 10_000) -> Reader:
    return make_reader(
        kind, is_raw=raw, is_batch=batch, max_size=max_size, max_pixels=MAX_IMAGE_PIXELS
    )


def items(one: Reader, *pieces: bytes) -> list[Item]:
    found: list[Item] = []
    for piece in pieces:
        one.feed(piece)
        found += one.take()
        while one.has_more:
            found += one.take()
    return found


@pytest.mark.parametrize("kind", ELEMENT_SIZES)
def test_numbers_in_messages_are_a_list_or_the_only_one(kind: str) -> None:
    one = reader(kind, raw=False)
    many, single = encode_numbers(kind, [1, 2, 3]), encode_numbers(kind, [7])
    found = items(one, frame(many) + frame(single) + frame(b""))
    assert [json.loads(str(item)) for item in found] == [[1, 2, 3], 7, []]


def test_a_message_that_ends_in_a_number_is_dropped_and_the_next_is_read() -> None:
    found = items(reader("int", raw=False), frame(b"12345") + frame(b"\0\0\0\1"))
    assert isinstance(found[0], DecodingError)
    assert found[0].code == "ERR_BAD_MESSAGE"
    assert found[0].reason == "a message of 5 bytes is no list of int, of 4 bytes each"
    assert found[1:] == ["1"]


def test_text_in_messages() -> None:
    found = items(reader("string", raw=False), frame("Grüße\0".encode()) + frame(b"\xff") + b"\0")
    assert found == ["Grüße\0", "\ufffd", ""]


def test_images_in_messages() -> None:
    png = encoded("image/png", (4, 3))
    found = items(reader("image", raw=False), frame(png) + frame(b"none"))
    assert str(found[0]).startswith("image/png 4 3 iVBOR")
    assert isinstance(found[1], DecodingError)
    assert found[1].code == "ERR_BAD_MESSAGE"


def test_text_of_a_stream_comes_in_its_pieces() -> None:
    one = reader("string", raw=True)
    assert items(one, "aü".encode()[:2], "aü".encode()[2:], b"b\xf0") == ["a", "ü", "b"]
    assert one.rest == 1


@pytest.mark.parametrize("kind", ELEMENT_SIZES)
def test_numbers_of_a_stream_are_whole_however_it_is_cut(kind: str) -> None:
    chance = random.Random(3)
    values = [chance.randrange(100) for _ in range(50)]
    data, pieces = encode_numbers(kind, values), []
    while data:
        cut = chance.randrange(1, 12)
        pieces.append(data[:cut])
        data = data[cut:]
    found = [json.loads(str(item)) for item in items(reader(kind, raw=True), *pieces)]
    assert [value for part in found for value in part] == values


def test_the_bytes_of_images_of_a_stream_are_bytes() -> None:
    assert items(reader("image", raw=True), b"\x89PNG", b"\xff") == ["[137,80,78,71]", "[255]"]


def sizes(found: list[Item]) -> list[int]:
    return [len(json.loads(str(item))) for item in found]


@pytest.mark.parametrize("raw", [True, False])
def test_a_text_that_comes_alone_and_whole_takes_a_short_way(raw: bool) -> None:
    one = reader("string", raw=raw)
    data = "grüße\0".encode()
    assert one.read(data if raw else frame(data)) == "grüße\0"
    # What is cut, or is no UTF-8, takes the long one.
    assert one.read(data[:3]) is None
    assert one.read(b"\xff") is None
    assert one.read(b"\1\xff") is None
    assert items(one, data[:3] if raw else frame(data)[:4]) == (["gr"] if raw else [])
    assert one.read(b"a" if raw else frame(b"a")) is None
    assert items(one, data[3:] if raw else frame(data)[4:]) == ["üße\0" if raw else "grüße\0"]
    assert one.read(b"a" if raw else frame(b"a")) == "a"
    assert reader("byte", raw=raw).read(b"\1") is None


def test_many_numbers_are_several_events_in_several_shares() -> None:
    one = reader("byte", raw=True)
    one.feed(bytes(10 * MAX_ELEMENTS + 1))
    assert sizes(one.take()) == [MAX_ELEMENTS] * 8
    assert one.has_more
    one.feed(b"\1")
    assert sizes(one.take()) == [MAX_ELEMENTS, MAX_ELEMENTS, 2]
    assert not one.has_more


def test_a_batch_stays_together() -> None:
    assert sizes(items(reader("byte", raw=True, batch=True), bytes(5_000))) == [5_000]


def test_many_messages_come_in_shares() -> None:
    one = reader("string", raw=False)
    one.feed(frame(b"a") * (SHARE_FRAMES + 1))
    assert len(one.take()) == SHARE_FRAMES
    assert one.has_more
    assert one.take() == ["a"]


def test_a_fault_of_the_stream_is_told() -> None:
    one: Any = reader("string", raw=False, max_size=5)
    assert items(one, frame(b"12345") + frame(b"123456")) == ["12345"]
    assert one.fault == "a message of 6 bytes is announced, more than the limit of 5"
