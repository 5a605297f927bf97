"""The short way and h11 understand the same heads in the same way."""

from __future__ import annotations

import random

import pytest

from accessor_host.http.server.heads import (
    BadRequestError,
    Head,
    read_any,
    read_head,
    read_ordinary,
)

ORDINARY = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nContent-Length: 3\r\n\r\n"

_PIECES = [
    b"GET",
    b"POST",
    b"HEAD",
    b" ",
    b"  ",
    b"/",
    b"/a?b",
    b"*",
    b"http://h:1/p?q",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\x80",
    b"\t",
    b":",
    b"Host: a",
    b"Host: b",
    b"Content-Length: 5",
    b"Content-Length: 5, 5",
    b"Content-Length: +5",
    b"Content-Length: ",
    b"Content-Length: 1\xb2",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Connection: close",
    b"Connection: Keep-Alive",
    b"Connection: close, x",
    b"Expect: 100-continue",
    b"Cookie: a=b",
    b"Cookie: c=d",
    b"X: \x7f",
    b"X : y",
    b" folded",
    b"A:",
    b"X:  y  ",
]


def _facts(head: Head) -> tuple[object, ...]:
    return (
        head.method,
        head.path,
        head.query,
        head.fields,
        head.keeps_alive,
        head.length,
        head.expects,
    )


def _of_h11(data: bytes) -> tuple[object, ...] | None:
    try:
        return _facts(read_any(data, 100))
    except BadRequestError:
        return None


def test_the_short_way_is_taken() -> None:
    head = read_ordinary(ORDINARY, 100)
    assert head is not None
    assert _facts(head) == _of_h11(ORDINARY)
    assert (head.method, head.path, head.query, head.length) == ("GET", "/a", "b=c", 3)


def test_random_heads_are_understood_alike() -> None:
    chance = random.Random(7)
    taken = 0
    for _ in range(20_000):
        lines = [
            b"%b %b HTTP/1.1"
            % (chance.choice([b"GET", b"P", b"G(T"]), chance.choice([b"/", b"/\xff", b"/?", b"h"])),
            b"Host: a",
            *(chance.choice(_PIECES) for _ in range(chance.randrange(4))),
        ]
        data = b"\r\n".join(lines) + b"\r\n\r\n"
        if chance.random() < 0.5:
            at = chance.randrange(len(data))
            data = data[:at] + chance.choice(_PIECES) + data[at + chance.randrange(3) :]
        head = read_ordinary(data, 100)
        if head is not None:
            taken += 1
            assert _facts(head) == _of_h11(data), data
    assert taken > 500


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (
            b"P / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + 200 * b"A: b\r\n" + b"\r\n", 431),
    ],
)
def test_what_cannot_be_served_has_a_status(data: bytes, status: int) -> None:
    with pytest.raises(BadRequestError) as caught:
        read_head(data, 100)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a%20b?c=d?e", "/a%20b", "c=d?e"),
        ("http://host:80/p?q", "/p", "q"),
        ("HTTP://host", "/", ""),
        ("http://host?q", "/", "q"),
        ("*", "*", ""),
        ("//other/x", "//other/x", ""),
    ],
)
def test_a_target_has_a_path_and_a_query(target: str, path: str, query: str) -> None:
    head = read_head(f"OPTIONS {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), 100)
    assert (head.path, head.query) == (path, query)
