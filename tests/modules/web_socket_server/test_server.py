"""The Python face: Server and Socket, with the websockets library's client as peer."""

from __future__ import annotations

import asyncio
import json
import logging
import warnings
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from accessor_host.errors import EncodingError, ListenError, OptionError
from accessor_host.modules.web_socket_server.server import Server
from accessor_host.options import OptionWarning
from accessor_host.websocket.listener import Listener

from ...support.wire import CLOSE, TEXT, Events, Raw, echo, frame, run, serving

# Construction


def test_options_come_as_a_mapping_or_as_keywords_in_either_spelling() -> None:
    server = Server({"port": 1, "sendType": "text/plain"}, port=2, host_interface="127.0.0.1")
    assert server.options["port"] == 2
    assert server.options["sendType"] == "text/plain"
    assert server.options["hostInterface"] == "127.0.0.1"
    assert Server(maxMessageSize=7).options["maxMessageSize"] == 7
    with pytest.raises(TypeError):
        server.options["port"] = 3  # type: ignore[index]


def test_options_are_optional() -> None:
    assert Server().options["port"] == 80
    assert Server(None).options["port"] == 80


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": -1}, "option 'port': -1 is not allowed; expected an integer from 0 to 65535"),
        ({"sendType": "image/x"}, "option 'sendType': 'image/x' is not allowed; expected one"),
        ({"receiveType": "x"}, "option 'receiveType': 'x' is not allowed; expected one of"),
        ({"sslTls": "yes"}, "option 'sslTls': 'yes' is not allowed; expected true or false"),
    ],
)
def test_a_bad_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Server(options)


def test_an_unknown_option_warns_with_the_nearest_name_at_the_callers_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Server(prot=1)
    assert [str(warning.message) for warning in caught] == [
        "unknown option 'prot'; did you mean 'port'?"
    ]
    assert caught[0].category is OptionWarning
    assert caught[0].filename == __file__


# Life of a server


def test_start_needs_a_loop() -> None:
    with pytest.raises(RuntimeError, match="needs a running asyncio loop"):
        Server().start()


def test_a_server_says_where_it_listens() -> None:
    async def test() -> None:
        server = Server(port=0)
        assert (server.port, str(server)) == (0, "server on localhost:0")
        async with server:
            port = await server.wait_listening()
            assert (server.port, str(server)) == (port, f"server on localhost:{port}")
        assert server.port == 0

    asyncio.run(test())


def test_listening_comes_once_with_the_port_and_before_any_connection() -> None:
    async def test() -> None:
        server = Server(port=0)
        events = Events(server, "listening", "connection", "error", "close")
        assert server.address() is None
        server.start()
        assert events.seen == [], "start returns before anything is emitted"
        port = await server.wait_listening()
        assert server.address() == {"address": "127.0.0.1", "family": "IPv4", "port": port}
        async with connect(f"ws://localhost:{port}"):
            await events.wait("connection")
        assert [name for name, *_ in events.seen] == ["listening", "connection"]
        assert events.of("listening") == [port]
        server.stop()
        await server.wait_closed()
        assert server.address() is None
        assert [name for name, *_ in events.seen][2:] == ["close"]

    run(test())


def test_stop_closes_every_socket_with_1001_and_then_the_server() -> None:
    async def test() -> None:
        order: list[str] = []
        async with serving() as running:
            running.server.on("close", lambda: order.append("server"))
            async with connect(running.url) as one, connect(running.url) as two:
                for index in range(2):
                    sock, _ = await running.socket(index)
                    sock.on("close", lambda code, reason: order.append(f"socket {code}"))
                    for number in range(100):
                        assert sock.send(number)
                running.server.stop()
                running.server.stop()
                for client in (one, two):
                    # What was sent before is delivered.
                    assert [json.loads(await client.recv()) for _ in range(100)] == [*range(100)]
                    with pytest.raises(ConnectionClosedOK):
                        await client.recv()
                    assert client.close_code == 1001
                await running.server.wait_closed()
            assert order == ["socket 1001", "socket 1001", "server"]

    run(test())


def test_stop_before_start_does_nothing() -> None:
    async def test() -> None:
        server = Server(port=0)
        events = Events(server, "listening", "error", "close")
        server.stop()
        await server.wait_closed()
        assert events.seen == []
        with pytest.raises(RuntimeError, match="was not called"):
            await server.wait_listening()

    run(test())


def test_stop_right_after_start_never_listens() -> None:
    async def test() -> None:
        server = Server(port=0)
        events = Events(server, "listening", "error", "close")
        server.start()
        server.stop()
        with pytest.raises(ListenError, match="ECANCELED"):
            await server.wait_listening()
        await server.wait_closed()
        await events.wait("close")
        assert [name for name, *_ in events.seen] == ["close"]

    run(test())


