"""Tunnels through proxies that work, and through those that do not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from accessor_host.net.connect import connect
from accessor_host.net.proxies import Proxy, ProxyError
from accessor_host.net.tls.contexts import client_context, server_context
from accessor_host.net.tls.settings import ClientTls, ServerTls
from accessor_host.net.tls.transport import SecureTransport
from accessor_host.net.tunnel import LARGEST_ANSWER

from ..support.certificates import PASSWORD, Certificates
from ..support.clients import RawServer, refusing_port
from ..support.proxies import tunnelling
from ..support.wire import DEADLINE, Raw, _guarded
from .test_connect import Asking, Echo

Run = Callable[[Coroutine[Any, Any, None]], None]

OK = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a test in each kind of loop; an error that reaches the loop's handler fails it."""

    def run(coroutine: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(_guarded(asyncio.wait_for(coroutine, 2 * DEADLINE)))

    return run


async def ask(proxy: Proxy, host: str, port: int, **more: Any) -> bytes:
    """Ask an echo server through a proxy."""
    asking = Asking()
    loop = asyncio.get_running_loop()
    context = more.pop("context", None)
    await connect(loop, lambda: asking, host, port, context, proxy=proxy, **more)
    return await asking.answer


async def refusal(server: RawServer, talk: Callable[[Raw], None]) -> str:
    """Ask a proxy that a test plays; return the error's text."""
    proxy = Proxy("127.0.0.1", server.port, "Basic c2VjcmV0")
    asking = asyncio.create_task(ask(proxy, "a.example", 80))
    raw = await server.accept()
    await raw.reader.readuntil(b"\r\n\r\n")
    talk(raw)
    with pytest.raises(ProxyError) as caught:
        await asking
    # Nothing of it is left open.
    with contextlib.suppress(ConnectionResetError):
        await raw.reader.read()
    return str(caught.value)


async def slowly(raw: Raw, data: bytes) -> None:
    """Send byte by byte, until the other side has heard enough."""
    for byte in data:
        if raw.writer.transport.is_closing():
            return
        raw.send(bytes([byte]))
        await asyncio.sleep(0)


def test_any_protocol_goes_through_a_proxy_that_knows_the_name(run: Run) -> None:
    async def test() -> None:
        server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, tunnelling({"inside.example": "127.0.0.1"}) as proxy:
            there = Proxy("127.0.0.1", proxy.port)
            assert await ask(there, "inside.example", port) == b"anybody there?"
            fields = {"host": f"inside.example:{port}"}
            assert proxy.asked == [(f"inside.example:{port}", fields)]

    run(test())


def test_tls_goes_through_it_with_a_name_of_its_own(certificates: Certificates, run: Run) -> None:
    pfx = ServerTls(str(certificates.folder / "server.pfx"), PASSWORD)
    accepting = server_context(pfx)
    connecting = client_context(ClientTls(authorities=certificates.ca))

    async def test() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SecureTransport(accepting, Echo()), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        async with server, tunnelling({"inside.example": "127.0.0.1"}) as proxy:
            answer = await ask(
                Proxy("127.0.0.1", proxy.port),
                "inside.example",
                port,
                context=connecting,
                server_name="localhost",
            )
            assert answer == b"anybody there?"

    run(test())


def test_user_and_password_are_sent_to_the_proxy(run: Run) -> None:
    async def test() -> None:
        async with RawServer() as server:
            proxy = Proxy("127.0.0.1", server.port, "Basic c2VjcmV0")
            asking = asyncio.create_task(ask(proxy, "fd00::1", 8082))
            raw = await server.accept()
            assert await raw.reader.readuntil(b"\r\n\r\n") == (
                b"CONNECT [fd00::1]:8082 HTTP/1.1\r\nHost: [fd00::1]:8082\r\n"
                b"Proxy-Authorization: Basic c2VjcmV0\r\n\r\n"
            )
            # A length counts as little as other fields; what follows is the server's.
            raw.send(b"HTTP/1.0 204 Fine\r\nContent-Length: 99\r\n\r\nhello")
            assert await asking == b"hello"

    run(test())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "it does not accept the user and password (HTTP 407 Proxy Authentication Required)",
        ),
        (b"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\nbody", "it answered with HTTP 403 Forbidden"),
        (b"HTTP/1.1 403 Basic c2VjcmV0\r\n\r\n", "it answered with HTTP 403 ***"),
        (b"HTTP/1.1 x c2VjcmV0\r\n\r\n", r"its answer is not HTTP: HTTP/1.1 x ***\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "it answered with HTTP 100 Continue"),
        (b"HTTP/1.1 502 \x1b[2J\x07\r\n\r\n", r"it answered with HTTP 502 \x1b[2J\x07"),
        (b"HTTP/1.1 20 OK\r\n\r\n", r"its answer is not HTTP: HTTP/1.1 20 OK\r\n\r\n"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", r"its answer is not HTTP: HTTP/1.1 2000 OK\r\n\r\n"),
        (b"HTTP/2 200\r\n\r\n", "it does not speak HTTP/1.1; it sent b'HTTP/2"),
        (b"\x05\xff", r"it does not speak HTTP/1.1; it sent b'\x05"),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "it does not speak HTTP/1.1; it sent b'S"),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * LARGEST_ANSWER,
            f"its answer has a head of more than {LARGEST_ANSWER} bytes",
        ),
    ],
)
@pytest.mark.parametrize("trickle", [False, True], ids=["at once", "byte by byte"])
def test_a_proxy_that_makes_no_tunnel(run: Run, answer: bytes, reason: str, trickle: bool) -> None:
    async def test() -> None:
        async with RawServer() as server:

            def talk(raw: Raw) -> None:
                if trickle and len(answer) < 100:
                    tasks.append(asyncio.create_task(slowly(raw, answer)))
                else:
                    raw.send(answer)

            tasks: list[asyncio.Task[None]] = []
            text = await refusal(server, talk)
            assert text.startswith(f"the proxy http://127.0.0.1:{server.port}: {reason}")
            assert "c2VjcmV0" not in text
            await asyncio.gather(*tasks)

    run(test())


