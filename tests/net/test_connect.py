"""Connecting to a server, whatever is spoken there."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from typing import Any, cast

import pytest

from accessor_host.net.connect import ascii_host, connect, why
from accessor_host.net.tls.contexts import client_context, server_context
from accessor_host.net.tls.settings import ClientNames, ClientTls, ServerTls
from accessor_host.net.tls.transport import SecureTransport
from accessor_host.programs.loop import loop_factory

from ..support.certificates import PASSWORD, Certificates
from ..support.wire import run


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Asking(asyncio.Protocol):
    """Asks one question and keeps the answer."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(b"anybody there?")

    def data_received(self, data: bytes) -> None:
        if not self.answer.done():
            self.answer.set_result(data)
            self.transport.close()


def pfx(certificates: Certificates) -> ServerTls:
    return ServerTls(str(certificates.folder / "server.pfx"), PASSWORD)


async def ask(
    accepting: ssl.SSLContext | None, connecting: ssl.SSLContext | None, host: str = "127.0.0.1"
) -> bytes:
    """Connect to an echo server, and return what comes back."""
    loop = asyncio.get_running_loop()

    def accept() -> asyncio.Protocol:
        return Echo() if accepting is None else SecureTransport(accepting, Echo())

    server = await loop.create_server(accept, "127.0.0.1", 0)
    async with server:
        asking = Asking()
        port = server.sockets[0].getsockname()[1]
        await connect(loop, lambda: asking, host, port, connecting)
        return await asking.answer


def test_any_protocol_goes_over_tcp() -> None:
    assert run(ask(None, None)) == b"anybody there?"


def test_any_protocol_goes_over_tls(certificates: Certificates) -> None:
    accepting = server_context(pfx(certificates))
    connecting = client_context(ClientTls(authorities=str(certificates.ca)))
    assert run(ask(accepting, connecting)) == b"anybody there?"


def test_a_plain_client_of_a_tls_port_that_has_no_answer_is_dropped(
    certificates: Certificates,
) -> None:
    accepting = server_context(pfx(certificates))

    async def test() -> bytes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SecureTransport(accepting, Echo()), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""
            finally:
                writer.close()

    assert run(test()) == b""


def test_errors_name_settings_as_their_user_does() -> None:
    tls = ClientTls(names=ClientNames(authorities="caFile", plain="mqtt"))
    assert "perhaps it speaks plain mqtt" in why(ConnectionResetError(), tls)
    unknown = ssl.SSLCertVerificationError(1, "odd")
    unknown.verify_code = 19
    assert "caFile names the file of one to trust" in why(unknown, tls)
    assert why(ConnectionRefusedError(111, "no"), None) == "connection refused"


@pytest.mark.parametrize(
    ("host", "ascii_form"),
    [("example.org", "example.org"), ("bücher.example", "xn--bcher-kva.example"), ("ü..x", "ü..x")],
)
def test_a_host_name_has_an_ascii_form(host: str, ascii_form: str) -> None:
    assert ascii_host(host) == ascii_form


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_name_that_nobody_waits_for_any_more_is_no_error_of_the_loop(loop: str) -> None:
    complaints: list[dict[str, Any]] = []

    async def test() -> None:
        running = asyncio.get_running_loop()
        running.set_exception_handler(lambda _loop, context: complaints.append(context))
        connecting = asyncio.ensure_future(
            connect(running, asyncio.Protocol, "nobody.invalid", 80, None)
        )
        await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        # Another look-up: the threads of both loops take one after the other, or side by side.
        with pytest.raises(socket.gaierror):
            await connect(running, asyncio.Protocol, "nobody.invalid", 80, None)
        gc.collect()

    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(test())
    assert complaints == []
