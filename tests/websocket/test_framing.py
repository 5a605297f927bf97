"""Frames of texts that go to many: made once, and not kept for long when they are large."""

from __future__ import annotations

from accessor_host.net.flusher import Flusher
from accessor_host.websocket.framing import LONGEST_KEPT, LastText


def test_a_text_that_goes_to_many_has_one_frame() -> None:
    last = LastText(Flusher())
    frame = last.make("h\u00e4")
    assert frame == b"\x81\x03h\xc3\xa4"
    assert last.frame is frame


def test_a_large_text_is_let_go_once_it_is_written_and_a_small_one_stays() -> None:
    flusher = Flusher()
    flusher.collect()
    last = LastText(flusher)
    for size, is_kept in ((LONGEST_KEPT, True), (LONGEST_KEPT + 1, False)):
        text = "x" * size
        last.make(text)
        assert last.text is text
        flusher.flush()
        flusher.collect()
        assert (last.text is text) == is_kept
        assert bool(last.frame) == is_kept
