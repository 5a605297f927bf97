"""Methods and fields of requests: nothing in them may end its line."""

from __future__ import annotations

import pytest

from accessor_host.http.client.failures import RequestError
from accessor_host.http.client.fields import (
    MAX_FIELD_BYTES,
    MAX_FIELDS,
    check_fields,
    check_method,
)


@pytest.mark.parametrize("method", ["GET", "DELETE", "M-SEARCH"])
def test_methods(method: str) -> None:
    assert check_method(method) == method


@pytest.mark.parametrize(
    "method", ["", "A B", "GET\r\nX: y", "GET\n", "CONNECT", "G\u00c9T", "A" * 33]
)
def test_what_is_no_method_is_refused(method: str) -> None:
    with pytest.raises(RequestError) as caught:
        check_method(method)
    assert caught.value.code == "HTTP_BAD_METHOD"


def test_fields_keep_their_order_and_ours_are_left_out() -> None:
    given = [["A", "1"], ["b", ""], ["A", "a\tb"], ["Content-Length", "7"], ["connection", "close"]]
    assert check_fields(given) == [("A", "1"), ("b", ""), ("A", "a\tb")]


@pytest.mark.parametrize(
    "field",
    [
        ["A", "b\r\nC: d"],
        ["A", "b\nC"],
        ["A", "\0"],
        ["A", " b"],
        ["A", "é"],
        ["A", 7],
        ["A\r\nB", "c"],
        ["A:", "c"],
        ["", "c"],
        ["Host", "other"],
        ["Transfer-Encoding", "chunked"],
        ["Proxy-Authorization", "x"],
        ["Upgrade", "h2c"],
        ["A"],
        "A",
        7,
    ],
)
def test_a_field_that_could_be_another_request_is_refused(field: object) -> None:
    with pytest.raises(RequestError) as caught:
        check_fields([field])
    assert caught.value.code == "HTTP_BAD_HEADER"


def test_there_are_so_many_fields_at_most() -> None:
    assert len(check_fields([["A", "b"]] * MAX_FIELDS)) == MAX_FIELDS
    with pytest.raises(RequestError, match="more than"):
        check_fields([["A", "b"]] * (MAX_FIELDS + 1))
    check_fields([["A", "b" * (MAX_FIELD_BYTES - 1)]])
    with pytest.raises(RequestError, match="more than"):
        check_fields([["A", "b" * MAX_FIELD_BYTES]])
