"""Connections of one host: how many, how fast, and who it is behind proxies."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from accessor_host.errors import OptionError
from accessor_host.modules.web_socket_server.server import Server
from accessor_host.websocket.listener import MAX_REFUSALS
from accessor_host.websocket.server import Statistics

from ..support.certificates import Certificates
from ..support.wire import TEXT, Raw, Running, echo, frame, handshake, run, serving

OTHER = "127.0.0.2"
"""Another address of this machine's, which is another host."""


def forwarded(*entries: str) -> bytes:
    """Return a handshake with what proxies have written."""
    return handshake(*(f"X-Forwarded-For: {entry}" for entry in entries))


async def answer(port: int, request: bytes = handshake(), **options: Any) -> tuple[str, str]:
    """Send a request; return status line and body of an answer that is no 101."""
    async with await Raw.connect(port, **options) as raw:
        raw.send(request)
        head, _, body = (await raw.rest()).decode().partition("\r\n\r\n")
        return head, body


@asynccontextmanager
async def clients(running: Running, count: int, **options: Any) -> AsyncIterator[list[Raw]]:
    """Hold some open connections."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await Raw.open(running.port, **options))
            for _ in range(count)
        ]
        yield opened


async def works(raw: Raw) -> bool:
    """Tell whether a connection echoes."""
    raw.send(frame(TEXT, b"1"))
    return await raw.frame() == (TEXT, b"1")


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server does in an iteration of the loop."""
    for _ in iter(is_so, True):
        await asyncio.sleep(0)


async def alone(running: Running, connections: int) -> None:
    """Wait until the server has no more than so many connections."""
    await until(lambda: running.server.statistics().connections <= connections)


# How many


def test_the_257th_connection_of_a_host_gets_429_and_another_host_gets_in() -> None:
    async def test() -> None:
        async with serving(echo, maxConnectionsPerHost=256) as running:
            async with clients(running, 256) as opened:
                head, body = await answer(running.port)
                assert head.startswith("HTTP/1.1 429 Too Many Requests\r\n")
                assert "\r\nRetry-After: 10" in head
                assert body == (
                    "Your address has as many connections to this server as it may have. "
                    "Try again later.\n"
                )
                assert running.server.statistics().refusals == {"HTTP 429": 1}
                async with await Raw.open(running.port, source=OTHER) as other:
                    assert await works(other)
                assert await works(opened[0])
            # Once they are gone, the host gets in again.
            await alone(running, 0)
            async with clients(running, 256):
                pass

    run(test())


def test_connections_that_have_not_said_anything_count() -> None:
    async def test() -> None:
        async with serving(maxConnectionsPerHost=2) as running:
            async with await Raw.connect(running.port), await Raw.connect(running.port):
                await until(lambda: running.server.statistics().connections == 2)
                assert (await answer(running.port))[0].startswith("HTTP/1.1 429 ")

    run(test())


def test_a_host_that_is_refused_does_not_keep_others_out() -> None:
    async def test() -> None:
        async with serving(echo, maxConnectionsPerHost=1) as running, AsyncExitStack() as stack:
            await stack.enter_async_context(await Raw.open(running.port))
            # Each of these would get an answer, if only it asked.
            for _ in range(MAX_REFUSALS + 20):
                await stack.enter_async_context(await Raw.connect(running.port))
            await until(lambda: running.server.statistics().refusals.get("dropped") == 20)
            async with await Raw.open(running.port, source=OTHER) as other:
                assert await works(other)

    run(test())


def test_a_full_server_says_so_before_a_full_host() -> None:
    async def test() -> None:
        async with serving(maxConnections=1, maxConnectionsPerHost=1) as running:
            async with clients(running, 1):
                assert (await answer(running.port))[0].startswith("HTTP/1.1 503 ")

    run(test())


