"""wss: the Python Server and script servers over TLS, with peers that are not ours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from accessor_host.errors import TlsError
from accessor_host.modules.web_socket_server.server import Server
from accessor_host.net.tls.contexts import client_context, describe_tls_failure
from accessor_host.net.tls.settings import ClientNames, ClientTls

from ...support.certificates import DAY, PASSWORD, Certificates, authority, server
from ...support.peers import run_node
from ...support.programs import run as run_program
from ...support.scripts import running as running_script
from ...support.wire import (
    CLOSE,
    DEADLINE,
    TEXT,
    Events,
    Raw,
    Running,
    _guarded,
    echo,
    frame,
    handshake,
    serving,
)

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

MEGABYTE = 1024 * 1024

NAMES = ClientNames(plain="ws")

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a test in each kind of loop; an error that reaches the loop's handler fails it."""

    def run(coroutine: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(_guarded(asyncio.wait_for(coroutine, 2 * DEADLINE)))

    return run


def trust(certificates: Certificates) -> ssl.SSLContext:
    return client_context(ClientTls(authorities=certificates.ca))


@contextlib.asynccontextmanager
async def client(running: Running, certificates: Certificates, **options: Any) -> Any:
    url = f"wss://localhost:{running.port}/path?x"
    options = {"ssl": trust(certificates), "max_size": None, **options}
    async with connect(url, **options) as connected:
        yield connected


async def raw_tls(running: Running, certificates: Certificates, first: bytes = b"") -> Raw:
    """Open a WebSocket over TLS for raw frames."""
    streams = await asyncio.open_connection(
        "127.0.0.1", running.port, ssl=trust(certificates), server_hostname="localhost"
    )
    raw = Raw(*streams)
    raw.send(handshake() + first)
    assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    return raw


def lines(caplog: Any) -> list[str]:
    """Return what the server logged of its clients, after each client's name."""
    for record in caplog.records:
        assert record.exc_info is None
        assert "Traceback" not in record.getMessage()
    return [
        record.getMessage().split(": ", 1)[1]
        for record in caplog.records
        if record.name in ("accessor_host.tls", "accessor_host.websocket")
        and record.getMessage().startswith("connection")
    ]


@pytest.fixture
def debug(caplog: Any) -> Any:
    caplog.set_level(logging.DEBUG, "accessor_host")
    return caplog


# A good client


def test_messages_go_both_ways(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(echo, **certificates.options) as running:
            async with client(running, certificates) as connected:
                for value in ({"a": [1, "ü"]}, "x" * 100_000, None):
                    await connected.send(json.dumps(value))
                    assert json.loads(await connected.recv()) == value
            sock, events = await running.socket()
            assert sock.remote_host() in ("127.0.0.1", "::1")
            await events.wait("close")
            assert events.of("close") == [(1000, "")]
            assert events.of("error") == []

    run(test())


def test_a_message_with_the_handshake_is_not_lost(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            async with await raw_tls(running, certificates, frame(TEXT, b"1")):
                _, events = await running.socket()
                assert await events.wait("message") == 1

    run(test())


def test_bytes_may_come_one_by_one(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(echo, **certificates.options) as running:
            async with await raw_tls(running, certificates) as raw:
                for byte in frame(TEXT, b'"slow"'):
                    raw.send(bytes([byte]))
                    await raw.writer.drain()
                assert await raw.frame() == (TEXT, b'"slow"')

    run(test())


def test_many_messages_keep_their_order(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(echo, **certificates.options) as running:
            async with client(running, certificates) as connected:
                for number in range(10_000):
                    await connected.send(str(number))
                assert [await connected.recv() for _ in range(10_000)] == [
                    str(number) for number in range(10_000)
                ]

    run(test())


def test_more_than_a_share_is_handled_before_the_end(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            async with await raw_tls(running, certificates) as raw:
                raw.send(b"".join(frame(TEXT, b"%d" % number) for number in range(1_000)))
                raw.writer.close()
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("message") == list(range(1_000))

    run(test())


def test_many_clients_at_once(certificates: Certificates, run: Run) -> None:
    async def one(running: Running, number: int) -> None:
        async with client(running, certificates) as connected:
            await connected.send(str(number))
            assert await connected.recv() == str(number)

    async def test() -> None:
        async with serving(echo, **certificates.options) as running:
            await asyncio.gather(*(one(running, number) for number in range(100)))
            for _, events in zip(running.sockets, running.socket_events, strict=True):
                await events.wait("close")

    run(test())


def test_a_renewed_certificate_is_read_at_the_next_start(
    certificates: Certificates, run: Run
) -> None:
    async def shown(listening: Server) -> bytes:
        port = await listening.wait_listening()
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trust(certificates), server_hostname="localhost"
        )
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        listening.stop()
        await listening.wait_closed()
        return bytes(der)

    async def test() -> None:
        path = certificates.write("renewed.pfx", server(certificates.authority).pfx())
        listening = Server({**certificates.options, "pfxKeyCertPath": path, "port": 0})
        listening.start()
        first = await shown(listening)
        certificates.write("renewed.pfx", server(certificates.authority).pfx())
        listening.start()
        assert await shown(listening) != first

    run(test())


# The end


@pytest.mark.parametrize("how", ["close", "stop"])
def test_what_was_sent_before_the_end_arrives(
    certificates: Certificates, run: Run, how: str
) -> None:
    async def test() -> None:
        options = {**certificates.options, "sendType": "text/plain"}
        async with serving(**options) as running, client(running, certificates) as connected:
            sock, events = await running.socket()
            for _ in range(8):
                assert sock.send("x" * MEGABYTE)
            if how == "close":
                sock.close(4000, "bye")
            else:
                running.server.stop()
            for _ in range(8):
                assert await connected.recv() == "x" * MEGABYTE
            await asyncio.wait_for(connected.wait_closed(), DEADLINE)
            expected = (4000, "bye") if how == "close" else (1001, "")
            assert (connected.close_code, connected.close_reason) == expected
            await events.wait("close")
            assert events.of("close") == [expected]

    run(test())


def test_node_gets_all_that_was_sent_before_the_end(certificates: Certificates, run: Run) -> None:
    script = """
        const fs = require('fs'), WebSocket = require('ws');
        const [url, ca] = process.argv.slice(1);
        const client = new WebSocket(url, { ca: fs.readFileSync(ca) });
        const got = [];
        client.on('open', () => client.send('"go"'));
        client.on('message', (data) => got.push(data.length));
        client.on('error', (error) => got.push(String(error)));
        client.on('close', (code, reason) =>
          console.log(JSON.stringify([got, code, String(reason)])));
    """

    def answer(sock: Any, value: Any) -> None:
        assert value == "go"
        sock.send("x" * MEGABYTE)
        sock.send("y")
        sock.close(4000, "bye")

    async def test() -> None:
        options = {**certificates.options, "sendType": "text/plain"}
        async with serving(answer, **options) as running:
            url = f"wss://localhost:{running.port}"
            got = await asyncio.to_thread(run_node, script, url, certificates.ca)
            assert got == [[MEGABYTE, 1], 4000, "bye"]
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("close") == [(4000, "bye")]

    run(test())


def test_node_closes(certificates: Certificates, run: Run) -> None:
    script = """
        const fs = require('fs'), WebSocket = require('ws');
        const [url, ca] = process.argv.slice(1);
        const client = new WebSocket(url, { ca: fs.readFileSync(ca) });
        client.on('open', () => client.send('{"a":1}'));
        client.on('message', (data) => { got = String(data); client.close(4001, 'enough'); });
        client.on('close', (code) => console.log(JSON.stringify([got, code])));
        let got;
    """

    async def test() -> None:
        async with serving(echo, **certificates.options) as running:
            url = f"wss://localhost:{running.port}"
            assert await asyncio.to_thread(run_node, script, url, certificates.ca) == [
                '{"a":1}',
                4001,
            ]
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("close") == [(4001, "enough")]

    run(test())


def _talk_on(port: int, context: ssl.SSLContext) -> bytes:
    """Send a message that is too large to its end, only then read what the server says."""
    with (
        socket.create_connection(("127.0.0.1", port), DEADLINE) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as secure,
    ):
        secure.sendall(handshake())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += secure.recv(4096)
        secure.sendall(frame(TEXT, b"x" * 16 * MEGABYTE))
        return b"".join(iter(lambda: secure.recv(4096), b""))


def test_a_client_that_is_sending_still_hears_why_it_is_closed(
    certificates: Certificates, run: Run
) -> None:
    async def test() -> None:
        async with serving(**certificates.options, maxMessageSize=1000) as running:
            # The rest of the message comes while the server closes. A reset in answer to it
            # would overtake the close frame.
            said = await asyncio.to_thread(_talk_on, running.port, trust(certificates))
            assert said[0] == 0x80 | CLOSE
            assert int.from_bytes(said[2:4]) == 1009
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("close")[0][0] == 1009

    run(test())


def test_the_close_reply_comes_before_the_end_of_the_stream(
    certificates: Certificates, run: Run
) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            async with await raw_tls(running, certificates) as raw:
                sock, events = await running.socket()
                sock.close(4000)
                assert await raw.close_code() == (4000, "")
                assert events.seen == []
                raw.send(frame(TEXT, b'"still under way"') + frame(CLOSE, b"\x0f\xa0"))
                assert await raw.rest() == b""
                raw.writer.close()
                await events.wait("close")
                assert events.seen == [("close", 4000, "")]

    run(test())


@pytest.mark.parametrize("how", ["end of TLS", "reset"])
def test_a_client_that_vanishes(certificates: Certificates, run: Run, how: str) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            raw = await raw_tls(running, certificates)
            raw.send(frame(TEXT, b"1") + frame(TEXT, b"x" * 100)[:50])
            _, events = await running.socket()
            assert await events.wait("message") == 1
            if how == "reset":
                raw.kill()
            else:
                raw.writer.close()
            await events.wait("close")
            assert events.seen == [("message", 1), ("close", 1006, "")]

    run(test())


def test_a_client_that_does_not_read_is_closed(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        options = {"maxUnsentBytes": 400_000, "closingTimeout": 200}
        async with serving(**certificates.options, **options) as running:
            raw = await raw_tls(running, certificates)
            raw.writer.transport.pause_reading()
            sock, events = await running.socket()
            taken = 0
            while sock.send("x" * 100_000):
                taken += 1
                await asyncio.sleep(0)
            assert taken >= 3
            await events.wait("close")
            assert [name for name, *_ in events.seen] == ["error", "close"]
            assert events.of("error")[0].code == "WS_SLOW_PEER"
            raw.writer.transport.abort()

    run(test())


# Bad clients


@contextlib.asynccontextmanager
async def witnessed(certificates: Certificates, **options: Any) -> AsyncIterator[Running]:
    """Run a server, with a good client that must not notice anything."""
    async with serving(echo, **certificates.options, **options) as running:
        async with client(running, certificates) as connected:
            yield running
            await _echoes(connected)


async def _echoes(connected: ClientConnection) -> None:
    await connected.send('"still here"')
    assert await connected.recv() == '"still here"'


def test_a_plain_client_is_told_to_use_tls(
    certificates: Certificates, run: Run, debug: Any
) -> None:
    async def test() -> None:
        async with witnessed(certificates) as running:
            debug.clear()
            with pytest.raises(InvalidStatus) as caught:
                async with connect(f"ws://127.0.0.1:{running.port}"):
                    pass
            response = caught.value.response
            assert response.status_code == 400
            assert b"This port speaks TLS: connect with wss://" in (response.body or b"")
            async with await Raw.connect(running.port) as raw:
                raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = await raw.rest()
                assert answer.startswith(b"HTTP/1.1 400 Plain HTTP on a TLS port\r\n")
                assert answer.endswith(b"instead.\n")
            assert lines(debug) == ["the client does not speak TLS; answered in plain text"] * 2

    run(test())


@pytest.mark.parametrize(
    ("garbage", "line"),
    [
        (b"\x00\x01\x02", "the client does not speak TLS; dropped"),
        (b"\xff" * 5000, "the client does not speak TLS; dropped"),
        (b"\x16garbage" * 10, "TLS handshake failed: the client does not speak TLS"),
        (b"\x16\x03\x01\x00\x05hello", "TLS handshake failed: "),
        (b"", "left in the TLS handshake"),
        (b"\x16\x03\x01", "left in the TLS handshake"),
    ],
)
def test_garbage_is_one_line_in_the_log(
    certificates: Certificates, run: Run, debug: Any, garbage: bytes, line: str
) -> None:
    async def test() -> None:
        async with witnessed(certificates) as running:
            debug.clear()
            raw = await Raw.connect(running.port)
            raw.send(garbage)
            raw.writer.write_eof()
            with contextlib.suppress(ConnectionResetError):
                await raw.rest()
            raw.writer.close()
            (logged,) = lines(debug)
            assert logged.startswith(line)

    run(test())


def test_garbage_inside_tls_is_answered_like_on_a_plain_port(
    certificates: Certificates, run: Run
) -> None:
    async def ask(running: Running, request: bytes) -> bytes:
        streams = await asyncio.open_connection(
            "127.0.0.1", running.port, ssl=trust(certificates), server_hostname="localhost"
        )
        raw = Raw(*streams)
        raw.send(request)
        answer = await raw.rest()
        raw.writer.close()
        return answer

    async def test() -> None:
        async with witnessed(certificates) as running:
            assert (await ask(running, b"\x00\x01")).startswith(b"HTTP/1.1 400 ")
            answer = await ask(running, b"GET / HTTP/1.1\r\nHost: gateway:1\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 426 ")
            assert b"wss://gateway:1/" in answer
            assert b" ws://" not in answer

    run(test())


def test_a_record_that_was_tampered_with_ends_the_connection(
    certificates: Certificates, run: Run, debug: Any
) -> None:
    async def test() -> None:
        async with witnessed(certificates) as running:
            raw = await raw_tls(running, certificates)
            _, events = await running.socket(1)
            debug.clear()
            # Past the encryption, as somebody in the middle would.
            sock = raw.writer.get_extra_info("socket")
            await asyncio.get_running_loop().run_in_executor(
                None, _send_below, sock.fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32
            )
            await events.wait("close")
            assert events.seen == [("close", 1006, "")]
            assert lines(debug)[0].startswith("TLS failed: ")
            raw.writer.transport.abort()

    run(test())


def _send_below(descriptor: int, data: bytes) -> None:
    assert os.write(descriptor, data) == len(data)


@pytest.mark.parametrize("half", [b"", b"\x16\x03\x01\x02\x00\x01"])
def test_a_stalled_tls_handshake_is_dropped(
    certificates: Certificates, run: Run, debug: Any, half: bytes
) -> None:
    async def test() -> None:
        async with witnessed(certificates, openingTimeout=300) as running:
            debug.clear()
            began = asyncio.get_running_loop().time()
            async with await Raw.connect(running.port) as raw:
                raw.send(half)
                with contextlib.suppress(ConnectionResetError):
                    assert await raw.rest() == b""
            assert 0.25 < asyncio.get_running_loop().time() - began < 3
            assert lines(debug) == [
                "no opening in time; dropped",
                "not done with the TLS handshake; dropped",
            ]

    run(test())


def test_the_opening_timeout_covers_both_handshakes(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with witnessed(certificates, openingTimeout=300) as running:
            streams = await asyncio.open_connection(
                "127.0.0.1", running.port, ssl=trust(certificates), server_hostname="localhost"
            )
            raw = Raw(*streams)
            raw.send(b"GET / HTTP/1.1\r\n")
            with contextlib.suppress(ConnectionResetError, ssl.SSLError):
                assert await raw.rest() == b""
            raw.writer.transport.abort()

    run(test())


def test_stop_does_not_wait_for_tls_handshakes(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            stalled = await Raw.connect(running.port)
            async with client(running, certificates):
                began = asyncio.get_running_loop().time()
                running.server.stop()
                await running.server.wait_closed()
                assert asyncio.get_running_loop().time() - began < 3
            with contextlib.suppress(ConnectionResetError):
                assert await stalled.rest() == b""
            stalled.writer.close()

    run(test())


def test_max_connections_counts_tls_handshakes(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(**certificates.options, maxConnections=1) as running:
            async with await Raw.connect(running.port):
                with pytest.raises(InvalidStatus, match="HTTP 503"):
                    async with client(running, certificates):
                        pass

    run(test())


def test_a_tls_client_on_a_plain_port(certificates: Certificates, run: Run, debug: Any) -> None:
    async def test() -> None:
        async with serving() as running:
            with pytest.raises((OSError, EOFError)) as caught:
                async with client(running, certificates):
                    pass
            words = describe_tls_failure(caught.value, NAMES)
            assert words is not None
            assert "perhaps it speaks plain ws on this port" in words
            assert [line for line in lines(debug) if "TLS" in line] == [
                "TLS client on a plain port: speaks TLS, we do not; dropped"
            ]

    run(test())


def test_a_client_that_does_not_trust_us_is_one_line(
    certificates: Certificates, run: Run, debug: Any
) -> None:
    async def test() -> None:
        async with witnessed(certificates) as running:
            debug.clear()
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                async with client(running, certificates, ssl=ssl.create_default_context()):
                    pass
            words = describe_tls_failure(caught.value, NAMES)
            assert words is not None
            assert "an authority that is not trusted" in words
            # Python's client hangs up without a word, OpenSSL's says why.
            stranger = certificates.write("stranger-ca.pem", authority("Stranger").pem())
            await s_client(running.port, "-verify_return_error", "-CAfile", stranger)
            assert lines(debug) == [
                "left in the TLS handshake",
                "TLS handshake failed: the client does not know the authority of our certificate",
            ]

    run(test())


# Servers that cannot start


@pytest.mark.parametrize("what", ["wrong password", "no file", "no options", "expired"])
def test_a_server_that_cannot_speak_tls_does_not_listen(
    certificates: Certificates, run: Run, what: str
) -> None:
    async def test() -> None:
        expired = server(certificates.authority, begins=-3 * DAY, ends=-DAY)
        options, code = {
            "wrong password": (
                {**certificates.options, "pfxKeyCertPassword": "x"},
                "ERR_TLS_BAD_PASSWORD",
            ),
            "no file": (
                {**certificates.options, "pfxKeyCertPath": "/nowhere/x.pfx"},
                "ERR_TLS_FILE_MISSING",
            ),
            "no options": ({"sslTls": True}, "ERR_TLS_NO_KEY_FILE"),
            "expired": (certificates.options_of(expired, "expired"), "ERR_TLS_CERT_EXPIRED"),
        }[what]
        listening = Server({**options, "port": 0})
        events = Events(listening, "listening", "error", "close")
        listening.start()
        with pytest.raises(TlsError) as caught:
            await listening.wait_listening()
        await listening.wait_closed()
        assert caught.value.code == code
        assert events.seen == [("error", caught.value)]
        assert listening.address() is None

    run(test())


def test_a_server_that_failed_can_start_once_the_file_is_there(
    certificates: Certificates, run: Run
) -> None:
    async def test() -> None:
        path = certificates.folder / "late.pfx"
        path.unlink(missing_ok=True)
        listening = Server({**certificates.options, "pfxKeyCertPath": str(path), "port": 0})
        events = Events(listening, "listening", "error")
        listening.start()
        await events.wait("error")
        path.write_bytes(certificates.identity.pfx())
        listening.start()
        await events.wait("listening")
        listening.stop()
        await listening.wait_closed()

    run(test())


# openssl s_client


async def s_client(port: int, *options: str) -> Any:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    command = [openssl, "s_client", "-connect", f"127.0.0.1:{port}", *options]
    return await asyncio.to_thread(run_program, command)


def test_openssl_verifies_the_chain(certificates: Certificates, run: Run) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            verify = ["-CAfile", certificates.ca, "-verify_return_error"]
            ended = await s_client(
                running.port, *verify, "-verify_hostname", "localhost", "-showcerts"
            )
            assert ended.code == 0, ended.stderr
            assert "Verify return code: 0 (ok)" in ended.stdout
            assert ended.stdout.count("-----BEGIN CERTIFICATE-----") == 2
            assert "TLSv1.3" in ended.stdout
            assert "Compression: NONE" in ended.stdout
            ended = await s_client(running.port, *verify, "-verify_hostname", "example.org")
            assert ended.code != 0

    run(test())


@pytest.mark.parametrize(
    ("options", "works"),
    [
        (["-tls1_3"], True),
        (["-tls1_2"], True),
        (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], False),
        (["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], False),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], False),
    ],
    ids=["1.3", "1.2", "1.1", "1.0", "1.2 with CBC"],
)
def test_openssl_is_admitted_with_modern_settings_only(
    certificates: Certificates, run: Run, debug: Any, options: list[str], works: bool
) -> None:
    async def test() -> None:
        async with serving(**certificates.options) as running:
            ended = await s_client(running.port, *options)
            assert (ended.code == 0) is works, ended.stdout + ended.stderr
            if not works:
                reason = "no encryption" if "-tls1_2" in options else "versions older than 1.2"
                assert "alert" in ended.stderr
                assert [reason in line for line in lines(debug)] == [True]

    run(test())


def test_openssl_cannot_renegotiate(certificates: Certificates, run: Run) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")

    async def test() -> None:
        async with serving(**certificates.options) as running:
            process = await asyncio.create_subprocess_exec(
                *(openssl, "s_client", "-connect", f"127.0.0.1:{running.port}", "-tls1_2"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await process.communicate(b"R\n")
            assert b"RENEGOTIATING" in output
            assert b"no renegotiation" in output

    run(test())


# Scripts

SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server(Object.assign({ port: 0 }, %s));
    server.on('listening', (port) => console.log('listening', port));
    server.on('error', (error) =>
      console.log('error', error instanceof Error, error.code, error.message));
    server.on('connection', (socket) => {
      socket.on('message', (message) => {
        socket.send(message);
        if (message === 'end') {
          socket.send('x'.repeat(1048576));
          socket.close(4000, 'bye');
        }
      });
      socket.on('close', (code, reason) => console.log('close', code, reason));
    });
    server.start();
"""


@pytest.mark.parametrize("form", ["pfx", "pem"])
def test_a_script_serves_wss(engine: str, certificates: Certificates, run: Run, form: str) -> None:
    options = certificates.options
    if form == "pem":
        options = certificates.options_of(certificates.identity, "script")

    async def test() -> None:
        async with running_script(engine, SCRIPT % json.dumps(options)) as script:
            url = f"wss://localhost:{await script.port()}"
            async with connect(url, ssl=trust(certificates), max_size=None) as connected:
                await connected.send('{"a":1}')
                assert await connected.recv() == '{"a":1}'
                await connected.send('"end"')
                assert await connected.recv() == '"end"'
                assert await connected.recv() == json.dumps("x" * MEGABYTE)
                await asyncio.wait_for(connected.wait_closed(), DEADLINE)
                assert (connected.close_code, connected.close_reason) == (4000, "bye")
            assert await script.stdout.until("close") == "4000 bye"
        assert script.stderr.text == ""

    run(test())


def test_a_script_that_cannot_speak_tls_gets_an_error(
    engine: str, certificates: Certificates, run: Run
) -> None:
    async def test() -> None:
        options = {**certificates.options, "pfxKeyCertPassword": "wrong"}
        async with running_script(engine, SCRIPT % json.dumps(options)) as script:
            line = await script.stdout.until("error")
            path = options["pfxKeyCertPath"]
            assert line == (
                f"true ERR_TLS_BAD_PASSWORD ERR_TLS_BAD_PASSWORD: pfxKeyCertPath {path!r}: the "
                "password is wrong (pfxKeyCertPassword), or the file is damaged"
            )
            await script.ended()
            assert "listening" not in script.stdout.text
            assert script.host.exit_code == 1

    run(test())


def test_without_a_listener_the_error_ends_the_run(engine: str, run: Run) -> None:
    async def test() -> None:
        source = """
            const { Server } = require('@modules/web-socket-server');
            new Server({ sslTls: true }).start();
        """
        async with running_script(engine, source) as script:
            await script.ended()
            assert script.host.exit_code == 1
            assert "ERR_TLS_NO_KEY_FILE" in script.stderr.text

    run(test())


def test_printing_a_server_does_not_print_its_passwords(engine: str, run: Run) -> None:
    async def test() -> None:
        source = """
            const { Server } = require('@modules/web-socket-server');
            const server = new Server({ pfxKeyCertPassword: 'hush', pemKeyPassword: 'hush' });
            console.log(server, JSON.stringify(server));
            console.log('kept', server.pfxKeyCertPassword, server.pemKeyPassword);
        """
        async with running_script(engine, source) as script:
            await script.ended()
            assert script.stdout.text.count("hush") == 2
            assert "kept hush hush\n" in script.stdout.text

    run(test())


def test_a_key_leaves_nothing_behind(
    certificates: Certificates, run: Run, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delattr("os.memfd_create", raising=False)

    def left() -> list[Path]:
        return list(tmp_path.iterdir())

    async def test() -> None:
        async with serving(echo, **certificates.options) as running:
            assert left() == []
            async with client(running, certificates) as connected:
                await _echoes(connected)
        failing = Server({**certificates.options, "pfxKeyCertPassword": PASSWORD[:-1], "port": 0})
        events = Events(failing, "error")
        failing.start()
        await events.wait("error")
        assert left() == []

    run(test())
