"""A connection without a Sans-I/O protocol does what it does with one, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, cast

import pytest

from accessor_host.websocket import server_connection as opening
from accessor_host.websocket.plain_http import overloaded

from ..support.wire import frame, handshake, run
from .connections import Client, Wire, settle

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def with_and_without(
    monkeypatch: pytest.MonkeyPatch, happen: Callable[[], Any]
) -> tuple[list[Any], list[Any]]:
    """Run something with a handshake that is read without a parser, and with the parser."""
    quick = run(happen())
    with monkeypatch.context() as patch:
        patch.setattr(opening, "read_upgrade", lambda *_, **__: None)
        slow = run(happen())
    return quick, slow


_PIECES = [
    frame(TEXT, b"hello"),
    frame(TEXT, b""),
    frame(TEXT, b"x" * 200),
    frame(TEXT, b"close"),
    frame(TEXT, b"\xff"),
    frame(TEXT, b"x" * 1_001),
    frame(TEXT, b"x", mask=False),
    frame(TEXT, b"x", rsv=4),
    frame(TEXT, b"begun", fin=False),
    frame(0, b"ended"),
    frame(BINARY, b"\x00\xff"),
    frame(PING, b"are you there?"),
    frame(PING),
    frame(PING, b"x" * 126),
    frame(PONG, b"1"),
    frame(PONG, b"unasked"),
    frame(CLOSE),
    frame(CLOSE, b"\x03\xe8bye"),
    frame(CLOSE, b"\x03\xe8\xff"),
    frame(CLOSE, b"\x03\xed"),
    frame(CLOSE, b"\x03"),
    frame(11, b""),
]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_comes_has_the_same_effect(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def happen() -> list[Any]:
        chance = random.Random(seed)
        logs = []
        for _ in range(25):
            client = Client()
            data = handshake("Origin: http://a.example")
            pieces = chance.choices(_PIECES, k=chance.randrange(6))
            if chance.random() < 0.3:
                data += b"".join(pieces)
                pieces = chance.choices(_PIECES, k=chance.randrange(3))
            await client.receive(data)
            stream = b"".join(pieces)
            while pieces and stream:
                # At the ends of frames, or anywhere.
                size = len(pieces.pop(0)) if chance.random() < 0.8 else chance.randrange(9)
                piece, stream = stream[:size], stream[size:]
                if piece:
                    await client.receive(piece)
            logs.append(await client.end())
        return logs

    quick, slow = with_and_without(monkeypatch, happen)
    assert quick == slow


def test_texts_and_control_frames_need_no_protocol() -> None:
    async def happen() -> None:
        client = Client()
        await client.receive(handshake())
        await client.receive(frame(TEXT, b"hello"))
        client.now += 20
        client.connection.expire(client.now)
        assert client.wire[-1].endswith(b"\r\n\r\n\x81\x05hello\x89\x011")
        await client.receive(frame(PONG, b"1"))
        await client.receive(frame(PING, b"you?"))
        await client.receive(frame(TEXT, b"last") + frame(CLOSE, b"\x03\xe9off"))
        assert not client.has_protocol()
        await client.end()
        assert client.wire[-1] == "eof"
        assert client.wire[-2].endswith(b"\x8a\x04you?\x88\x05\x03\xe9off")
        assert client.events[-2:] == [("message", "last"), ("closed", 1001, "off")]

    run(happen())


def test_a_peer_that_does_not_answer_a_ping_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def happen() -> list[Any]:
        client = Client()
        await client.receive(handshake())
        for seconds in (19, 1, 1, 19):
            client.now += seconds
            client.connection.expire(client.now)
            await settle()
        return await client.end()

    quick, slow = with_and_without(monkeypatch, happen)
    assert quick == slow
    assert ("closed", 1011, "keepalive ping timeout") in quick


def test_a_pong_keeps_a_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    async def happen() -> list[Any]:
        client = Client()
        await client.receive(handshake())
        for number in range(1, 4):
            client.now += 20
            client.connection.expire(client.now)
            client.now += 19
            await client.receive(frame(PONG, b"%d" % number))
            client.connection.expire(client.now)
        assert client.connection.is_open
        return [round(client.connection.deadline - client.now), *await client.end()]

    quick, slow = with_and_without(monkeypatch, happen)
    assert quick == slow


@pytest.mark.parametrize("end", [b"", frame(TEXT, b"half")[:-1], frame(TEXT, b"x", fin=False)])
def test_a_client_that_just_leaves(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def happen() -> list[Any]:
        client = Client()
        await client.receive(handshake())
        if end:
            await client.receive(end)
        return await client.end()

    quick, slow = with_and_without(monkeypatch, happen)
    assert quick == slow
    assert quick[-1] == ("closed", 1006, "")


def test_the_owner_can_close_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def happen() -> list[Any]:
        client = Client()
        await client.receive(handshake())
        client.connection.close(4000, "no")
        await client.receive(frame(TEXT, b"dropped"))
        await client.receive(frame(CLOSE, b"\x0f\xa0no"))
        return await client.end()

    quick, slow = with_and_without(monkeypatch, happen)
    assert quick == slow
    assert quick[-1] == ("closed", 4000, "no")


def test_what_came_in_one_piece_is_dropped_once_the_owner_closes() -> None:
    async def happen() -> None:
        client = Client()
        await client.receive(handshake())
        await client.receive(frame(TEXT, b"close") + frame(TEXT, b"dropped"))
        assert client.events[1:] == [("message", "close")]
        await client.end()

    run(happen())


def test_what_follows_a_close_frame_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def happen() -> list[Any]:
        client = Client()
        await client.receive(handshake())
        await client.receive(frame(CLOSE, b"\x03\xe8"))
        for late in (frame(TEXT, b"late"), frame(CLOSE, b"\x0f\xa0"), b"\x00", frame(PING)):
            await client.receive(late)
        client.connection.close()
        return await client.end()

    quick, slow = with_and_without(monkeypatch, happen)
    assert quick == slow
    assert quick[-1] == ("closed", 1000, "")


def test_a_handshake_in_two_pieces_is_the_parsers() -> None:
    async def happen() -> None:
        client = Client()
        request = handshake()
        await client.receive(request[:50])
        await client.receive(request[50:])
        assert client.has_protocol()
        assert client.connection.is_open
        await client.end()

    run(happen())


def test_a_client_beyond_the_limit_is_refused_as_before() -> None:
    async def happen() -> None:
        client = Client()
        client.connection.refused = overloaded
        await client.receive(handshake())
        assert client.wire[0].startswith(b"HTTP/1.1 503 ")
        await client.end()

    run(happen())


def test_a_closing_transport_gets_no_answer() -> None:
    async def happen() -> None:
        client = Client()
        cast("Wire", client.connection._transport)._closing = True
        await client.receive(handshake())
        assert not client.wire
        await client.end()

    run(happen())
