"""What peers say cannot steer a terminal through the log, whoever writes its lines.

Programs of others have formats of their own: our messages have to be harmless as they are.
"""

from __future__ import annotations

import ast
import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import accessor_host
from accessor_host.modules.web_socket_client.client import Client
from accessor_host.modules.web_socket_server.server import Server

from ..support.certificates import Certificates
from ..support.scripts import running
from ..support.wire import BINARY, CLOSE, PING, TEXT, Raw, frame, handshake, run, serving

ESC = b"\x1b]0;owned\x07\x1b[2J\r\nforged: line\xc2\x85\xe2\x80\xae"

REQUESTS = [
    ESC,
    b"\x16" + ESC,
    b"GET /" + ESC + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: " + ESC + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + ESC + b": x\r\n\r\n",
    b"G\x1b[2JT / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\x1b[2J\r\nHost: x\r\n\r\n",
    b"BREW\x1b / HTTP/1.1\r\n\r\n",
    handshake("Origin: \x1b[2Jhttp://evil").replace(b"GET / ", b"GET /%1b\x1b[2J "),
    handshake("Sec-WebSocket-Protocol: \x1b[2J"),
    handshake(key="\x1b[2J"),
]

FRAMES = [
    frame(TEXT, ESC),
    frame(TEXT, b"\xff" + ESC),
    frame(TEXT, b'{"a": \x1b[2J'),
    frame(BINARY, ESC),
    frame(CLOSE, b"\x03\xe8" + b"\x1b[2J\r\nforged"),
    frame(CLOSE, b"\x0f\xa0" + ESC),
    frame(CLOSE, b"\x03\xe8\xff" + ESC),
    frame(PING, ESC * 20),
    frame(0x3, ESC),
    frame(TEXT, ESC, rsv=7),
    ESC,
]


def _harmless(caplog: pytest.LogCaptureFixture) -> None:
    for record in caplog.records:
        assert record.getMessage().isprintable(), record.getMessage()
        assert record.exc_info is None, record.getMessage()


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "accessor_host")


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request(request_: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving(allowedOrigins=["https://a.example"]) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(request_)
                raw.writer.write_eof()
                await raw.rest()
            running.server.stop()
            await running.server.wait_closed()

    run(test())
    assert len(caplog.records) > 1
    _harmless(caplog)


@pytest.mark.parametrize("data", FRAMES)
@pytest.mark.parametrize("received", ["application/json", "text/plain", "image/png"])
def test_a_frame(data: bytes, received: str, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        # Nobody listens for errors of sockets: they are logged.
        async with Server(port=0, hostInterface="127.0.0.1", receiveType=received) as served:
            address = served.address()
            assert address is not None
            async with await Raw.open(int(address["port"]), data) as raw:
                raw.send(frame(CLOSE, b"\x03\xe8"))
                raw.writer.write_eof()
                await raw.rest()

    run(test())
    assert len(caplog.records) > 1
    _harmless(caplog)


@pytest.mark.parametrize("data", [REQUESTS[0], b"\x16\x03\x01" + ESC, b"\x16" + ESC * 20])
def test_a_tls_handshake(
    data: bytes, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with (
            serving(**certificates.options) as served,  # type: ignore[arg-type]
            await Raw.connect(served.port) as raw,
        ):
            raw.send(data)
            raw.writer.write_eof()
            await raw.rest()

    run(test())
    assert any(record.name == "accessor_host.tls" for record in caplog.records)
    _harmless(caplog)


ANSWERS = [
    ESC,
    b"HTTP/1.1 200 \x1b[2J\r\n\r\n",
    b"HTTP/1.1 \x1b[2J OK\r\n\r\n",
    b"HTTP/1.1 101 X\r\nUpgrade: \x1b[2J\r\n\r\n",
    b"HTTP/1.1 302 X\r\nLocation: http://\x1b[2J\r\n\r\n",
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_to_a_client(answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            client = Client(host="127.0.0.1", port=port, numberOfRetries=0)
            client.open()
            await client.wait_closed()

    run(test())
    assert any(record.levelname == "ERROR" for record in caplog.records)
    _harmless(caplog)


SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, receiveType: '%s' });
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => socket.on('close', () => console.log('closed')));
    server.start();
"""


@pytest.mark.parametrize("received", ["application/json", "image/png"])
def test_a_script_that_listens_for_no_errors(
    engine: str, received: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with running(engine, SCRIPT % received) as script:
            port = await script.port()
            for data in FRAMES:
                async with await Raw.open(port, data) as raw:
                    raw.send(frame(CLOSE, b"\x03\xe8"))
                    raw.writer.write_eof()
                    await raw.rest()
                await script.stdout.until("closed")
            assert "accessor-host: warning: socket of 127.0.0.1:" in script.stderr.text
            for line in script.stderr.text.split("\n"):
                assert line.isprintable(), line

    run(test())
    _harmless(caplog)


PACKAGE = Path(accessor_host.__file__).parent

METHODS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def _logged(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "logger"
            and node.func.attr in METHODS
        ):
            yield node


def test_every_message_has_its_words_apart() -> None:
    """A text that is put into the words themselves may hold a percent sign of a peer."""
    for file in PACKAGE.rglob("*.py"):
        for call in _logged(ast.parse(file.read_text(encoding="utf-8"))):
            words: Any = call.args[1 if call.func.attr == "log" else 0]  # type: ignore[attr-defined]
            assert isinstance(words, ast.Constant), f"{file}:{call.lineno}"
