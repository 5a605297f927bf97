"""The client when something goes wrong: retries, deadlines, servers that break the rules."""

from __future__ import annotations

import asyncio
import itertools
import struct
import zlib
from typing import Any

import pytest

from accessor_host.errors import ConnectError, ConnectionFault
from accessor_host.websocket import client as connector

from ...support.clients import RawServer, client_of, masked, names, refusing_port
from ...support.wire import (
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

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


# Retries


@pytest.mark.parametrize(("retries", "words"), [(0, "1 attempt"), (2, "3 attempts")])
def test_one_error_after_the_last_attempt_says_how_many_and_why(retries: int, words: str) -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, numberOfRetries=retries, timeBetweenRetries=60)
            client.open()
            for _ in range(retries + 1):
                (await server.accept()).writer.close()
            await client.wait_closed()
            assert names(events) == ["error"]
            error = events.of("error")[0]
            assert (type(error), error.code) == (ConnectError, "WS_CONNECT_FAILED")
            assert error.reason.startswith(
                f"could not connect to ws://127.0.0.1:{server.port}/ after {words}: "
                "the server ended the connection without an answer"
            )
            assert len(server.accepted_at) == retries + 1
            for before, after in itertools.pairwise(server.accepted_at):
                assert 0.059 <= after - before < 2

    run(test())


def test_a_server_that_comes_back_while_the_client_retries(monkeypatch: Any) -> None:
    failed: list[int] = []
    third = asyncio.Event()

    def count(message: str, *args: Any) -> None:
        if "attempt %d" in message:
            failed.append(args[1])
            if len(failed) == 3:
                third.set()

    monkeypatch.setattr(connector.logger, "debug", count)

    async def test() -> None:
        async with serving(echo) as running:
            port = running.port
            client, events = client_of(port, numberOfRetries=1000, timeBetweenRetries=20)
            client.open()
            await client.wait_open()
        # The server is gone; the client says so, and does nothing until it is told to.
        await client.wait_closed()
        assert names(events) == ["open", "close"]
        client.open()
        client.send("queued")
        await asyncio.wait_for(third.wait(), 5)
        async with serving(echo, port=port):
            assert await events.wait("message") == "queued"
            assert names(events) == ["open", "close", "open", "message"]
            client.close()
            await client.wait_closed()

    run(test())
    assert failed[:3] == [1, 2, 3]


def test_a_retry_that_works_is_no_error() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, numberOfRetries=3, timeBetweenRetries=0)
            client.open()
            for _ in range(3):
                (await server.accept()).writer.close()
            raw = await server.shake_hands()
            await client.wait_open()
            raw.send(frame(CLOSE, b"\x03\xe8", mask=False))
            raw.writer.write_eof()
            await client.wait_closed()
            assert events.seen == [("open",), ("close", 1000, "")]
            assert len(server.accepted_at) == 4

    run(test())


def test_close_cancels_retries_at_once() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, numberOfRetries=5, timeBetweenRetries=1_000_000)
            client.open()
            (await server.accept()).writer.close()
            client.close()
            await client.wait_closed()
            assert events.seen == []
            # And it opens again.
            client.open()
            await server.shake_hands()
            await client.wait_open()
            client.close()
            assert len(server.accepted_at) == 2

    run(test())


def test_close_cancels_an_attempt_and_its_socket() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, connectTimeout=0)
            client.send(1)
            client.open()
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            client.close()
            assert [error.code for error in events.of("error")] == ["WS_UNSENT_MESSAGES"]
            await client.wait_closed()
            assert await raw.rest() == b""
            assert names(events) == ["error"]

    run(test())


def test_a_server_that_accepts_and_stays_silent() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, connectTimeout=150)
            loop = asyncio.get_running_loop()
            start = loop.time()
            client.open()
            await client.wait_closed()
            assert 0.15 <= loop.time() - start < 2
            reason = events.of("error")[0].reason
            assert reason.endswith("after 1 attempt: no answer to the handshake within 150 ms")
            assert await (await server.accept()).reader.readuntil(b"\r\n\r\n")

    run(test())