def test_over_tls_it_is_the_same(certificates: Certificates) -> None:
    async def test() -> None:
        options: dict[str, Any] = certificates.options
        async with serving(echo, maxConnectionsPerHost=1, **options) as running:
            async with await Raw.connect(running.port):
                await until(lambda: running.server.statistics().connections == 1)
                context = ssl.create_default_context(cafile=certificates.ca)
                reader, writer = await asyncio.open_connection(
                    "localhost", running.port, ssl=context, family=2
                )
                writer.write(handshake())
                assert (await reader.read(100)).startswith(b"HTTP/1.1 429 ")
                writer.close()

    run(test())


# How fast


def test_a_host_that_connects_too_fast_gets_429_with_the_second_to_wait() -> None:
    async def test() -> None:
        async with serving(echo, connectionRate=1) as running, AsyncExitStack() as stack:
            head = body = ""
            # On a busy machine some may be a second apart.
            while not head:
                raw = await stack.enter_async_context(await Raw.connect(running.port))
                raw.send(handshake())
                first = (await raw.reader.readuntil(b"\r\n\r\n")).decode()
                if not first.startswith("HTTP/1.1 101 "):
                    head, body = first, (await raw.rest()).decode()
            assert head.startswith("HTTP/1.1 429 Too Many Requests\r\n")
            assert "\r\nRetry-After: 1\r\n" in head
            assert body == (
                "Your address opens connections faster than it may. Try again in a second.\n"
            )
            async with await Raw.open(running.port, source=OTHER) as other:
                assert await works(other)

    run(test())


def test_a_host_that_waits_gets_in_again() -> None:
    async def test() -> None:
        async with serving(echo, connectionRate=1) as running:
            opened = 0
            while opened < 2 or not running.server.statistics().refusals:
                async with await Raw.connect(running.port) as raw:
                    raw.send(handshake())
                    head = await raw.reader.readuntil(b"\r\n\r\n")
                    opened += head.startswith(b"HTTP/1.1 101 ")

    run(test())


# Behind proxies


async def seen(running: Running, request: bytes, **options: Any) -> tuple[str, int]:
    """Return who the server takes a client for."""
    index = len(running.sockets)
    async with await Raw.connect(running.port, **options) as raw:
        raw.send(request)
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        sock, _ = await running.socket(index)
        return sock.remote_host(), sock.remote_port()


# The request goes through the parser when it has an unusual field.
SLOW = "Sec-WebSocket-Protocol: chat"


@pytest.mark.parametrize("more", [(), (SLOW,)], ids=["fast", "parsed"])
def test_what_a_stranger_forwards_is_ignored(more: tuple[str, ...]) -> None:
    async def test() -> None:
        async with serving(trustedProxies=["127.0.0.9"]) as running:
            request = handshake("X-Forwarded-For: 192.0.2.7", *more)
            assert (await seen(running, request, source=OTHER))[0] == OTHER
        async with serving() as running:
            assert (await seen(running, request))[0] == "127.0.0.1"

    run(test())


@pytest.mark.parametrize("more", [(), (SLOW,)], ids=["fast", "parsed"])
def test_a_chain_through_two_trusted_proxies_leads_to_the_client(more: tuple[str, ...]) -> None:
    async def test() -> None:
        async with serving(trustedProxies=["127.0.0.1", "10.0.0.0/8"]) as running:
            chain = "198.51.100.66, 192.0.2.7, 10.1.2.3"
            request = handshake(f"X-Forwarded-For: {chain}", *more)
            assert await seen(running, request) == ("192.0.2.7", 0)
            # Two fields are one list (RFC 9110 section 5.3).
            request = forwarded("198.51.100.66, 192.0.2.7", "10.1.2.3")
            assert await seen(running, request) == ("192.0.2.7", 0)

    run(test())


def test_without_the_field_the_client_is_the_proxy() -> None:
    async def test() -> None:
        async with serving(trustedProxies=["127.0.0.1"]) as running:
            host, port = await seen(running, handshake())
            assert host == "127.0.0.1"
            assert port > 0

    run(test())


