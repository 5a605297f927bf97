"""Bytes to answers, with limits."""

from __future__ import annotations

import random

import pytest

from accessor_host.http.client.failures import RequestError
from accessor_host.http.client.settings import Head
from accessor_host.http.client.wire import (
    END,
    LARGEST_HEAD,
    MAX_ANSWER_FIELDS,
    MAX_INFORMATIONAL,
    ClientWire,
)
from accessor_host.http.client.wire_h11 import H11Wire
from accessor_host.http.client.wire_httptools import HttptoolsWire

HOST = [("Host", "h")]

make: type[ClientWire] = H11Wire


@pytest.fixture(autouse=True, params=[H11Wire, HttptoolsWire], ids=["h11", "httptools"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each parser in turn."""
    monkeypatch.setitem(globals(), "make", request.param)


def read(*pieces: bytes, ends: bool = False, method: str = "GET") -> list[object]:
    """Return what a wire makes of these bytes."""
    wire = make()
    wire.request(method, "/", HOST, None)
    found: list[object] = []
    for piece in pieces:
        wire.receive(piece)
        while (event := wire.next_event()) is not None:
            found.append(event)
            if event is END:
                return found
    if ends:
        wire.receive_end()
        while (event := wire.next_event()) is not None:
            found.append(event)
            if event is END:
                break
    return found


def refusal(*pieces: bytes, ends: bool = False) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(*pieces, ends=ends)
    return caught.value


def test_an_answer_comes_whole_or_byte_by_byte() -> None:
    data = (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nA: b\r\na: c\r\n\r\n"
        b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    )
    head = Head(200, "Fine", [("transfer-encoding", "chunked"), ("a", "b"), ("a", "c")])
    for pieces in ([data], [bytes([one]) for one in data]):
        first, *body = read(*pieces)
        assert first == head
        assert body[-1] is END
        assert b"".join(body[:-1]) == b"abcde"  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_head_alone(method: str) -> None:
    head = b"HTTP/1.1 204 No Content\r\n\r\n"
    if method == "HEAD":
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
    assert read(head, method=method)[-1] is END


def test_a_body_may_end_with_the_connection() -> None:
    assert read(b"HTTP/1.0 200 OK\r\n\r\nab", ends=True)[1:] == [b"ab", END]


def test_the_name_of_a_coding_has_no_case() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    assert read(data) == [Head(200, "OK", [("transfer-encoding", "chunked")]), b"a", END]


@pytest.mark.parametrize(
    "data",
    [
        b"220 mail ready\r\n",
        b"SSH-2.0-x\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 099 Early\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 204 No\0 Content\r\n\r\n",
        b"HTTP/1.1 204 \x1b[31mred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n",
        b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    assert refusal(data).code == "HTTP_BAD_ANSWER"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "without an answer"),
        (b"HTTP/1.1 200 OK\r\nCont", "in the middle"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "in the middle"),
    ],
)
def test_an_end_that_comes_too_early_is_an_error(data: bytes, where: str) -> None:
    error = refusal(*([data] if data else []), ends=True)
    assert error.code == "ECONNRESET"
    assert where in error.reason


def test_an_answer_has_so_many_fields_at_most() -> None:
    def head(count: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"a: b\r\n" * (count - 1) + b"\r\n"

    assert len(read(head(MAX_ANSWER_FIELDS))[0].fields) == MAX_ANSWER_FIELDS  # type: ignore[attr-defined]
    for count in (MAX_ANSWER_FIELDS + 1, 10_000):
        assert "header fields" in refusal(head(count)).reason
        assert "header fields" in refusal(*[bytes([one]) for one in head(count)]).reason


def test_lines_of_a_body_are_no_fields() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r"
    assert read(head, b"\n" + b"\n" * 9000)[-1] is END
    assert read(head + b"\n" + b"\n" * 9000)[-1] is END


def test_a_head_has_so_many_bytes_at_most() -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\na: "
    assert read(start + b"b" * (LARGEST_HEAD - 100) + b"\r\n\r\n")[-1] is END
    assert refusal(start, b"b" * 2 * LARGEST_HEAD).code == "HTTP_BAD_ANSWER"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"
    assert refusal(chunked, b"b" * 2 * LARGEST_HEAD).code == "HTTP_BAD_ANSWER"


def test_there_are_so_many_interim_answers_at_most() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert read(interim * MAX_INFORMATIONAL + b"HTTP/1.1 204 x\r\n\r\n")[-1] is END
    assert "interim" in refusal(interim * (MAX_INFORMATIONAL + 1)).reason


def test_a_wire_serves_one_request_after_the_other() -> None:
    wire = make()
    for _ in range(3):
        assert wire.is_between
        wire.request("GET", "/", HOST, None)
        assert not wire.is_between
        wire.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
        assert [wire.next_event() for _ in range(3)][1:] == [b"a", END]
    wire.receive(b"HTTP/1.1 200 OK\r\n")
    assert not wire.is_between


def test_any_bytes_are_an_answer_or_refused() -> None:
    choose = random.Random(11)
    codes, reasons = set(), ""
    good = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
    for _ in range(2_000):
        data = bytearray(good)
        for _ in range(choose.randrange(1, 6)):
            at = choose.randrange(len(data))
            data[at : at + choose.randrange(3)] = choose.randbytes(choose.randrange(3))
        cut = choose.randrange(len(data) + 1)
        try:
            read(bytes(data[:cut]), bytes(data[cut:]), ends=True)
        except RequestError as error:
            codes.add(error.code)
            reasons += error.reason
    assert codes == {"HTTP_BAD_ANSWER", "ECONNRESET"}
    assert reasons.isprintable()