@pytest.mark.parametrize("settled", [True, False])
def test_start_after_stop_works(settled: bool) -> None:
    async def test() -> None:
        async with serving(echo) as running:
            port = running.port
            running.server.stop()
            if settled:
                await running.server.wait_closed()
            running.server.start()
            await running.events.wait("listening", 2)
            assert [name for name, *_ in running.events.seen] == ["listening", "close", "listening"]
            async with connect(running.url) as client:
                await client.send("1")
                assert await client.recv() == "1"
            assert port > 0

    run(test())


def test_starting_a_started_server_is_an_error_event() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            running.server.start()
            assert running.events.of("error") == []
            error = await running.events.wait("error")
            assert error.code == "ERR_SERVER_ALREADY_STARTED"
            async with connect(running.url) as client:
                await client.send("1")
                assert await client.recv() == "1"

    run(test())


def test_a_cancelled_program_leaves_no_server_behind() -> None:
    async def test() -> None:
        server = Server(port=0)
        server.start()
        await server.wait_listening()

    run(test())


# Connections


@pytest.mark.parametrize(
    ("options", "sent", "received"),
    [
        ({}, '{"a":[1,2.5,null,true]}', '{"a":[1,2.5,null,true]}'),
        ({}, '{ "spaced" : 1 }', '{"spaced":1}'),
        ({}, "not JSON", '"not JSON"'),
        ({}, b'{"binary":1}', '{"binary":1}'),
        ({}, b"\xff", '"\ufffd"'),
        ({}, ["[1,", "2", "]"], "[1,2]"),
        ({}, "", '""'),
        ({"receiveType": "text/plain"}, '{"a": 1}', '"{\\"a\\": 1}"'),
        ({"receiveType": "text/plain", "sendType": "text/html"}, "Grüße", "Grüße"),
    ],
)
def test_messages_are_decoded_and_encoded(options: Any, sent: Any, received: str) -> None:
    async def test() -> None:
        async with serving(echo, **options) as running, connect(running.url) as client:
            await client.send(sent)
            assert await client.recv() == received

    run(test())


def test_messages_keep_their_order_and_none_is_lost() -> None:
    async def test() -> None:
        async with serving(echo) as running, connect(running.url) as client:
            texts = [json.dumps({"n": n, "pad": "x" * (n * 37 % 3000)}) for n in range(2000)]

            async def send() -> None:
                for text in texts:
                    await client.send(text)

            sender = asyncio.create_task(send())
            for text in texts:
                assert json.loads(await client.recv()) == json.loads(text)
            await sender

    run(test())


@pytest.mark.parametrize("size", [0, 1, 123, 124, 125, 65_533, 65_534, 1_000_000])
def test_every_form_of_length(size: int) -> None:
    async def test() -> None:
        async with (
            serving(echo, receiveType="text/plain", sendType="text/plain") as running,
            connect(running.url, max_size=None) as client,
        ):
            for text in ("x" * size, "x" * (size + 1)):
                await client.send(text)
                assert await client.recv() == text

    run(test())


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_message_that_arrives_with_the_handshake_is_delivered(asynchronous: bool) -> None:
    async def test() -> None:
        async with serving() as running:
            got: asyncio.Queue[Any] = asyncio.Queue()

            def attach(sock: Any) -> None:
                sock.on("message", got.put_nowait)

            async def attach_later(sock: Any) -> None:
                attach(sock)

            running.server.on("connection", attach_later if asynchronous else attach)
            first = frame(TEXT, b"1") + frame(TEXT, b"2")
            async with await Raw.open(running.port, first) as raw:
                raw.send(frame(TEXT, b"3"))
                assert [await got.get() for _ in range(3)] == [1, 2, 3]

    run(test())


def test_frames_with_the_handshake_are_answered_after_it() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            first = frame(0x9, b"ping") + frame(TEXT, b"1") + frame(CLOSE, b"\x03\xe8")
            # Raw.open asserts that the answer to the handshake comes first.
            async with await Raw.open(running.port, first) as raw:
                assert (await raw.frame()) == (0xA, b"ping")
                assert await raw.close_code() == (1000, "")
            _, events = await running.socket()
            await events.wait("close")
            assert events.seen == [("message", 1), ("close", 1000, "")]

    run(test())


def test_a_message_without_a_listener_is_dropped() -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url) as client:
            sock, events = await running.socket()
            sock.remove_all_listeners("message")
            await client.send("1")
            await client.close()
            await events.wait("close")
            assert [name for name, *_ in events.seen] == ["close"]

    run(test())


