"""Clients that do what they should not: one answer or none, and others are served."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import AsyncExitStack

import pytest

from accessor_host.http.server.heads import MAX_BETWEEN_CHUNKS

from ..support.http import GET, ignore, read_answer, serving_http, until
from ..support.wire import Raw, run

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_silent_client_is_cut_and_gets_nothing() -> None:
    async def test() -> None:
        async with serving_http(head_timeout=0.1) as running:
            assert await running.ask(b"") == b""
            await running.still_serves()

    run(test())


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"GET / HTTP/1.1\r\n", "late head"),
        (POST + b"Content-Length: 90\r\n\r\n", "late body"),
    ],
)
def test_a_client_that_is_slow_by_the_byte_gets_408(start: bytes, what: str) -> None:
    async def test() -> None:
        async with (
            serving_http(head_timeout=0.3, body_timeout=0.3) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(start)
            answer = asyncio.ensure_future(raw.rest())
            while not answer.done():
                raw.send(b"a")
                await asyncio.wait([answer], timeout=0.02)
            assert status_of(await answer) == 408
            assert running.refusals == {what: 1}
            await running.still_serves()

    run(test())


def test_an_endless_body_gets_413() -> None:
    async def test() -> None:
        async with (
            serving_http(max_body_size=1000, closing_timeout=0.2) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(100):
                raw.send(b"40\r\n" + 64 * b"x" + b"\r\n")
            head, _ = await read_answer(raw)
            assert status_of(head) == 413
            await running.still_serves()
            assert running.handler.requests[0][1] == b""

    run(test())


def test_a_body_that_is_announced_too_large_gets_413_at_once() -> None:
    async def test() -> None:
        async with serving_http(max_body_size=10) as running:
            expects = b"Content-Length: 11\r\nExpect: 100-continue\r\n\r\n"
            answer = await running.ask(POST + expects)
            assert status_of(answer) == 413
            assert (
                status_of(await running.ask(POST + b"Content-Length: 99999999999\r\n\r\n")) == 413
            )

    run(test())


def test_a_body_at_the_limit_is_taken() -> None:
    async def test() -> None:
        async with (
            serving_http(max_body_size=10) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(POST + b"Content-Length: 10\r\n\r\n0123456789")
            assert (await read_answer(raw))[1] == b"POST / 0123456789"
            raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
            raw.send(b"5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")
            assert (await read_answer(raw))[1] == b"POST / 0123456789"

    run(test())


def test_all_bodies_together_are_bounded() -> None:
    async def test() -> None:
        async with serving_http(ignore, max_body_size=100, max_held_bytes=250) as running:
            async with AsyncExitStack() as stack:
                raws = [
                    await stack.enter_async_context(await Raw.connect(running.port))
                    for _ in range(3)
                ]
                for raw in raws:
                    raw.send(POST + b"Content-Length: 100\r\n\r\n" + 100 * b"x")
                head, _ = await read_answer(raws[2])
                assert status_of(head) == 503
                for raw in raws[:2]:
                    raw.kill()
            await until(lambda: not (len(running.handler.left) < 2))
            group = running.serving.listener._group
            assert group is not None
            assert group.held == 0

    run(test())


def test_a_client_that_resets_leaves_nothing_behind() -> None:
    async def test() -> None:
        async with serving_http(ignore) as running:
            raw = await Raw.connect(running.port)
            raw.send(GET)
            await until(lambda: running.handler.requests)
            raw.kill()
            await until(lambda: not (running.serving.listener.connections))
            ((connection, _),) = running.handler.requests
            assert running.handler.left == [connection]
            assert connection.is_gone

    run(test())


@pytest.mark.parametrize("timing", ["waiting", "silent"])
def test_a_client_that_has_reset_just_before_the_server_stops_is_no_error(timing: str) -> None:
    async def test() -> None:
        async with serving_http(ignore) as running:
            raw = await Raw.connect(running.port)
            if timing == "waiting":
                raw.send(GET)
                await until(lambda: running.handler.requests)
            await until(lambda: running.serving.listener.connections)
            # Both in one iteration: the loop has not seen the reset.
            raw.kill()
            running.serving.stop()
            await running.serving.wait_inactive()
            assert not running.serving.listener.connections

    run(test())


def test_tls_on_a_plain_port_is_cut() -> None:
    async def test() -> None:
        async with serving_http() as running:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection(
                    "127.0.0.1", running.port, ssl=ssl._create_unverified_context()
                )
            assert running.refusals == {"TLS on a plain port": 1}
            await running.still_serves()

    run(test())


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03",
        b"SSH-2.0-x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno field\r\n\r\n",
        b"GET /\xc3\x28 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_one_answer_and_the_end(data: bytes) -> None:
    async def test() -> None:
        async with serving_http() as running:
            answer = await running.ask(data)
            assert answer.count(b"HTTP/1.1 ") == 1
            assert status_of(answer) in (400, 505)
            assert not running.handler.requests
            await running.still_serves()

    run(test())


def test_a_length_that_is_too_long_is_not_a_request() -> None:
    async def test() -> None:
        async with (
            serving_http() as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(POST + b"Content-Length: 10\r\n\r\nshort")
            raw.writer.write_eof()
            assert status_of(await raw.rest()) == 400
            assert not running.handler.requests

    run(test())


def test_a_length_that_is_too_short_makes_the_rest_a_bad_request() -> None:
    async def test() -> None:
        async with serving_http() as running:
            answer = await running.ask(POST + b"Content-Length: 2\r\n\r\nab\x01\x02 more\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"POST / ab" in answer
            assert b"HTTP/1.1 400 " in answer

    run(test())


def test_ten_thousand_headers_get_431() -> None:
    async def test() -> None:
        async with serving_http(max_head_size=1_000_000) as running:
            fields = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))
            answer = await running.ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
            assert status_of(answer) == 431
            await running.still_serves()

    run(test())


@pytest.mark.parametrize("size", [-1, 0, 1])
def test_a_head_has_as_many_bytes_as_it_may(size: int) -> None:
    async def test() -> None:
        async with serving_http(max_head_size=1000) as running:
            start = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: "
            data = start + (1000 + size - len(start) - 4) * b"y" + b"\r\n\r\n"
            assert status_of(await running.ask(data)) == (200 if size <= 0 else 431)

    run(test())


def test_an_endless_head_gets_431() -> None:
    async def test() -> None:
        async with serving_http(max_head_size=1000) as running:
            assert status_of(await running.ask(b"GET /" + 2000 * b"a")) == 431

    run(test())


def test_pipelined_requests_are_answered_in_order() -> None:
    async def test() -> None:
        count = 500
        async with (
            serving_http() as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(count)))
            for number in range(count):
                assert (await read_answer(raw))[1] == b"GET /%d " % number

    run(test())


def test_requests_whose_lines_end_in_two_ways_are_two() -> None:
    async def test() -> None:
        async with serving_http() as running, await Raw.connect(running.port) as raw:
            raw.send(GET.replace(b"\r\n", b"\n") + GET)
            assert [(await read_answer(raw))[1] for _ in range(2)] == [b"GET / "] * 2

    run(test())


@pytest.mark.parametrize("more", [0, 100])
def test_what_stands_between_chunks_has_so_many_bytes_at_most(more: int) -> None:
    async def test() -> None:
        async with serving_http() as running, await Raw.connect(running.port) as raw:
            raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nTrailer: ")
            field = b"x" * (MAX_BETWEEN_CHUNKS - len("Trailer: \r\n") + more)
            raw.send(field)
            if more:
                assert status_of(await raw.rest()) == 400
            else:
                raw.send(b"\r\n\r\n")
                assert (await read_answer(raw))[1] == b"POST / ab"

    run(test())


def test_a_flood_of_requests_is_not_read_while_one_waits() -> None:
    async def test() -> None:
        async with serving_http(ignore) as running, await Raw.connect(running.port) as raw:
            for _ in range(64):
                raw.send(1000 * GET)
            await until(lambda: running.handler.requests)
            (connection,) = running.serving.listener.connections
            await until(lambda: not (connection._reading))
            assert len(running.handler.requests) == 1
            assert len(connection._buffer) < 64 * 1024 + 256 * 1024 + 1
            raw.kill()

    run(test())


def test_a_flood_does_not_keep_others_waiting() -> None:
    async def test() -> None:
        async with serving_http() as running, await Raw.connect(running.port) as raw:
            raw.send(5000 * GET)
            begin = time.monotonic()
            await running.still_serves()
            assert time.monotonic() - begin < 1
            raw.kill()

    run(test())


def test_one_byte_chunks_are_shared_out() -> None:
    async def test() -> None:
        async with serving_http() as running, await Raw.connect(running.port) as raw:
            raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + 20_000 * b"1\r\nx\r\n")
            await running.still_serves()
            raw.send(b"0\r\n\r\n")
            assert len((await read_answer(raw))[1]) == 20_000 + len(b"POST / ")

    run(test())


def test_a_client_that_does_not_read_is_cut() -> None:
    async def test() -> None:
        def answer(peer: object, body: bytes) -> None:
            peer.answer(200, [], bytes(8_000_000))  # type: ignore[attr-defined]

        async with serving_http(answer, idle_timeout=0.2) as running:
            raw = await Raw.connect(running.port, receive_buffer=4096)
            raw.send(20 * GET)
            await until(lambda: running.refusals)
            assert running.refusals == {"late reading": 1}
            # The next request waits until the answer has left.
            assert len(running.handler.requests) == 1
            raw.kill()

    run(test())


def test_an_answer_that_is_too_large_is_a_500() -> None:
    async def test() -> None:
        taken = []

        def answer(peer: object, body: bytes) -> None:
            size = 1000 if not taken else 1001
            taken.append(peer.answer(200, [], bytes(size)))  # type: ignore[attr-defined]

        async with serving_http(answer, max_unsent_bytes=1000) as running:
            end = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            assert status_of(await running.ask(end)) == 200
            assert status_of(await running.ask(end)) == 500
            assert taken == [True, False]

    run(test())


def test_no_answer_in_time_is_a_500() -> None:
    async def test() -> None:
        async with serving_http(ignore, answer_timeout=0.1) as running:
            assert status_of(await running.ask(GET)) == 500
            ((connection, _),) = running.handler.requests
            assert running.handler.left == [connection]

    run(test())


@pytest.mark.parametrize(
    ("limit", "status"),
    [("max_connections", 503), ("max_connections_per_host", 429), ("connection_rate", 429)],
)
def test_too_many_connections_are_refused(limit: str, status: int) -> None:
    async def test() -> None:
        async with serving_http(settings={limit: 2}) as running, AsyncExitStack() as stack:
            raws = [
                await stack.enter_async_context(await Raw.connect(running.port)) for _ in range(2)
            ]
            for raw in raws:
                raw.send(GET)
                await read_answer(raw)
            assert status_of(await running.ask(GET)) == status
            raws[0].send(GET)
            assert status_of((await read_answer(raws[0]))[0]) == 200

    run(test())


def test_an_idle_connection_ends_without_an_answer() -> None:
    async def test() -> None:
        async with (
            serving_http(idle_timeout=0.1) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(GET)
            await read_answer(raw)
            await raw.hang_up()

    run(test())


def test_a_stop_answers_who_waits_and_ends_who_is_idle() -> None:
    async def test() -> None:
        async with serving_http(ignore) as running:
            waiting, idle = [await Raw.connect(running.port) for _ in range(2)]
            waiting.send(GET)
            await until(lambda: running.handler.requests)
            running.serving.stop()
            assert status_of(await waiting.rest()) == 503
            assert await idle.rest() == b""
            for raw in (waiting, idle):
                raw.writer.close()
            await asyncio.wait_for(running.handler.ended.wait(), 10)

    run(test())


END = b"Host: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"Connection: close"),
        (b"\r\n\r\nGET / HTTP/1.1\r\n" + END, b" 200 "),
        (b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n", b" 200 "),
        (b"GET http://b/c?d HTTP/1.1\r\n" + END, b"GET /c "),
        (b"OPTIONS * HTTP/1.1\r\n" + END, b"OPTIONS * "),
        (b"BREW /pot HTTP/1.1\r\n" + END, b"BREW /pot"),
    ],
)
def test_what_is_unusual_is_served(data: bytes, part: bytes) -> None:
    async def test() -> None:
        async with serving_http() as running:
            answer = await running.ask(data)
            assert answer.count(b"HTTP/1.1 ") == 1
            assert part in answer


def test_the_answer_to_head_has_no_body() -> None:
    async def test() -> None:
        async with serving_http() as running:
            answer = await running.ask(b"HEAD / HTTP/1.1\r\n" + END)
            assert b"Content-Length: 7\r\n" in answer
            assert answer.endswith(b"\r\n\r\n")

    run(test())


def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    async def test() -> None:
        async with serving_http() as running, await Raw.connect(running.port) as raw:
            raw.send(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            assert await raw.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            raw.send(b"ok")
            assert (await read_answer(raw))[1] == b"POST / ok"

    run(test())


def test_a_request_byte_by_byte_is_served() -> None:
    async def test() -> None:
        async with serving_http() as running, await Raw.connect(running.port) as raw:
            for byte in POST + b"Content-Length: 2\r\n\r\nok":
                raw.send(bytes([byte]))
                await asyncio.sleep(0)
            assert (await read_answer(raw))[1] == b"POST / ok"

    run(test())
