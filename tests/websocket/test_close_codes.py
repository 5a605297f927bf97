"""Close codes and reasons."""

from __future__ import annotations

import pytest

from accessor_host.websocket.close_codes import LONGEST_REASON, check_close, fitting_reason


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 4999, None])
def test_codes_that_may_be_sent(code: int | None) -> None:
    check_close(code, "")


@pytest.mark.parametrize("code", [0, -1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, True, 1.5])
def test_codes_that_may_not_be_sent(code: int) -> None:
    with pytest.raises(ValueError, match=r"may not be sent; expected one of 1000 to 1003"):
        check_close(code, "")


def test_the_reason_is_limited_at_the_edge() -> None:
    check_close(1000, "é" * 61 + "x")
    with pytest.raises(ValueError, match="longer than 123 bytes"):
        check_close(1000, "é" * 62)


def test_a_reason_needs_a_code_and_a_utf8_form() -> None:
    with pytest.raises(ValueError, match="needs a close code"):
        check_close(None, "why")
    with pytest.raises(ValueError, match="surrogates"):
        check_close(1000, "\ud800")


def test_our_own_reasons_are_cut_at_a_character() -> None:
    assert fitting_reason("short") == "short"
    cut = fitting_reason("x" + "é" * 100)
    assert cut == "x" + "é" * 61
    assert len(cut.encode()) == LONGEST_REASON