def test_remote_host_and_port() -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url) as client:
            sock, _ = await running.socket()
            assert (sock.remote_host(), sock.remote_port()) == client.local_address
            assert str(sock).endswith(f"from 127.0.0.1:{client.local_address[1]}")

    run(test())


# Sending


def test_a_value_without_a_form_is_the_callers_error() -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url) as client:
            sock, _ = await running.socket()
            with pytest.raises(EncodingError):
                sock.send({1, 2})
            assert sock.send("still open")
            assert await client.recv() == '"still open"'

    run(test())


def test_send_on_a_closed_socket_is_false_with_one_warning(caplog: Any) -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url):
            sock, events = await running.socket()
            sock.close()
            assert [sock.send(1), sock.send(2)] == [False, False]
            await events.wait("close")
            assert sock.send(3) is False

    with caplog.at_level(logging.WARNING, "accessor_host"):
        run(test())
    assert len(caplog.records) == 1
    assert "not open" in caplog.text


def test_a_lone_surrogate_does_not_break_a_text_socket() -> None:
    async def test() -> None:
        async with serving(sendType="text/plain") as running, connect(running.url) as client:
            sock, _ = await running.socket()
            assert sock.send("a\ud800\ud83d\ude80")
            assert await client.recv() == "a\ufffd🚀"

    run(test())


# Closing


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ((), (1000, "")),
        ((4001, "bye"), (4001, "bye")),
        ((None,), (1005, "")),
        ((3000, "é" * 61), (3000, "é" * 61)),
    ],
)
def test_close_by_the_server(arguments: tuple[Any, ...], seen: tuple[int, str]) -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url) as client:
            sock, events = await running.socket()
            assert sock.is_open()
            sock.close(*arguments)
            assert not sock.is_open()
            sock.close(4002)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == seen
            await events.wait("close")
        assert events.of("close") == [seen]

    run(test())


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (4001, "bye")])
def test_close_by_the_client(code: int, reason: str) -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url) as client:
            sock, events = await running.socket()
            await client.close(code, reason)
            await events.wait("close")
            assert not sock.is_open()
            assert events.seen == [("close", code, reason)]

    run(test())


def test_close_without_a_code_is_1005() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            raw.send(frame(CLOSE))
            assert await raw.frame() == (CLOSE, b"")
            await raw.hang_up()
            _, events = await running.socket()
            await events.wait("close")
            assert events.seen == [("close", 1005, "")]

    run(test())


def test_a_client_that_vanishes_is_1006_and_no_error() -> None:
    async def test() -> None:
        async with serving() as running:
            vanish = await Raw.open(running.port)
            vanish.writer.close()
            reset = await Raw.open(running.port)
            reset.kill()
            for index in range(2):
                _, events = await running.socket(index)
                await events.wait("close")
                assert events.seen == [("close", 1006, "")]

    run(test())


@pytest.mark.parametrize("arguments", [(999,), (1005,), (1000, "x" * 124), (None, "why")])
def test_a_bad_close_is_the_callers_error(arguments: tuple[Any, ...]) -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url):
            sock, _ = await running.socket()
            with pytest.raises(ValueError, match="close"):
                sock.close(*arguments)
            assert sock.is_open()

    run(test())


def test_messages_after_close_are_dropped() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            sock, events = await running.socket()
            sock.on("message", lambda value: sock.close(4000))
            raw.send(frame(TEXT, b"1") + frame(TEXT, b"2"))
            assert await raw.close_code() == (4000, "")
            raw.send(frame(TEXT, b"3") + frame(CLOSE, b"\x0f\xa0"))
            await raw.hang_up()
            await events.wait("close")
            assert events.seen == [("message", 1), ("close", 4000, "")]

    run(test())


def test_everything_sent_before_close_arrives() -> None:
    # Closing TCP behind the close frame would reset it, as the client is sending: data is lost.
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            sock, _ = await running.socket()
            raw.send(frame(TEXT, b'"' + b"x" * 200_000 + b'"'))
            for _ in range(40):
                assert sock.send("y" * 100_000)
            sock.close(4000, "done")
            raw.send(frame(TEXT, b'"' + b"x" * 200_000 + b'"'))
            texts = 0
            while (got := await raw.frame())[0] == TEXT:
                texts += len(got[1]) == 100_002
            assert texts == 40
            assert got == (CLOSE, b"\x0f\xa0done")
            raw.send(frame(CLOSE, b"\x0f\xa0"))
            assert await raw.rest() == b""

    run(test())


# Listeners with bugs


