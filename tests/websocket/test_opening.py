"""Who may connect: paths, subprotocols, and clients that wait for a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accessor_host.websocket.limits import Limits
from accessor_host.websocket.opening import (
    LARGEST_REQUEST,
    MAX_EARLY_BYTES,
    Applicant,
    offered_subprotocols,
    read_fields,
    select_subprotocol,
)
from accessor_host.websocket.plain_http import MAX_REFUSAL, RETRY_AFTER, refusal
from accessor_host.websocket.states import State

from ..support.wire import TEXT, frame, handshake, run
from .connections import Client, Register, settle

WAYS = {"fast": [], "parser": ["Sec-WebSocket-Protocol: other"]}
"""Who reads a handshake, and what it takes for that."""


class Decisions:
    """Writes down who asks, and answers at once if it is told how."""

    def __init__(self, answer: Callable[[Applicant], object] | None = None) -> None:
        self.asked: list[Applicant] = []
        self.forgotten: list[Applicant] = []
        self.heads: list[bytes] = []
        self._answer = answer

    def verify(self, applicant: Applicant) -> None:
        self.asked.append(applicant)
        self.heads.append(applicant.head)
        if self._answer is not None:
            self._answer(applicant)

    def forget(self, applicant: Applicant) -> None:
        self.forgotten.append(applicant)


def at(path: str, *fields: str) -> bytes:
    return handshake(*fields).replace(b"GET / ", f"GET {path} ".encode())


def status_of(client: Client) -> int:
    answer = b"".join(part for part in client.wire if isinstance(part, bytes))
    return int(answer.split(b" ")[1])


# Paths


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/here", 101),
        ("/here?token=a/b?c", 101),
        ("/here/", 404),
        ("/Here", 404),
        ("/", 404),
        ("/?/here", 404),
        ("/%68ere", 404),
    ],
)
def test_one_path_is_served_with_any_query(way: str, path: str, status: int) -> None:
    async def test() -> None:
        client = Client(Register(path="/here"))
        await client.receive(at(path, *WAYS[way]))
        assert status_of(client) == status
        opened = ("opened", path, None)
        assert client.events == ([opened] if status == 101 else [])

    run(test())


def test_plain_http_is_told_what_this_is_whatever_the_path() -> None:
    async def test() -> None:
        client = Client(Register(path="/here"))
        await client.receive(b"GET /there HTTP/1.1\r\nHost: a\r\n\r\n")
        assert status_of(client) == 426

    run(test())


# Subprotocols


def test_subprotocols_are_read_as_they_are_offered() -> None:
    head = handshake("Sec-WebSocket-Protocol: b ,\ta,,", "X-Other: c", "sec-websocket-protocol: d")
    assert offered_subprotocols(head) == ["b", "a", "d"]
    assert offered_subprotocols(handshake()) == []
    assert select_subprotocol(["a", "b"], head) == "a"
    assert select_subprotocol(["x", "A"], head) is None
    assert select_subprotocol([], head) is None


def test_fields_are_read_in_their_order() -> None:
    head = b"GET / HTTP/1.1\r\nA: 1\r\na:\t2 \r\nB:\xe9:x\r\nC:\r\n\r\n"
    assert list(read_fields(head)) == [("a", "1"), ("a", "2"), ("b", "\xe9:x"), ("c", "")]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["a, b"], "b"), (["a", "b"], "b"), (["a"], "a"), (["c"], None), ([], None), (["B"], None)],
)
def test_the_first_of_ours_that_is_offered_is_named(offered: list[str], chosen: str | None) -> None:
    async def test() -> None:
        client = Client(Register(subprotocols=("b", "a")))
        fields = [f"Sec-WebSocket-Protocol: {one}" for one in offered]
        await client.receive(handshake(*fields))
        assert status_of(client) == 101
        named = f"Sec-WebSocket-Protocol: {chosen}\r\n".encode()
        assert (named in client.wire[0]) == (chosen is not None)
        assert client.connection.subprotocol == chosen

    run(test())


# The request


@pytest.mark.parametrize("way", WAYS)
def test_the_request_is_there_until_the_connection_is_open(way: str) -> None:
    async def test() -> None:
        decisions = Decisions(lambda applicant: applicant.admit())
        client = Client(Register(verifier=decisions))
        request = at("/a?b", "X-One: 1", *WAYS[way])
        await client.receive(request + frame(TEXT, b"first"))
        assert decisions.heads == [request]
        assert client.connection.head == b""
        assert client.events == [("opened", "/a?b", None), ("message", "first")]

    run(test())


@pytest.mark.parametrize(("room", "status"), [(0, 101), (-1, 431)])
def test_a_request_has_a_limit(room: int, status: int) -> None:
    async def test() -> None:
        client = Client()
        fields = [f"X-{number}: {'x' * 8000}" for number in range(8)]
        rest = LARGEST_REQUEST - room - len(handshake(*fields, "Y: "))
        await client.receive(handshake(*fields, "Y: " + "y" * rest))
        assert status_of(client) == status

    run(test())


# Decisions


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_answered_until_it_is_decided(way: str) -> None:
    async def test() -> None:
        decisions = Decisions()
        client = Client(Register(verifier=decisions))
        await client.receive(handshake(*WAYS[way]))
        await client.receive(frame(TEXT, b"early"))
        assert (client.wire, client.events) == ([], [])
        assert decisions.asked[0].admit()
        await settle()
        assert status_of(client) == 101
        assert client.events == [("opened", "/", None), ("message", "early")]
        # It is decided once.
        assert not decisions.asked[0].admit()
        assert not decisions.asked[0].refuse(403)
        assert client.connection._state is State.OPEN
        assert decisions.forgotten == []

    run(test())


@pytest.mark.parametrize("way", WAYS)
def test_a_client_is_refused_in_the_words_of_who_decides(way: str) -> None:
    async def test() -> None:
        decisions = Decisions(
            lambda applicant: applicant.refuse(
                429, "slow down", {"Retry-After": "7", "X": ("a", "b")}
            )
        )
        client = Client(Register(verifier=decisions))
        await client.receive(handshake(*WAYS[way]))
        head, body = client.wire[0].split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 slow down\r\n")
        for field in (b"Retry-After: 7", b"X: a", b"X: b", b"Connection: close"):
            assert field in head.split(b"\r\n")
        assert body == b"slow down\n"
        assert client.wire[1] == "eof"
        assert not decisions.asked[0].admit()
        assert client.refusals == {"HTTP 429": 1}
        await client.end()
        assert client.events == []
        assert decisions.forgotten == []

    run(test())


@pytest.mark.parametrize("way", WAYS)
def test_who_is_not_answered_in_time_gets_503(way: str) -> None:
    async def test() -> None:
        decisions = Decisions()
        client = Client(Register(verifier=decisions))
        client.now += 9
        await client.receive(handshake(*WAYS[way]))
        # The decision has its own time: a slow client must not leave too little of it.
        assert client.connection.deadline == client.now + Limits().opening_timeout
        client.connection.expire(client.connection.deadline)
        await settle()
        assert status_of(client) == 503
        assert f"Retry-After: {RETRY_AFTER}".encode() in client.wire[0]
        assert decisions.forgotten == decisions.asked
        assert not decisions.asked[0].admit()
        await client.end()
        assert client.events == []
        assert decisions.forgotten == decisions.asked

    run(test())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("leave", ["end", "reset", "stop"])
def test_who_leaves_while_it_is_decided_is_forgotten(way: str, leave: str) -> None:
    async def test() -> None:
        decisions = Decisions()
        client = Client(Register(verifier=decisions))
        await client.receive(handshake(*WAYS[way]))
        if leave == "end":
            client.connection.eof_received()
        elif leave == "stop":
            client.connection.abort()
        client.connection.connection_lost(ConnectionResetError() if leave == "reset" else None)
        assert decisions.forgotten == decisions.asked
        assert not decisions.asked[0].admit()
        assert not decisions.asked[0].refuse(403)
        await settle()
        assert [one for one in client.wire if isinstance(one, bytes)] == []
        assert client.events == []

    run(test())


def test_what_comes_too_early_is_bounded() -> None:
    async def test() -> None:
        decisions = Decisions()
        client = Client(Register(verifier=decisions))
        reading: list[bool] = client.connection._transport.reading  # type: ignore[attr-defined]
        await client.receive(handshake())
        early = frame(TEXT, b"x" * 500)
        count = MAX_EARLY_BYTES // len(early) + 1
        for _ in range(count - 1):
            await client.receive(early)
        assert reading == []
        await client.receive(early)
        assert reading == [False]
        decisions.asked[0].admit()
        await settle()
        assert reading[1] is True
        assert reading[-1] is True
        assert client.events[1:] == [("message", "x" * 500)] * count

    run(test())


def test_a_subprotocol_that_is_not_offered_cannot_be_spoken() -> None:
    async def test() -> None:
        decisions = Decisions()
        client = Client(Register(subprotocols=("b",), verifier=decisions))
        await client.receive(handshake("Sec-WebSocket-Protocol: a, b"))
        (applicant,) = decisions.asked
        for wrong in ("c", "a, b", "a\r\nX: y", ""):
            with pytest.raises(ValueError, match="does not offer"):
                applicant.admit(wrong)
        assert applicant.admit("a")
        await settle()
        assert b"Sec-WebSocket-Protocol: a\r\n" in client.wire[0]
        assert applicant.subprotocol == "a"

    run(test())


def test_a_client_that_cannot_be_refused_like_that_waits_on() -> None:
    async def test() -> None:
        decisions = Decisions()
        client = Client(Register(verifier=decisions))
        await client.receive(handshake())
        with pytest.raises(ValueError, match="status"):
            decisions.asked[0].refuse(200)
        assert decisions.asked[0].refuse(403)
        await settle()
        assert status_of(client) == 403

    run(test())


# Refusals


@pytest.mark.parametrize("status", [399, 600, 101, 0, -1, True, 403.0, "403", None])
def test_a_refusal_has_the_status_of_one(status: Any) -> None:
    with pytest.raises(ValueError, match="must be 400 to 599"):
        refusal(status, "", {})


@pytest.mark.parametrize("status", [400, 404, 499, 599])
def test_any_status_of_an_error_is_a_refusal(status: int) -> None:
    assert refusal(status, "", {}).serialize().startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    "reason", ["a\r\nX: y", "a\nb", "\0", "\x7f", "\x85", "\u2028", "\ud800", "x" * 8193, 7, None]
)
def test_a_reason_is_one_line_of_text(reason: Any) -> None:
    with pytest.raises(ValueError, match="the reason of a refusal must be"):
        refusal(403, reason, {})


def test_a_reason_that_is_not_ascii_stands_in_the_body_only() -> None:
    response = refusal(403, "verbot\u00e9n \U0001f44d", {})
    assert response.reason_phrase == "Forbidden"
    assert bytes(response.body).decode() == "verbot\u00e9n \U0001f44d\n"
    assert response.headers["Content-Length"] == str(len(response.body))
    assert len(refusal(403, "x" * MAX_REFUSAL, {}).body) == MAX_REFUSAL + 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nb"},
        {"X": "\0"},
        {"X": "\u00e9"},
        {"X": 7},
        {"X": ["a", None]},
        {"X": {"a": "b"}},
        {"X Y": "a"},
        {"X:": "a"},
        {"": "a"},
        {"X\r\nY": "a"},
        {7: "a"},
        {"Content-Length": "0"},
        {"connection": "keep-alive"},
        {"Transfer-Encoding": "chunked"},
        {"content-type": "text/html"},
        {"X": "x" * MAX_REFUSAL},
        {f"X-{number}": "" for number in range(MAX_REFUSAL // 4)},
        ["X"],
        "X: a",
    ],
    ids=lambda headers: str(headers)[:30],
)
def test_headers_of_a_refusal_are_fields_and_leave_ours_alone(headers: Any) -> None:
    with pytest.raises(ValueError, match=r"of a refusal|a refusal cannot"):
        refusal(403, "", headers)


def test_headers_of_a_refusal_may_be_as_large_as_the_limit() -> None:
    assert refusal(403, "", {"X": "x" * (MAX_REFUSAL - 1)}).headers["X"]
