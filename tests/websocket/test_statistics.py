"""What a server refuses is counted by its kind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accessor_host.websocket.server import Statistics

from ..support.certificates import Certificates
from ..support.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    TEXT,
    Raw,
    echo,
    frame,
    handshake,
    run,
    serving,
)

FRAGMENTS = frame(TEXT, fin=False) + frame(CONT, fin=False)

CASES: list[tuple[str, dict[str, Any], bytes]] = [
    ("HTTP 426", {}, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("HTTP 403", {"allowedOrigins": ["http://a"]}, handshake("Origin: http://b")),
    ("HTTP 400", {}, b"\x00\x01\x02\x03"),
    ("HTTP 405", {}, b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("TLS on a plain port", {}, b"\x16\x03\x01\x00\x05hello"),
    ("unreadable handshake", {}, b"GET / HTTP/1.1\r\nbad header\r\n\r\n"),
    ("late opening", {"openingTimeout": 20}, b"GET "),
    ("late pong", {"pingInterval": 20, "pingTimeout": 20}, handshake()),
    ("idle", {"idleTimeout": 20, "closingTimeout": 100}, handshake()),
    ("WS_MESSAGE_TOO_BIG", {"maxMessageSize": 10}, handshake() + frame(TEXT, b"x" * 11)),
    ("WS_PROTOCOL_ERROR", {}, handshake() + frame(CONT)),
    ("WS_INVALID_UTF8", {}, handshake() + frame(TEXT, b"\xff")),
    ("WS_TOO_MANY_FRAGMENTS", {"maxFragments": 1}, handshake() + FRAGMENTS),
    (
        "WS_BAD_IMAGE",
        {"receiveType": "image/png", "closingTimeout": 100},
        handshake() + frame(BINARY, b"no image") + frame(CLOSE, (1000).to_bytes(2)),
    ),
    ("WS_SLOW_PEER", {"maxUnsentBytes": 5}, handshake() + frame(TEXT, b'"too long"')),
]


@pytest.mark.parametrize(("kind", "options", "sent"), CASES, ids=[kind for kind, *_ in CASES])
def test_each_kind_of_refusal_is_counted(kind: str, options: dict[str, Any], sent: bytes) -> None:
    async def test() -> None:
        async with serving(echo, **options) as running:
            assert running.server.statistics() == Statistics(0, {})
            for count in (1, 2):
                async with await Raw.connect(running.port) as raw:
                    raw.send(sent)
                    await raw.rest()
                    refusals = running.server.statistics().refusals
                    # This client does not answer a close frame.
                    if kind == "idle":
                        assert refusals.pop("late closing", count) == count
                    assert refusals == {kind: count}

    run(test())


TLS_CASES = [
    ("no TLS", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("no TLS", b"\0\1"),
    ("failed TLS", b"\x16\x03\x01\x00\x05hello"),
    ("late opening", b"\x16"),
]


@pytest.mark.parametrize(("kind", "sent"), TLS_CASES)
def test_each_kind_of_refusal_on_a_port_with_tls_is_counted(
    kind: str, sent: bytes, certificates: Certificates
) -> None:
    async def test() -> None:
        options = {**certificates.options, "openingTimeout": 100 if kind[:4] == "late" else 10_000}
        async with serving(echo, **options) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(sent)
                await raw.rest()
            assert running.server.statistics().refusals == {kind: 1}

    run(test())


def test_clients_that_are_too_many_are_counted() -> None:
    async def test() -> None:
        async with serving(maxConnections=1) as running, await Raw.open(running.port):
            for _ in range(3):
                async with await Raw.connect(running.port) as raw:
                    raw.send(handshake())
                    await raw.rest()
            assert running.server.statistics().refusals == {"HTTP 503": 3}

    run(test())


def test_good_clients_are_refused_nothing() -> None:
    async def test() -> None:
        async with serving(echo) as running, await Raw.open(running.port) as raw:
            raw.send(frame(TEXT, b"1") + frame(PING))
            async with asyncio.timeout(10):
                await raw.frame()
            assert running.server.statistics() == Statistics(1, {})

    run(test())