def test_a_listener_that_raises_harms_nobody(caplog: Any) -> None:
    reported: list[dict[str, Any]] = []

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context)
        )
        async with serving() as running:

            def broken(*_: Any) -> None:
                raise ZeroDivisionError("sync")

            async def broken_later(*_: Any) -> None:
                raise ZeroDivisionError("async")

            running.server.on("connection", broken)
            running.server.on("connection", broken_later)

            def attach(sock: Any) -> None:
                sock.on("message", broken)
                sock.on("message", broken_later)
                sock.on("message", sock.send)
                sock.on("close", broken)

            running.server.on("connection", attach)
            async with connect(running.url) as client:
                for text in ("1", "2"):
                    await client.send(text)
                    assert await client.recv() == text
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("error") == []

    asyncio.run(asyncio.wait_for(test(), 10))
    assert len(reported) == 2 + 4 + 1
    assert {type(context["exception"]) for context in reported} == {ZeroDivisionError}
    assert "broken_later of socket" in "".join(context["message"] for context in reported)


def test_a_listener_may_remove_itself_while_it_runs() -> None:
    async def test() -> None:
        async with serving() as running, connect(running.url) as client:
            sock, _ = await running.socket()

            def once(value: Any) -> None:
                sock.remove_listener("message", once)
                sock.send(["once", value])

            sock.on("message", once)
            sock.on("message", sock.send)
            await client.send("1")
            await client.send("2")
            assert [await client.recv() for _ in range(3)] == ['["once",1]', "1", "2"]

    run(test())


def test_coroutine_listeners_may_wait() -> None:
    async def test() -> None:
        async with serving() as running:

            async def connection(sock: Any) -> None:
                async def message(value: Any) -> None:
                    await asyncio.sleep(0)
                    sock.send(value)

                sock.on("message", message)

            running.server.on("connection", connection)
            async with connect(running.url) as client:
                await client.send("1")
                assert await client.recv() == "1"

    run(test())


# Keep-alive and idleness


def test_a_client_that_answers_pings_stays() -> None:
    async def test() -> None:
        async with (
            serving(echo, pingInterval=20, pingTimeout=150) as running,
            await Raw.open(running.port) as raw,
        ):
            payloads = []
            for _ in range(8):
                opcode, payload = await raw.frame()
                assert opcode == 0x9
                payloads.append(payload)
                raw.send(frame(0xA, payload))
            assert len(set(payloads)) == 8
            raw.send(frame(TEXT, b"1"))
            while (got := await raw.frame())[0] != TEXT:
                raw.send(frame(0xA, got[1]))
            assert got[1] == b"1"

    run(test())


def test_a_client_that_answers_no_ping_is_closed_with_1011() -> None:
    async def test() -> None:
        async with (
            serving(pingInterval=50, pingTimeout=100) as running,
            await Raw.open(running.port) as raw,
        ):
            _, events = await running.socket()
            raw.send(frame(0xA, b"unasked"))
            assert await raw.close_code() == (1011, "keepalive ping timeout")
            await raw.hang_up()
            await events.wait("close")
            assert events.seen == [("close", 1011, "keepalive ping timeout")]

    run(test())


def test_no_keep_alive_sends_no_ping() -> None:
    async def test() -> None:
        async with (
            serving(pingInterval=0, idleTimeout=300) as running,
            await Raw.open(running.port) as raw,
        ):
            assert await raw.frame() == (CLOSE, b"\x03\xe9idle")

    run(test())


def test_a_socket_that_is_idle_is_closed_with_1001_and_messages_keep_it_open() -> None:
    async def test() -> None:
        async with (
            serving(echo, idleTimeout=300, pingInterval=30) as running,
            connect(running.url) as client,
        ):
            loop = asyncio.get_running_loop()
            for _ in range(8):
                last = loop.time()
                await client.send("1")
                await client.recv()
                await asyncio.sleep(0.1)
            with pytest.raises(ConnectionClosedOK):
                await client.recv()
            assert client.close_code == 1001
            assert loop.time() - last >= 0.3
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("close") == [(1001, "idle")]

    run(test())


def test_a_slow_large_message_is_a_sign_of_life() -> None:
    async def test() -> None:
        async with (
            serving(pingInterval=100, pingTimeout=1000) as running,
            await Raw.open(running.port) as raw,
        ):
            _, events = await running.socket()
            data = frame(TEXT, b"1" * 20)
            for byte in data:
                raw.send(bytes([byte]))
                await asyncio.sleep(0.06)
            assert await events.wait("message") == int("1" * 20)

    run(test())


def test_a_defect_of_ours_at_the_start_is_heard(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def start(_listener: Listener) -> int:
        raise ZeroDivisionError("a defect")

    async def main() -> None:
        server = Server(port=0)
        server.start()
        with pytest.raises(ListenError, match="serving failed: ZeroDivisionError"):
            await server.wait_listening()

    monkeypatch.setattr(Listener, "start", start)
    run(main())
    assert "serving failed" in caplog.text