# Answers that are no handshake


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno",
            "answered with HTTP 403 Forbidden",
        ),
        (b"HTTP/1.1 503 Busy\r\n\r\n", "answered with HTTP 503 Busy"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "answered with HTTP 200 OK"),
        (b"HTTP/1.1 503 \x1b[2J\x07\r\n\r\n", r"answered with HTTP 503 \x1b[2J\x07"),
        (b"HTTP/1.1 101 \x1b[2J\x07\r\n\r\n", r"reason phrase: \x1b[2J\x07"),
        (b"HTTP/1.1 101 OK\r\nUpgrade: \x1b[2J\r\n\r\n", r"\x1b[2J"),
        (b"HTTP/1.1 101 S\r\n\r\n", "does not fit the handshake: missing Connection header"),
        (
            b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: AAAA\r\n\r\n",
            "does not fit the handshake: invalid Sec-WebSocket-Accept header: AAAA",
        ),
        (b"HTTP/1.1 x\r\n\r\n", "answer is not HTTP"),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "does not speak HTTP/1.1; it sent b'SS"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "the server speaks TLS; set sslTls to true"),
        (b"HTTP/1.1 101 S\r\nX: " + b"x" * 70_000, "a head of more than 65536 bytes"),
    ],
)
@pytest.mark.parametrize("trickle", [False, True], ids=["at once", "byte by byte"])
def test_an_answer_that_is_no_handshake(data: bytes, reason: str, trickle: bool) -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port)
            client.open()
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            for byte in data[:200] if trickle else b"":
                raw.send(bytes([byte]))
                await asyncio.sleep(0)
            raw.send(data[200:] if trickle else data)
            await client.wait_closed()
            assert names(events) == ["error"]
            assert reason in events.of("error")[0].reason

    run(test())


def test_an_end_in_the_middle_of_the_answer() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port)
            client.open()
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            raw.send(b"HTTP/1.1 101 Sw")
            raw.writer.close()
            await client.wait_closed()
            assert "in the middle of its answer" in events.of("error")[0].reason

    run(test())


def test_our_own_server_refuses() -> None:
    async def test() -> None:
        async with serving(allowedOrigins=["https://a.example"]) as running:
            client, events = client_of(running.port)
            client.open()
            await client.wait_closed()
            assert "HTTP 403 Forbidden" in events.of("error")[0].reason

    run(test())


def test_hosts_that_are_none() -> None:
    async def test() -> None:
        for host, reason in (("..", "not a host name"), ("no.invalid", "cannot be resolved")):
            client, events = client_of(1, host=host)
            client.open()
            await client.wait_closed()
            assert reason in events.of("error")[0].reason
        with refusing_port() as port:
            client, events = client_of(port, host="localhost")
            client.open()
            await client.wait_closed()
            assert events.of("error")[0].reason.endswith("1 attempt: connection refused")

    run(test())


# Frames


@pytest.mark.parametrize(
    ("data", "code", "fault"),
    [
        (frame(TEXT, b"1"), 1002, "WS_PROTOCOL_ERROR"),
        (frame(TEXT, b"1", mask=False, rsv=4), 1002, "WS_PROTOCOL_ERROR"),
        (frame(0x3, mask=False), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CONT, b"1", mask=False), 1002, "WS_PROTOCOL_ERROR"),
        (frame(TEXT, b"\xff", mask=False), 1007, "WS_INVALID_UTF8"),
        (frame(BINARY, b"x" * 1001, mask=False), 1009, "WS_MESSAGE_TOO_BIG"),
        (b"\x81\x7f" + struct.pack("!Q", 2**62), 1009, "WS_MESSAGE_TOO_BIG"),
        (
            frame(TEXT, fin=False, mask=False) + frame(CONT, fin=False, mask=False) * 8,
            1009,
            "WS_TOO_MANY_FRAGMENTS",
        ),
    ],
)
def test_a_bad_frame_is_an_error_and_then_close(data: bytes, code: int, fault: str) -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, maxMessageSize=1000, maxFragments=8)
            client.open()
            raw = await server.shake_hands()
            raw.send(frame(TEXT, b"1", mask=False) + data)
            head, _, payload = await masked(raw)
            assert (head, int.from_bytes(payload[:2])) == (0x88, code)
            raw.writer.write_eof()
            await client.wait_closed()
            assert names(events) == ["open", "message", "error", "close"]
            error = events.of("error")[0]
            assert (type(error), error.code, error.close_code) == (ConnectionFault, fault, code)
            assert events.of("close")[0][0] == code

    run(test())


