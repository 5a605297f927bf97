"""What the connections of an HTTP server know together: heads that clients send again and again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from accessor_host.http.server.group import (
    MAX_KNOWN_HEAD_BYTES,
    MAX_KNOWN_HEADS,
    HttpGroup,
)
from accessor_host.http.server.heads import BadRequestError
from accessor_host.http.server.settings import HttpServerSettings


def make_group() -> HttpGroup:
    nobody: Any = None
    settings = HttpServerSettings("127.0.0.1", 0)
    return HttpGroup(nobody, settings, nobody, nobody, nobody, lambda: 0.0, Counter())


def head(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def test_the_same_bytes_are_read_once() -> None:
    group = make_group()
    assert group.read_head(head("/a")) is group.read_head(head("/a"))
    assert group.read_head(head("/b")).path == "/b"
    assert group.read_head(head("/a", "X: 1\r\n")).fields == {"host": "x", "x": "1"}


def test_few_are_remembered() -> None:
    group = make_group()
    first = group.read_head(head("/0"))
    for number in range(1, MAX_KNOWN_HEADS):
        group.read_head(head(f"/{number}"))
    assert group.read_head(head("/0")) is first
    group.read_head(head("/more"))
    again = group.read_head(head("/0"))
    assert again is not first
    assert again.path == "/0"


def test_a_long_one_is_not_remembered() -> None:
    group = make_group()
    room = MAX_KNOWN_HEAD_BYTES - len(head("/", "X: \r\n"))
    for length, is_known in ((room, True), (room + 1, False)):
        data = head("/", f"X: {'x' * length}\r\n")
        assert (group.read_head(data) is group.read_head(data)) == is_known


def test_a_body_in_chunks_has_a_parser_of_its_own() -> None:
    group = make_group()
    data = head("/", "Transfer-Encoding: chunked\r\n")
    assert group.read_head(data).parser is not group.read_head(data).parser


def test_what_is_refused_is_refused_again() -> None:
    group = make_group()
    for _ in range(2):
        with pytest.raises(BadRequestError):
            group.read_head(b"GET / HTTP/1.1\r\n\r\n")
