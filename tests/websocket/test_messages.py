"""Reassembly: fragments, limits at their edges, UTF-8."""

from __future__ import annotations

import tracemalloc

import pytest

from accessor_host.errors import ConnectionFault
from accessor_host.websocket.limits import Limits
from accessor_host.websocket.messages import Fragments, decode_text


def assemble(parts: list[bytes], *, is_text: bool = True, **limits: int) -> str | bytes | None:
    fragments = Fragments(is_text, Limits(**limits))
    for part in parts[:-1]:
        assert fragments.add(part, fin=False) is None
    return fragments.add(parts[-1], fin=True)


def test_text_is_joined() -> None:
    assert assemble([b"ab", b"", b"c", b""]) == "abc"


def test_binary_is_joined_and_not_checked() -> None:
    assert assemble([b"\xff", b"\xfe"], is_text=False) == b"\xff\xfe"


@pytest.mark.parametrize("text", ["aé世🚀z", "\ufeffbom", "\x00"])
def test_a_character_may_be_cut_anywhere(text: str) -> None:
    data = text.encode()
    assert assemble([data[i : i + 1] for i in range(len(data))]) == text
    for cut in range(len(data) + 1):
        assert assemble([data[:cut], data[cut:]]) == text


def test_the_number_of_fragments_is_limited_at_the_edge() -> None:
    assert assemble([b""] * 5, max_fragments=5) == ""
    with pytest.raises(ConnectionFault, match="more than 5 fragments") as caught:
        assemble([b""] * 6, max_fragments=5)
    assert (caught.value.code, caught.value.close_code) == ("WS_TOO_MANY_FRAGMENTS", 1009)


def test_the_size_is_limited_at_the_edge() -> None:
    assert assemble([b"abc", b"de"], max_message_size=5) == "abcde"
    with pytest.raises(ConnectionFault, match="larger than 5 bytes") as caught:
        assemble([b"abc", b"def"], max_message_size=5)
    assert (caught.value.code, caught.value.close_code) == ("WS_MESSAGE_TOO_BIG", 1009)


def test_room_is_what_is_left() -> None:
    fragments = Fragments(True, Limits(max_message_size=5))
    fragments.add(b"abc", fin=False)
    assert fragments.room == 2


@pytest.mark.parametrize(
    "bad", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\x80"]
)
def test_invalid_utf8_is_refused_in_the_fragment_that_brings_it(bad: bytes) -> None:
    fragments = Fragments(True, Limits())
    fragments.add(b"good", fin=False)
    with pytest.raises(ConnectionFault) as caught:
        fragments.add(bad, fin=False)
    assert (caught.value.code, caught.value.close_code) == ("WS_INVALID_UTF8", 1007)
    with pytest.raises(ConnectionFault):
        decode_text(bad)


def test_a_character_that_stays_incomplete_is_refused_at_the_end() -> None:
    fragments = Fragments(True, Limits())
    fragments.add("é".encode()[:1], fin=False)
    with pytest.raises(ConnectionFault) as caught:
        fragments.add(b"", fin=True)
    assert caught.value.code == "WS_INVALID_UTF8"


def test_empty_fragments_hold_no_memory() -> None:
    fragments = Fragments(True, Limits())
    tracemalloc.start()
    try:
        for _ in range(16_000):
            fragments.add(b"", fin=False)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 10_000