def test_a_server_that_never_closes_is_cut_at_the_deadline() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, closingTimeout=200)
            client.open()
            raw = await server.shake_hands()
            await client.wait_open()
            loop = asyncio.get_running_loop()
            start = loop.time()
            client.close(4000, "go")
            assert (await masked(raw))[2] == b"\x0f\xa0go"
            await client.wait_closed()
            assert 0.19 <= loop.time() - start < 2
            assert events.of("close") == [(4000, "go")]

    run(test())


def test_a_server_that_answers_no_ping() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(
                server.port, pingInterval=50, pingTimeout=100, closingTimeout=100
            )
            client.open()
            raw = await server.shake_hands()
            assert (await masked(raw))[0] == 0x80 | PING
            await client.wait_closed()
            assert events.of("close") == [(1011, "keepalive ping timeout")]

    run(test())


def test_a_server_that_does_not_read() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, maxUnsentBytes=1_000_000, closingTimeout=100)
            client.open()
            raw = await server.shake_hands()
            raw.writer.transport.pause_reading()
            await client.wait_open()
            sent = 0
            while client.send("x" * 100_000):
                sent += 1
                await asyncio.sleep(0)
                assert sent < 500
            await client.wait_closed()
            assert [error.code for error in events.of("error")] == ["WS_SLOW_PEER"]
            assert events.of("close")[0][0] == 1008

    run(test())


# Compression


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-12)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def bombs(size: int) -> dict[str, bytes]:
    """Return messages of more than a size, in frames that are far smaller."""
    whole = deflated(b"x" * (size + 1))
    half = len(whole) // 2
    return {
        "in one frame": frame(TEXT, whole, rsv=4),
        "in two": frame(TEXT, whole[:half], rsv=4, fin=False) + frame(CONT, whole[half:]),
        "huge": frame(BINARY, deflated(bytes(100 * size)), rsv=4),
    }


@pytest.mark.slow_with(1_000_000)
@pytest.mark.parametrize("kind", bombs(1))
@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_a_compression_bomb_meets_the_server(kind: str, size: int) -> None:
    async def test() -> None:
        async with serving(maxMessageSize=size, compression=True) as running:
            raw = await Raw.connect(running.port)
            raw.send(handshake(DEFLATE))
            head = await raw.reader.readuntil(b"\r\n\r\n")
            assert b"permessage-deflate" in head
            _, events = await running.socket()
            raw.send(frame(TEXT, deflated(b"1" * size), rsv=4))
            assert len(str(await events.wait("message"))) > 3
            raw.send(bombs(size)[kind])
            assert (await raw.close_code())[0] == 1009
            await raw.hang_up()
            await events.wait("close")
            assert [error.code for error in events.of("error")] == ["WS_MESSAGE_TOO_BIG"]

    run(test())


def test_a_compression_bomb_meets_the_client() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, compression=True, maxMessageSize=1000)
            client.open()
            raw = await server.shake_hands(DEFLATE)
            raw.send(frame(TEXT, deflated(b'"' + b"x" * 998 + b'"'), rsv=4, mask=False))
            raw.send(frame(TEXT, deflated(b"x" * 1001), rsv=4, mask=False))
            assert (await masked(raw))[2][:2] == (1009).to_bytes(2)
            raw.writer.write_eof()
            await client.wait_closed()
            assert names(events) == ["open", "message", "error", "close"]
            assert events.of("error")[0].code == "WS_MESSAGE_TOO_BIG"

    run(test())


def test_compressed_bytes_that_are_none() -> None:
    async def test() -> None:
        async with serving(compression=True) as running:
            raw = await Raw.connect(running.port)
            raw.send(handshake(DEFLATE) + frame(TEXT, b"\xff" * 50, rsv=4))
            await raw.reader.readuntil(b"\r\n\r\n")
            assert (await raw.close_code())[0] == 1002
            await raw.hang_up()

    run(test())


def test_without_the_option_nothing_is_compressed() -> None:
    async def test() -> None:
        async with serving() as running:
            raw = await Raw.connect(running.port)
            raw.send(handshake(DEFLATE))
            assert b"permessage" not in await raw.reader.readuntil(b"\r\n\r\n")
            raw.writer.close()

    run(test())