@pytest.mark.parametrize(
    "field", ["x" * 7_900, ", " * 3_900, "192.0.2.7, \x80\xff", "<script>alert(1)</script>"]
)
def test_garbage_is_no_address_and_no_reason_to_refuse(field: str) -> None:
    async def test() -> None:
        async with serving(trustedProxies=["127.0.0.1"]) as running:
            assert (await seen(running, forwarded(field)))[0] == "127.0.0.1"

    run(test())


def test_a_field_of_8_kib_is_read_or_refused_with_a_status() -> None:
    async def test() -> None:
        async with serving(echo, trustedProxies=["127.0.0.1"]) as running:
            entries = "10.0.0.1, " * 780 + "192.0.2.7"
            assert await seen(running, forwarded(entries)) == ("192.0.2.7", 0)
            head, _ = await answer(running.port, forwarded("10.0.0.1, " * 900))
            assert head.startswith("HTTP/1.1 431 ")
            # Control characters are in no field (RFC 9110 section 5.5).
            head, _ = await answer(running.port, forwarded("192.0.2.7, \x01"))
            assert head.startswith("HTTP/1.1 400 ")
            async with await Raw.open(running.port) as raw:
                assert await works(raw)

    run(test())


def test_limits_count_the_client_and_not_the_proxy() -> None:
    async def test() -> None:
        options: dict[str, Any] = {"trustedProxies": ["127.0.0.1"], "maxConnectionsPerHost": 1}
        async with serving(echo, **options) as running, AsyncExitStack() as stack:

            async def opened(client: str) -> Raw:
                raw = await stack.enter_async_context(await Raw.connect(running.port))
                raw.send(forwarded(client))
                assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
                return raw

            one = await opened("192.0.2.1")
            await opened("192.0.2.2")
            await opened("2001:db8::1")
            for again in ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::ffff", "9, 192.0.2.2"):
                head, _ = await answer(running.port, forwarded(again))
                assert head.startswith("HTTP/1.1 429 "), again
            assert running.server.statistics().refusals == {"HTTP 429": 4}
            # Its place is free once it has left.
            one.kill()
            await alone(running, 2)
            await opened("192.0.2.1")

    run(test())


def test_clients_of_a_proxy_that_are_refused_and_stay_are_dropped_at_last() -> None:
    async def test() -> None:
        options: dict[str, Any] = {"trustedProxies": ["127.0.0.1"], "maxConnectionsPerHost": 1}
        async with serving(echo, **options) as running, AsyncExitStack() as stack:
            for _ in range(MAX_REFUSALS + 21):
                raw = await stack.enter_async_context(await Raw.connect(running.port))
                raw.send(forwarded("192.0.2.1"))
            await until(lambda: running.server.statistics().refusals.get("dropped") == 20)
            assert running.server.statistics().refusals["HTTP 429"] == MAX_REFUSALS

    run(test())


@pytest.mark.slow
def test_ten_thousand_clients_leave_nothing_behind() -> None:
    async def test() -> None:
        options: dict[str, Any] = {"trustedProxies": ["127.0.0.1"], "maxConnectionsPerHost": 1}
        async with serving(**options) as running:
            for number in range(100):
                async with AsyncExitStack() as stack:
                    for part in range(100):
                        raw = await stack.enter_async_context(await Raw.connect(running.port))
                        raw.send(forwarded(f"10.0.{number}.{part}"))
            await alone(running, 0)
            listener = running.server._lifecycle._listener
            assert listener._hosts is not None
            assert not listener._hosts._counts
            assert running.server.statistics() == Statistics(0, {})

    run(test(), 300)


def test_a_network_that_is_none_is_refused_with_its_text() -> None:
    with pytest.raises(
        OptionError, match=r"option 'trustedProxies': '10\.0\.0\.0/33' is not allowed"
    ):
        Server(trustedProxies=["127.0.0.1", "10.0.0.0/33"])
