"""Peers that break the rules: a clear end for them, and nothing for anybody else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import logging
import re
import struct
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.http11 import Request

from ..support.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    Raw,
    Running,
    echo,
    frame,
    handshake,
    run,
    serving,
)


@contextlib.asynccontextmanager
async def witnessed(**options: Any) -> AsyncIterator[Running]:
    """Run an echo server with another client, which must be served before and after."""
    async with serving(echo, **options) as running, connect(running.url) as client:
        await client.send('"before"')
        assert await client.recv() == '"before"'
        yield running
        await client.send('"after"')
        assert await client.recv() == '"after"'


async def _answer(raw: Raw) -> tuple[int, dict[str, str], str]:
    """Read an HTTP answer, which must be complete, followed by the end of the stream."""
    text = (await raw.rest()).decode()
    head, _, body = text.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert "server" not in fields
    assert fields["connection"] == "close"
    return int(status.split(" ")[1]), fields, body


def _complete(fields: dict[str, str], body: str) -> bool:
    return int(fields["content-length"]) == len(body.encode()) and body.endswith("\n")


# The opening handshake


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: box:8082\r\n\r\n", 426),
        (b"GET / HTTP/1.0\r\n\r\n", 426),
        (handshake().replace(b"HTTP/1.1", b"HTTP/1.0"), 426),
        (handshake().replace(b"Upgrade: websocket", b"Upgrade: h2c"), 426),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsome body", 405),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 405),
        (handshake("Content-Length: 5") + b"12345", 400),
        (handshake().replace(b"Version: 13", b"Version: 8"), 400),
        (handshake(key="c2hvcnQ="), 400),
        (handshake(key="***"), 400),
        (handshake("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n", 400),
        (b"hello there\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x00\x01\x02\x03", 400),
        (frame(TEXT, b"no handshake"), 400),
        (b"SSH-2.0-OpenSSH_9.7\r\n", 400),
        (b"GET /" + b"x" * 20_000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 500, 431),
    ],
)
@pytest.mark.parametrize("trickle", [False, True], ids=["at once", "byte by byte"])
def test_what_is_no_handshake_gets_an_http_answer(
    request_bytes: bytes, status: int, trickle: bool
) -> None:
    async def test() -> None:
        async with witnessed() as running, await Raw.connect(running.port) as raw:
            if trickle and len(request_bytes) < 1000:
                for byte in request_bytes:
                    raw.send(bytes([byte]))
                    await asyncio.sleep(0)
            else:
                raw.send(request_bytes)
            got, fields, body = await _answer(raw)
            assert got == status
            assert _complete(fields, body)
            assert ("upgrade" in fields) == (status == 426)
            assert (fields.get("allow") == "GET") == (status == 405)
            assert len(running.sockets) == 1

    run(test())


def test_a_plain_request_is_told_what_this_port_speaks() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.connect(running.port) as raw:
            raw.send(b"GET /page HTTP/1.1\r\nHost: gateway:8082\r\n\r\n")
            status, fields, body = await _answer(raw)
            assert (status, fields["upgrade"]) == (426, "websocket")
            assert fields["content-type"] == "text/plain; charset=utf-8"
            assert "speaks the WebSocket protocol" in body
            assert "ws://gateway:8082/" in body

    run(test())


def test_a_host_that_is_none_is_not_repeated() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.connect(running.port) as raw:
            raw.send(b"GET / HTTP/1.1\r\nHost: <script>\r\n\r\n")
            _, _, body = await _answer(raw)
            assert "script" not in body
            assert "ws://HOST:PORT/" in body

    run(test())


def test_head_has_fields_and_no_body() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.connect(running.port) as raw:
            raw.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            status, fields, body = await _answer(raw)
            assert (status, body) == (405, "")
            assert int(fields["content-length"]) > 0

    run(test())


def test_another_version_is_told_which_one_works() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.connect(running.port) as raw:
            raw.send(handshake().replace(b"Version: 13", b"Version: 8"))
            status, fields, _ = await _answer(raw)
            assert (status, fields["sec-websocket-version"]) == (400, "13")

    run(test())


@pytest.mark.parametrize("start", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_half_a_handshake_and_then_the_end(start: bytes) -> None:
    async def test() -> None:
        async with witnessed() as running, await Raw.connect(running.port) as raw:
            raw.send(start)
            raw.writer.write_eof()
            if start:
                assert (await _answer(raw))[0] == 400
            else:
                assert await raw.rest() == b""

    run(test())


@pytest.mark.parametrize("trickle", [False, True], ids=["silence", "bytes trickle"])
def test_a_slow_handshake_is_dropped_at_the_deadline(trickle: bool) -> None:
    async def test() -> None:
        async with witnessed(openingTimeout=300) as running:
            raw = await Raw.connect(running.port)
            loop = asyncio.get_running_loop()
            start = loop.time()

            async def send() -> None:
                for byte in handshake():
                    raw.send(bytes([byte]))
                    await asyncio.sleep(0.02)

            sender = asyncio.create_task(send()) if trickle else None
            with contextlib.suppress(ConnectionResetError):
                assert await raw.rest() == b""
            assert 0.25 < loop.time() - start < 2
            if sender is not None:
                sender.cancel()
            raw.writer.close()

    run(test())


def test_tls_on_a_plain_port_is_dropped_without_an_answer(caplog: Any) -> None:
    async def test() -> None:
        async with witnessed() as running, await Raw.connect(running.port) as raw:
            raw.send(bytes.fromhex("16030100c8010000c403034f0e"))
            with contextlib.suppress(ConnectionResetError):
                assert await raw.rest() == b""

    with caplog.at_level(logging.DEBUG, "accessor_host"):
        run(test())
    assert "speaks TLS" in caplog.text


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        (["Origin: https://good.example"], True),
        (["Origin: https://evil.example"], False),
        (["Origin: https://good.example.evil.example"], False),
        (["Origin: null"], False),
        ([], False),
    ],
)
def test_only_allowed_origins_are_admitted(origin: list[str], admitted: bool) -> None:
    async def test() -> None:
        async with (
            serving(allowedOrigins=["https://good.example"]) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(handshake(*origin))
            if admitted:
                assert (await raw.reader.readline()).startswith(b"HTTP/1.1 101 ")
            else:
                status, fields, body = await _answer(raw)
                assert status == 403
                assert _complete(fields, body)
                assert running.sockets == []

    run(test())


def test_one_client_too_many_is_told_to_come_back() -> None:
    async def test() -> None:
        async with serving(echo, maxConnections=2) as running:
            async with connect(running.url), await Raw.connect(running.port) as shaking_hands:
                shaking_hands.send(b"GET ")
                async with await Raw.connect(running.port) as raw:
                    raw.send(handshake())
                    status, fields, body = await _answer(raw)
                    assert (status, fields["retry-after"]) == (503, "10")
                    assert _complete(fields, body)
            for index in range(1):
                _, events = await running.socket(index)
                await events.wait("close")
            async with connect(running.url) as client:
                await client.send("1")
                assert await client.recv() == "1"

    run(test())


def test_clients_that_wait_for_a_refusal_are_limited_too() -> None:
    async def test() -> None:
        async with serving(echo, maxConnections=1) as running, connect(running.url) as client:
            crowd = [await Raw.connect(running.port) for _ in range(200)]
            ended = [asyncio.create_task(_ended(raw)) for raw in crowd]
            for first in itertools.islice(asyncio.as_completed(ended), 200 - 128):
                await first
            await client.send("1")
            assert await client.recv() == "1"
            assert sum(task.done() for task in ended) == 200 - 128
            for raw in crowd:
                raw.writer.close()
            await asyncio.gather(*ended)

    run(test())


async def _ended(raw: Raw) -> None:
    with contextlib.suppress(OSError):
        await raw.reader.read(1)


# Frames


@pytest.mark.parametrize(
    ("data", "code", "fault"),
    [
        (frame(TEXT, b"1", mask=False), 1002, "WS_PROTOCOL_ERROR"),
        (frame(TEXT, b"1", rsv=4), 1002, "WS_PROTOCOL_ERROR"),
        (frame(TEXT, b"1", rsv=2), 1002, "WS_PROTOCOL_ERROR"),
        (frame(0x3), 1002, "WS_PROTOCOL_ERROR"),
        (frame(0xB), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CONT, b"1"), 1002, "WS_PROTOCOL_ERROR"),
        (frame(TEXT, b"1", fin=False) + frame(TEXT, b"2"), 1002, "WS_PROTOCOL_ERROR"),
        (frame(PING, b"x" * 126), 1002, "WS_PROTOCOL_ERROR"),
        (frame(PING, fin=False), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CLOSE, b"\x03"), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CLOSE, struct.pack("!H", 999)), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CLOSE, struct.pack("!H", 1005)), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CLOSE, struct.pack("!H", 1006)), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CLOSE, struct.pack("!H", 5000)), 1002, "WS_PROTOCOL_ERROR"),
        (frame(CLOSE, b"\x03\xe8\xff"), 1007, "WS_INVALID_UTF8"),
        (frame(TEXT, b"\xff"), 1007, "WS_INVALID_UTF8"),
        (frame(TEXT, b"\xed\xa0\x80"), 1007, "WS_INVALID_UTF8"),
        (frame(TEXT, b"a", fin=False) + frame(CONT, b"\xff", fin=False), 1007, "WS_INVALID_UTF8"),
        (frame(TEXT, b"\xc3", fin=False) + frame(CONT, b""), 1007, "WS_INVALID_UTF8"),
        (frame(TEXT, b"x" * 1001), 1009, "WS_MESSAGE_TOO_BIG"),
        (frame(BINARY, b"x" * 1001), 1009, "WS_MESSAGE_TOO_BIG"),
        # Only the header of a frame that is not going to come.
        (b"\x81\xff" + struct.pack("!Q", 2**62) + bytes(4), 1009, "WS_MESSAGE_TOO_BIG"),
        (frame(TEXT, b"x" * 600, fin=False) + frame(CONT, b"x" * 401), 1009, "WS_MESSAGE_TOO_BIG"),
        (frame(TEXT, fin=False) + frame(CONT, fin=False) * 8, 1009, "WS_TOO_MANY_FRAGMENTS"),
    ],
)
def test_a_bad_frame_ends_its_connection(data: bytes, code: int, fault: str) -> None:
    async def test() -> None:
        async with witnessed(maxMessageSize=1000, maxFragments=8) as running:
            async with await Raw.open(running.port) as raw:
                _, events = await running.socket(1)
                raw.send(frame(TEXT, b"1") + data)
                assert (await raw.close_code())[0] == code
                await raw.hang_up()
                await events.wait("close")
            # The good message that came in the same segment is delivered.
            assert [name for name, *_ in events.seen] == ["message", "error", "close"]
            error = events.of("error")[0]
            assert (error.code, error.close_code) == (fault, code)
            assert events.of("close")[0][0] == code

    run(test())


def test_two_faults_in_one_segment_are_told_as_the_close_frame_tells_them() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            _, events = await running.socket()
            raw.send(frame(TEXT, b"\xff") + frame(0x3))
            code, _ = await raw.close_code()
            await raw.hang_up()
            await events.wait("close")
            assert [error.close_code for error in events.of("error")] == [code]
            assert events.of("close")[0][0] == code

    run(test())


def test_nothing_after_a_bad_frame_is_delivered() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            _, events = await running.socket()
            raw.send(frame(TEXT, b"\xff") + frame(TEXT, b"1") + frame(TEXT, b"2"))
            await raw.close_code()
            raw.send(frame(TEXT, b"3") + frame(CLOSE, b"\x03\xe8"))
            await raw.hang_up()
            await events.wait("close")
            assert [name for name, *_ in events.seen] == ["error", "close"]
            assert events.of("close")[0][0] == 1007

    run(test())


def test_a_bad_frame_is_recognised_byte_by_byte() -> None:
    async def test() -> None:
        async with witnessed() as running, await Raw.open(running.port) as raw:
            for byte in frame(TEXT, b"12"):
                raw.send(bytes([byte]))
                await asyncio.sleep(0)
            assert await raw.frame() == (TEXT, b"12")
            for byte in frame(0x3):
                raw.send(bytes([byte]))
                await asyncio.sleep(0)
            assert (await raw.close_code())[0] == 1002

    run(test())


def test_a_fault_without_a_listener_is_one_line_in_the_log(caplog: Any) -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            sock, events = await running.socket()
            sock.remove_all_listeners("error")
            raw.send(frame(0x3))
            assert (await raw.close_code())[0] == 1002
            await raw.hang_up()
            await events.wait("close")

    run(test())
    assert len(caplog.records) == 1
    assert re.search(r"^socket \d+ from 127.0.0.1:\d+: WS_PROTOCOL_ERROR", caplog.messages[0])


@pytest.mark.parametrize("size", [1, 100, 1000, 70_000])
def test_the_message_size_is_limited_at_the_edge(size: int) -> None:
    async def test() -> None:
        async with serving(echo, maxMessageSize=size, sendType="text/plain") as running:
            good = b"x" * size
            for data in (
                frame(TEXT, good),
                frame(TEXT, good[:1], fin=False) + frame(PING) + frame(CONT, good[1:]),
                # Control frames may come where no byte of data may.
                frame(TEXT, good, fin=False) + frame(PING, b"p" * 125) + frame(CONT),
            ):
                async with await Raw.open(running.port) as raw:
                    raw.send(data)
                    while (got := await raw.frame())[0] == PONG:
                        pass
                    assert got == (TEXT, good)
                    raw.send(frame(TEXT, good + b"x"))
                    assert (await raw.close_code())[0] == 1009

    run(test())


def test_a_fragment_that_announces_too_much_is_refused_before_it_comes() -> None:
    async def test() -> None:
        async with serving(maxMessageSize=1000) as running, await Raw.open(running.port) as raw:
            raw.send(frame(TEXT, b"x" * 600, fin=False) + frame(PING))
            assert (await raw.frame())[0] == PONG
            raw.send(frame(CONT, b"x" * 401)[:4])
            assert (await raw.close_code())[0] == 1009

    run(test())


@pytest.mark.parametrize("size", [1_000, 2_000, 2_001])
def test_a_message_behind_the_end_of_a_fragmented_one_has_all_its_room(size: int) -> None:
    async def test() -> None:
        async with (
            serving(
                echo, maxMessageSize=2_000, receiveType="text/plain", sendType="text/plain"
            ) as running,
            await Raw.open(running.port) as raw,
        ):
            raw.send(frame(TEXT, b"x" * 1_500, fin=False) + frame(PING))
            assert (await raw.frame())[0] == PONG
            raw.send(frame(CONT, b"y" * 10) + frame(BINARY, b"z" * size))
            assert await raw.frame() == (TEXT, b"x" * 1_500 + b"y" * 10)
            if size <= 2_000:
                assert await raw.frame() == (TEXT, b"z" * size)
            else:
                assert (await raw.close_code())[0] == 1009

    run(test())


def test_the_number_of_fragments_is_limited_at_the_edge() -> None:
    async def test() -> None:
        async with serving(echo) as running, await Raw.open(running.port) as raw:
            start, empty = frame(TEXT, b"1", fin=False), frame(CONT, fin=False)
            raw.send(start + empty * (16_384 - 2) + frame(CONT))
            assert await raw.frame() == (TEXT, b"1")
            raw.send(start + empty * (16_384 - 1) + frame(CONT))
            assert (await raw.close_code())[0] == 1009

    run(test())


@pytest.mark.slow
def test_empty_fragments_do_not_hold_memory() -> None:
    async def test() -> None:
        async with serving(maxFragments=2**31 - 1) as running:
            async with await Raw.open(running.port) as raw:
                raw.send(frame(TEXT, fin=False))
                gc.collect()
                tracemalloc.start()
                for _ in range(10):
                    raw.send(frame(CONT, fin=False) * 2_000)
                    await raw.writer.drain()
                raw.send(frame(PING, b"done"))
                assert await raw.frame() == (PONG, b"done")
                gc.collect()
                held, _ = tracemalloc.get_traced_memory()
                tracemalloc.stop()
            assert held < 100_000, f"{held} bytes held for 120,000 bytes of empty frames"

    run(test())


# Ends


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_killed_in_the_middle_of_a_message(reset: bool) -> None:
    async def test() -> None:
        async with witnessed() as running:
            raw = await Raw.open(running.port)
            _, events = await running.socket(1)
            raw.send(frame(TEXT, b"1"))
            assert await raw.frame() == (TEXT, b"1")
            raw.send(frame(TEXT, b"part", fin=False) + frame(CONT, b"x" * 5000)[:2000])
            await raw.writer.drain()
            if reset:
                raw.kill()
            else:
                raw.writer.close()
            await events.wait("close")
            assert events.seen == [("message", 1), ("close", 1006, "")]

    run(test())


def test_a_client_that_never_answers_a_close_is_cut_at_the_deadline() -> None:
    async def test() -> None:
        async with witnessed(closingTimeout=300) as running, await Raw.open(running.port) as raw:
            sock, events = await running.socket(1)
            start = asyncio.get_running_loop().time()
            sock.close(4000, "go")
            await events.wait("close")
            assert 0.25 < asyncio.get_running_loop().time() - start < 2
            assert events.seen == [("close", 4000, "go")]
            assert await raw.close_code() == (4000, "go")

    run(test())


@pytest.mark.slow
def test_a_thousand_clients_at_once() -> None:
    async def test() -> None:
        async with serving(echo) as running:

            async def client(number: int) -> None:
                async with await Raw.connect(running.port) as raw:
                    raw.send(handshake() + frame(TEXT, str(number).encode()))
                    await raw.reader.readuntil(b"\r\n\r\n")
                    assert await raw.frame() == (TEXT, str(number).encode())
                    raw.send(frame(CLOSE, b"\x03\xe8"))
                    assert await raw.close_code() == (1000, "")

            await asyncio.gather(*(client(number) for number in range(1000)))
            for index in range(1000):
                _, events = await running.socket(index)
                await events.wait("close")
            got = sorted(events.of("message")[0] for events in running.socket_events)
            assert got == list(range(1000))
            assert all(events.of("close") == [(1000, "")] for events in running.socket_events)

    run(test(), timeout=50)


def test_an_open_connection_does_not_keep_its_request() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port):
            await running.socket()
            gc.collect()
            assert [kept for kept in gc.get_objects() if isinstance(kept, Request)] == []

    run(test())


# Peers that do not read


def test_a_peer_that_never_reads_is_slow_and_the_others_are_served() -> None:
    async def test() -> None:
        options = {"maxUnsentBytes": 1_000_000, "closingTimeout": 300}
        async with (
            witnessed(**options) as running,
            await Raw.open(running.port, receive_buffer=4096) as raw,
            connect(running.url) as other,
        ):
            sock, events = await running.socket(1)
            # The kernel takes some; no more than a few MB.
            sent = 0
            while sock.send("x" * 10_000):
                sent += 1
                assert sent < 5000
                await other.send(str(sent))
                assert await other.recv() == str(sent)
            assert not sock.is_open()
            error = events.of("error")[0]
            assert (error.code, error.close_code) == ("WS_SLOW_PEER", 1008)
            await events.wait("close")
            assert events.of("close")[0][0] == 1008
            assert len(events.of("error")) == 1
            raw.writer.close()

    run(test())


def test_what_is_sent_in_one_turn_counts_as_well() -> None:
    async def test() -> None:
        async with (
            serving(maxUnsentBytes=1_000_000, closingTimeout=300) as running,
            await Raw.open(running.port, receive_buffer=4096) as raw,
        ):
            sock, events = await running.socket()
            raw.writer.transport.pause_reading()
            taken = 0
            while taken < 500 and sock.send("x" * 100_000):
                taken += 1
            assert taken < 500
            await events.wait("close")
            raw.writer.close()

    run(test())


def test_a_message_larger_than_what_may_wait_is_refused_at_the_edge() -> None:
    async def test() -> None:
        async with serving(maxUnsentBytes=1000, sendType="text/plain") as running:
            async with connect(running.url) as client:
                sock, _ = await running.socket()
                assert sock.send("x" * 996), "four bytes of header"
                assert await client.recv() == "x" * 996
                assert not sock.send("x" * 997)
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("close")[0][0] == 1008

    run(test())


def test_a_flood_of_pings_does_not_queue_pongs_without_end() -> None:
    async def test() -> None:
        async with (
            witnessed(maxUnsentBytes=400_000) as running,
            await Raw.open(running.port, receive_buffer=4096) as raw,
        ):
            sock, _ = await running.socket(1)
            raw.writer.transport.set_write_buffer_limits(0)
            raw.writer.transport.pause_reading()
            flood, sent = frame(PING, b"x" * 125) * 1000, 0
            with contextlib.suppress(TimeoutError):
                while sent < 500:
                    raw.send(flood)
                    async with asyncio.timeout(0.5):
                        await raw.writer.drain()
                    sent += 1
            assert sent < 500, "the server reads on although nobody reads its pongs"
            held = sock._peer._transport.get_write_buffer_size()
            # The mark, and the answers to what was read in one go.
            assert held < 100_000 + 300_000
            assert sock.is_open()
            # Once the peer reads, it is served again.
            raw.writer.transport.resume_reading()
            raw.send(frame(TEXT, b"1"))
            got = [(await raw.frame())[0] for _ in range((sent + 1) * 1000 + 1)]
            assert (got.count(PONG), got.count(TEXT)) == ((sent + 1) * 1000, 1)

    run(test())


def test_a_peer_that_never_reads_is_found_by_keep_alive() -> None:
    async def test() -> None:
        options = {"pingInterval": 50, "pingTimeout": 200, "closingTimeout": 200}
        async with (
            serving(echo, **options) as running,
            await Raw.open(running.port, receive_buffer=4096) as raw,
        ):
            raw.writer.transport.pause_reading()
            sock, events = await running.socket()
            for _ in range(100):
                assert sock.send("x" * 100_000)
            await events.wait("close")
            assert events.of("close") == [(1011, "keepalive ping timeout")]
            raw.writer.close()

    run(test())


def test_a_slow_reader_is_not_killed_by_keep_alive_while_it_reads() -> None:
    async def test() -> None:
        async with (
            # Reading takes more than twice the time that a ping has, and the last part of it,
            # which the kernel holds, less than half.
            serving(pingInterval=50, pingTimeout=1000) as running,
            await Raw.open(running.port, receive_buffer=4096) as raw,
        ):
            sock, events = await running.socket()
            for _ in range(150):
                assert sock.send("x" * 100_000)
            for _ in range(150):
                assert (await raw.frame())[0] == TEXT
                await asyncio.sleep(0.015)
            # The ping comes behind what was queued before it.
            assert (await raw.frame())[0] == PING
            assert sock.is_open()
            assert events.seen == []

    run(test())


def test_a_pause_of_ours_is_not_the_peers_fault() -> None:
    async def test() -> None:
        async with (
            serving(pingInterval=50, pingTimeout=100) as running,
            await Raw.open(running.port) as raw,
        ):
            sock, events = await running.socket()
            sock._peer.pause()
            raw.send(frame(TEXT, b"1"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    while True:
                        opcode, payload = await raw.frame()
                        assert opcode == PING
                        raw.send(frame(PONG, payload))
            assert events.seen == []
            sock._peer.resume()
            assert await events.wait("message") == 1
            assert sock.is_open()

    run(test())


def test_the_answer_to_a_ping_has_its_time_again_after_a_pause() -> None:
    async def test() -> None:
        async with (
            serving(pingInterval=50, pingTimeout=5000) as running,
            await Raw.open(running.port) as raw,
        ):
            sock, _ = await running.socket()
            assert (await raw.frame())[0] == PING
            connection = sock._peer
            connection.pause()
            connection._keep_alive.since -= 4.9
            connection.resume()
            connection.expire(asyncio.get_running_loop().time() + 4)
            assert sock.is_open()

    run(test())


def test_what_was_read_before_a_pause_is_delivered() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            sock, events = await running.socket()
            sock.once("message", lambda _: sock._peer.pause())
            raw.send(b"".join(frame(TEXT, json.dumps(n).encode()) for n in range(10)))
            await events.wait("message", 10)
            assert events.of("message") == list(range(10))

    run(test())


def test_a_paused_socket_still_closes_in_order() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            sock, events = await running.socket()
            sock._peer.pause()
            sock.close(4000)
            assert await raw.close_code() == (4000, "")
            raw.send(frame(CLOSE, b"\x0f\xa0"))
            await raw.hang_up()
            await events.wait("close")
            assert events.of("close") == [(4000, "")]

    run(test())