def test_an_answer_byte_by_byte_up_to_its_limit(run: Run) -> None:
    filler = b"x" * (LARGEST_ANSWER - len(b"HTTP/1.1 200 OK\r\nX: \r\n\r\n"))

    async def test() -> None:
        async with RawServer() as server:
            asking = asyncio.create_task(ask(Proxy("127.0.0.1", server.port), "a.example", 80))
            raw = await server.accept()
            raw.send(b"HTTP/1.1 200 OK\r\nX: " + filler[:-50])
            await slowly(raw, filler[-50:] + b"\r\n\r\nhello")
            assert (await asking)[:1] == b"h"

    run(test())


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"", "it ended the connection without an answer"),
        (b"HTTP/1.1 2", "it ended the connection in the middle of its answer"),
    ],
)
def test_a_proxy_that_leaves(run: Run, first: bytes, reason: str) -> None:
    async def test() -> None:
        async with RawServer() as server:

            def end(raw: Raw) -> None:
                raw.send(first)
                raw.writer.close()

            assert (await refusal(server, end)).endswith(reason)
            assert (await refusal(server, Raw.kill)).endswith("without an answer")

    run(test())


def test_a_proxy_that_wants_to_know_who_asks(run: Run) -> None:
    async def test() -> None:
        async with tunnelling(authorization="Basic other") as proxy:
            with pytest.raises(ProxyError, match="it wants a user and a password"):
                await ask(Proxy("127.0.0.1", proxy.port), "a.example", 80)

    run(test())


def test_a_proxy_that_is_silent_can_be_given_up(run: Run) -> None:
    async def test() -> None:
        async with RawServer() as server:
            asking = asyncio.create_task(ask(Proxy("127.0.0.1", server.port), "a.example", 80))
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await raw.rest() == b""

    run(test())


def test_a_proxy_that_is_not_there(run: Run) -> None:
    async def test() -> None:
        with refusing_port() as port:
            for host, reason in (
                ("127.0.0.1", "connection refused"),
                ("no.invalid", "the host name cannot be resolved"),
                ("..", "not a host name"),
            ):
                with pytest.raises(ProxyError) as caught:
                    await ask(Proxy(host, port), "a.example", 80)
                assert str(caught.value).startswith(f"the proxy http://{host}:{port}: {reason}")

    run(test())


@pytest.mark.parametrize("host", ["", "a b", "a\r\nX: y", "a/b", "ü", "a\0", "a@b", "[::1]"])
def test_a_host_that_is_none_does_not_reach_the_proxy(run: Run, host: str) -> None:
    async def test() -> None:
        async with RawServer() as server:
            with pytest.raises(ValueError, match="no host name has"):
                await ask(Proxy("127.0.0.1", server.port), host, 80)
            assert server.accepted_at == []

    run(test())
