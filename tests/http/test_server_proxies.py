"""Whose requests trusted proxies send, and what their clients may have."""

from __future__ import annotations

from typing import Any

import pytest

from accessor_host.http.server.handler import HttpPeer
from accessor_host.net.forwarding import Proxies

from ..support.http import ignore, read_answer, serving_http, until
from ..support.wire import Raw, run

TRUSTED: dict[str, Any] = {"proxies": Proxies(["127.0.0.1"])}


def tell(peer: HttpPeer, body: bytes) -> None:
    """Answer with the address of the client."""
    peer.answer(200, [], peer.remote_host.encode())


def get(*forwarded: str) -> bytes:
    fields = "".join(f"X-Forwarded-For: {text}\r\n" for text in forwarded)
    return f"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode("latin-1")


def test_each_request_of_a_connection_may_be_another_client_s() -> None:
    async def test() -> None:
        async with (
            serving_http(tell, TRUSTED) as running,
            await Raw.connect(running.port) as raw,
        ):
            for fields, client in (
                (("192.0.2.7",), b"192.0.2.7"),
                (("192.0.2.66, 192.0.2.8",), b"192.0.2.8"),
                (("192.0.2.66", "192.0.2.9"), b"192.0.2.9"),
                ((), b"127.0.0.1"),
                (("no address",), b"127.0.0.1"),
                (("[2001:db8::1]:4711",), b"2001:db8::1"),
            ):
                raw.send(get(*fields))
                assert (await read_answer(raw))[1] == client
            (connection,) = running.serving.listener.connections
            assert connection.remote_host == "127.0.0.1"

    run(test())


@pytest.mark.parametrize("proxies", [None, Proxies(["127.0.0.9"])])
def test_what_a_stranger_forwards_is_ignored(proxies: Proxies | None) -> None:
    async def test() -> None:
        async with (
            serving_http(tell, {"proxies": proxies}) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(get("192.0.2.7"))
            assert (await read_answer(raw))[1] == b"127.0.0.1"

    run(test())


def test_a_request_counts_for_its_client_until_it_has_its_answer() -> None:
    async def test() -> None:
        async with (
            serving_http(ignore, {**TRUSTED, "max_connections_per_host": 1}) as running,
            await Raw.connect(running.port) as one,
            await Raw.connect(running.port) as two,
            await Raw.connect(running.port) as three,
        ):
            handler = running.handler
            one.send(get("192.0.2.7"))
            await until(lambda: len(handler.requests) == 1)
            two.send(get("192.0.2.8"))
            await until(lambda: len(handler.requests) == 2)
            three.send(get("192.0.2.7"))
            assert (await three.rest()).startswith(b"HTTP/1.1 429 ")
            handler.requests[0][0].answer(200, [], b"")
            await read_answer(one)
            # What waits between two requests is nobody's.
            async with await Raw.connect(running.port) as four:
                four.send(get("192.0.2.7"))
                await until(lambda: len(handler.requests) == 3)
                four.kill()
            await until(lambda: len(running.serving.listener.connections) == 2)
            # A client that leaves counts no more.
            one.send(get("192.0.2.7"))
            await until(lambda: len(handler.requests) == 4)
            assert running.refusals == {"HTTP 429": 1}

    run(test())
