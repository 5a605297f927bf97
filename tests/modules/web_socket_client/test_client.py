"""The Python face of the client, with our server, the websockets library's and Node's."""

from __future__ import annotations

import asyncio
import json
import logging
import warnings
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from accessor_host.errors import ConnectError, EncodingError, OptionError, UnsentError
from accessor_host.modules.web_socket_client.client import Client
from accessor_host.options import OptionWarning

from ...support.clients import (
    RawServer,
    answer,
    client_of,
    connected,
    masked,
    names,
    read_request,
    refusing_port,
)
from ...support.peers import node_modules
from ...support.programs import Program
from ...support.wire import TEXT, echo, frame, run, serving

# Construction


def test_options_come_as_a_mapping_or_as_keywords_in_either_spelling() -> None:
    client = Client({"port": 1, "sendType": "text/plain"}, port=2, connect_timeout=0)
    assert (client.options["port"], client.options["connectTimeout"]) == (2, 0)
    assert client.options["sendType"] == "text/plain"
    with pytest.raises(TypeError):
        client.options["port"] = 3  # type: ignore[index]


def test_defaults_are_those_of_the_specification() -> None:
    options = Client().options
    assert (options["host"], options["port"]) == ("localhost", 80)
    assert options["receiveType"] == options["sendType"] == "application/json"
    assert (options["connectTimeout"], options["numberOfRetries"]) == (1000, 10)
    assert (options["timeBetweenRetries"], options["throttleFactor"]) == (500, 0)
    assert options["discardMessagesBeforeOpen"] is options["sslTls"] is options["trustAll"] is False
    assert options["trustedCACertPath"] == ""


def test_zero_is_a_value_and_null_the_default() -> None:
    zeros = dict.fromkeys(
        ("connectTimeout", "numberOfRetries", "timeBetweenRetries", "throttleFactor"), 0
    )
    assert zeros.items() <= Client(zeros).options.items()
    assert Client(dict.fromkeys(Client().options)).options == Client().options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 0}, "option 'port': 0 is not allowed; expected an integer from 1 to 65535"),
        ({"port": -1}, "option 'port'"),
        ({"numberOfRetries": -1}, "option 'numberOfRetries': -1 is not allowed"),
        ({"receiveType": "x"}, "option 'receiveType': 'x' is not allowed; expected one of"),
        ({"path": "x"}, "option 'path': 'x' is not allowed; expected '/'"),
        ({"path": "/a b"}, "option 'path'"),
        ({"path": "/a#b"}, "option 'path'"),
        ({"path": "/\r\nX: y"}, "option 'path'"),
        ({"path": "/ä"}, "option 'path'"),
    ],
)
def test_a_bad_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Client(options)


def test_an_unknown_option_warns_with_the_nearest_name_at_the_callers_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Client(numberOfRetrys=1)
    assert [str(warning.message) for warning in caught] == [
        "unknown option 'numberOfRetrys'; did you mean 'numberOfRetries'?"
    ]
    assert caught[0].category is OptionWarning
    assert caught[0].filename == __file__


def test_open_needs_a_loop() -> None:
    with pytest.raises(RuntimeError, match="needs a running asyncio loop"):
        Client().open()


# Life of a client


def test_events_come_once_and_in_order() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            client, events = client_of(running.port)
            assert not client.is_open()
            client.open()
            client.open()
            assert events.seen == [], "open returns before anything is emitted"
            await client.wait_open()
            client.open()
            assert client.is_open()
            assert client.send({"n": [1, None, "ä"]})
            await events.wait("message")
            client.close(4000, "done")
            assert not client.is_open()
            client.close()
            await client.wait_closed()
            assert events.seen == [
                ("open",),
                ("message", {"n": [1, None, "ä"]}),
                ("close", 4000, "done"),
            ]
            _, at_server = await running.socket()
            await at_server.wait("close")
            assert at_server.of("close") == [(4000, "done")]
            assert len(running.sockets) == 1

    run(test())


def test_open_after_close_works() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            client, events = client_of(running.port)
            for count in (1, 2, 3):
                async with client:
                    client.send(count)
                    assert await events.wait("message", count) == count
            assert names(events) == ["open", "message", "close"] * 3

    run(test())


def test_open_while_closing_opens_again_after_close() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            client, events = client_of(running.port)
            client.open()
            await client.wait_open()
            client.close()
            client.open()
            client.send("queued while closing")
            await events.wait("message")
            assert names(events) == ["open", "close", "open", "message"]
            client.close()
            client.open()
            client.close()
            await client.wait_closed()
            assert names(events)[4:] == ["close"]

    run(test())


def test_open_in_a_close_listener_works() -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port)
            client.once("close", lambda *_: client.open())
            client.open()
            sock, _ = await running.socket()
            sock.close(4001, "again")
            await running.socket(1)
            await events.wait("open", 2)
            assert events.seen == [("open",), ("close", 4001, "again"), ("open",)]
            client.close()
            await client.wait_closed()

    run(test())


def test_a_client_that_drops_is_not_opened_again() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, numberOfRetries=5, timeBetweenRetries=0)
            client.open()
            raw = await server.shake_hands()
            await client.wait_open()
            raw.kill()
            await client.wait_closed()
            assert events.seen == [("open",), ("close", 1006, "")]
            assert len(server.accepted_at) == 1

    run(test())


def test_close_is_safe_before_open_and_twice() -> None:
    async def test() -> None:
        client, events = client_of(1)
        client.close()
        client.close()
        await client.wait_closed()
        assert events.seen == []
        with pytest.raises(RuntimeError, match="was not called"):
            await client.wait_open()
        with pytest.raises(ValueError, match="1005"):
            client.close(1005)

    run(test())


def test_close_in_the_open_listener() -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port)
            client.on("open", lambda: client.close(4000))
            client.send("queued")
            client.open()
            await events.wait("close")
            await client.wait_closed()
            assert names(events) == ["open", "close"]
            _, at_server = await running.socket()
            await at_server.wait("close")
            assert at_server.of("message") == ["queued"]

    run(test())


def test_async_with_raises_what_went_wrong() -> None:
    async def test() -> None:
        with refusing_port() as port:
            client, events = client_of(port)
            with pytest.raises(ConnectError, match="WS_CONNECT_FAILED: could not connect to ws:"):
                async with client:
                    raise AssertionError
            assert names(events) == ["error"]
            assert not client.is_open()

    run(test())


def test_close_ends_wait_open() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, _ = client_of(server.port)
            client.open()
            await server.accept()
            asyncio.get_running_loop().call_soon(client.close)
            with pytest.raises(ConnectError, match="WS_CLOSED"):
                await client.wait_open()

    run(test())


def test_an_error_without_a_listener_is_one_line_in_the_log(caplog: Any) -> None:
    async def test() -> None:
        with refusing_port() as port:
            client = Client(host="127.0.0.1", port=port, numberOfRetries=0)
            client.open()
            await client.wait_closed()

    run(test())
    assert len(caplog.records) == 1
    assert "after 1 attempt: connection refused" in caplog.messages[0]
    assert "\n" not in caplog.messages[0]


# The request


def test_the_request_is_what_the_specification_wants() -> None:
    async def test() -> None:
        async with RawServer() as server:
            keys = set()
            for path in ("/", "/sensors?room=12"):
                client, _ = client_of(server.port, path=path)
                client.open()
                raw = await server.accept()
                request = await read_request(raw)
                assert request[""] == f"GET {path} HTTP/1.1"
                assert request["host"] == f"127.0.0.1:{server.port}"
                assert request["sec-websocket-version"] == "13"
                assert "sec-websocket-extensions" not in request
                keys.add(request["sec-websocket-key"])
                raw.send(answer(request))
                await client.wait_open()
                client.close()
                assert (await masked(raw))[2] == b"\x03\xe8"
                raw.writer.close()
                await client.wait_closed()
            assert len(keys) == 2

    run(test())


def test_every_frame_is_masked_with_its_own_key() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, _ = client_of(server.port, sendType="text/plain")
            client.open()
            raw = await server.shake_hands(first=frame(0x9, b"p", mask=False))
            await client.wait_open()
            sizes = [0, 1, 125, 126, 65_535, 65_536, 1_000_000]
            for size in sizes:
                assert client.send("x" * size)
            client.close()
            seen = [await masked(raw) for _ in range(len(sizes) + 2)]
            assert sorted(head for head, _, _ in seen) == [0x81] * len(sizes) + [0x88, 0x8A]
            assert [len(data) for head, _, data in seen if head == 0x81] == sizes
            assert len({key for _, key, _ in seen}) == len(seen)
            assert raw.writer.close() is None
            await client.wait_closed()

    run(test())


# Types


@pytest.mark.parametrize(
    ("options", "sent", "received"),
    [
        ({}, frame(TEXT, b'{"a":1}', mask=False), {"a": 1}),
        ({}, frame(TEXT, b"not JSON", mask=False), "not JSON"),
        ({}, frame(0x2, b'{"a":1}', mask=False), {"a": 1}),
        ({"receiveType": "text/plain"}, frame(TEXT, b'{"a":1}', mask=False), '{"a":1}'),
        ({"receiveType": "text/plain"}, frame(0x2, b"\xc3\xa4", mask=False), "ä"),
    ],
)
def test_messages_are_decoded(options: dict[str, Any], sent: bytes, received: Any) -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, **options)
            client.open()
            # In one segment with the answer to the handshake.
            await server.shake_hands(first=sent)
            got = await events.wait("message")
            assert got == received
            assert names(events) == ["open", "message"]
            client.close()

    run(test())


def test_a_value_without_a_form_is_the_callers_error() -> None:
    client = Client()
    with pytest.raises(EncodingError):
        client.send({1, 2})


def test_a_value_is_encoded_when_it_is_sent() -> None:
    async def test() -> None:
        async with serving() as running:
            client, _ = client_of(running.port)
            value = [1]
            client.send(value)
            value.append(2)
            async with client:
                _, at_server = await running.socket()
                assert await at_server.wait("message") == [1]

    run(test())


# The queue before open


def test_what_was_queued_comes_before_what_the_open_listener_sends() -> None:
    async def test() -> None:
        async with serving() as running:
            client, _ = client_of(running.port)
            client.on("open", lambda: client.send("in open"))
            assert [client.send(n) for n in range(3)] == [True] * 3
            client.open()
            client.send("connecting")
            await client.wait_open()
            client.send("after")
            _, at_server = await running.socket()
            await at_server.wait("message", 6)
            assert at_server.of("message") == [0, 1, 2, "connecting", "in open", "after"]
            client.close()
            await client.wait_closed()

    run(test())


def test_the_queue_is_bounded_at_the_edge() -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port, maxQueuedMessages=2)
            assert [client.send(n) for n in range(4)] == [True, True, False, False]
            errors = events.of("error")
            assert [type(error) for error in errors] == [UnsentError] * 2
            assert str(errors[0]).startswith("WS_QUEUE_FULL: a message is not sent: ")
            assert "maxQueuedMessages, 2 messages" in str(errors[0])
            async with client:
                _, at_server = await running.socket()
                await at_server.wait("message", 2)
                assert all(client.send(n) for n in range(10, 20))
                await at_server.wait("message", 12)
                assert at_server.of("message") == [0, 1, *range(10, 20)]
            assert len(events.of("error")) == 2

    run(test())


@pytest.mark.parametrize("compression", [False, True])
def test_what_the_queue_takes_can_be_sent(compression: bool) -> None:
    async def test() -> None:
        async with serving(compression=compression) as running:
            options = {"maxUnsentBytes": 100_000, "sendType": "text/plain"}
            client, events = client_of(running.port, compression=compression, **options)
            taken = 0
            while client.send(
                "".join(chr(32 + (n * n * 31) % 95) for n in range(taken, 997 + taken))
            ):
                taken += 1
            assert 90 <= taken <= 100
            assert "maxUnsentBytes, 100000 bytes" in str(events.of("error")[0])
            async with client:
                _, at_server = await running.socket()
                await at_server.wait("message", taken)
            assert len(events.of("error")) == 1

    run(test())


def test_discarding_is_told_once(caplog: Any) -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port, discardMessagesBeforeOpen=True)
            assert [client.send(1), client.send(2)] == [False, False]
            async with client:
                assert client.send(3)
                _, at_server = await running.socket()
                assert await at_server.wait("message") == 3
                client.close()
                assert client.send(4) is False
            assert at_server.of("message") == [3]
            assert names(events) == ["open", "close"]

    with caplog.at_level(logging.WARNING, "accessor_host"):
        run(test())
    assert len(caplog.records) == 1


def test_close_reports_what_was_queued_once() -> None:
    async def test() -> None:
        client, events = client_of(1)
        for n in range(3):
            client.send(n)
        client.close()
        client.close()
        assert [str(error) for error in events.of("error")] == [
            "WS_UNSENT_MESSAGES: 3 messages were not sent before the client was closed"
        ]

    run(test())


def test_after_the_last_attempt_the_queue_is_kept() -> None:
    async def test() -> None:
        with refusing_port() as port:
            client, events = client_of(port)
            client.send("kept")
            client.open()
            await client.wait_closed()
            error = events.of("error")[0]
            assert str(error).endswith("connection refused; messages that stay queued: 1")
            async with serving(port=port) as running:
                client.open()
                _, at_server = await running.socket()
                assert await at_server.wait("message") == "kept"
                client.close()
                await client.wait_closed()

    run(test())


# Throttling


def test_throttled_messages_leave_one_at_a_time_and_the_rest_follows() -> None:
    async def test() -> None:
        async with serving() as running:
            loop = asyncio.get_running_loop()
            client, _ = client_of(running.port, throttleFactor=60)
            times: list[float] = []
            running.server.on(
                "connection", lambda sock: sock.on("message", lambda _: times.append(loop.time()))
            )
            client.on("open", lambda: [client.send(n) for n in range(4, 8)])
            for n in range(4):
                client.send(n)
            client.open()
            _, at_server = await running.socket()
            # Other events are not held up meanwhile.
            assert await at_server.wait("message") == 0
            await at_server.wait("message", 8)
            assert at_server.of("message") == [*range(8)]
            assert times[3] - times[0] >= 0.17
            assert times[7] - times[3] < 0.06
            assert client.send(8)
            await at_server.wait("message", 9)
            client.close()
            await client.wait_closed()

    run(test())


def test_close_delivers_what_throttling_held_back() -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port, throttleFactor=100_000)
            for n in range(5):
                client.send(n)
            async with client:
                pass
            _, at_server = await running.socket()
            await at_server.wait("close")
            assert at_server.of("message") == [*range(5)]
            assert names(events) == ["open", "close"]

    run(test())


def test_what_throttling_held_back_when_the_connection_drops_stays_queued() -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port, throttleFactor=100_000)
            for n in range(3):
                client.send(n)
            client.open()
            sock, at_server = await running.socket()
            await at_server.wait("message")
            sock.close()
            await client.wait_closed()
            client.close()
            assert "2 messages were not sent" in str(events.of("error")[0])
            assert names(events) == ["open", "close", "error"]

    run(test())


# Volume


@pytest.mark.parametrize("compression", [False, True])
def test_ten_thousand_messages_each_way_and_both_ends_close(compression: bool) -> None:
    count = 10_000

    async def test() -> None:
        async with serving(compression=compression) as running:
            client, events = client_of(running.port, compression=compression)
            client.open()
            sock, at_server = await running.socket()
            await client.wait_open()

            async def send(sender: Any) -> None:
                for n in range(count):
                    assert sender.send({"n": n, "pad": "x" * (n % 300)})
                    if n % 100 == 99:
                        await asyncio.sleep(0)

            await asyncio.gather(send(client), send(sock))
            await asyncio.gather(events.wait("message", count), at_server.wait("message", count))
            sock.close(4001)
            client.close(4002)
            await client.wait_closed()
            await at_server.wait("close")
            for seen in (events, at_server):
                assert [value["n"] for value in seen.of("message")] == [*range(count)]
                assert len(seen.of("close")) == 1
                assert seen.of("error") == []

    run(test(), timeout=50)


@pytest.mark.parametrize("closing", ["client", "server"])
def test_everything_sent_before_close_arrives(closing: str) -> None:
    async def test() -> None:
        async with serving() as running:
            client, events = client_of(running.port)
            client.open()
            sock, at_server = await running.socket()
            await client.wait_open()
            for n in range(10_000):
                (client if closing == "client" else sock).send(n)
            (client if closing == "client" else sock).close()
            await client.wait_closed()
            await at_server.wait("close")
            receiver = at_server if closing == "client" else events
            assert receiver.of("message") == [*range(10_000)]
            assert events.of("close") == at_server.of("close") == [(1000, "")]

    run(test(), timeout=30)


# Other servers


@pytest.mark.parametrize("compression", [False, True])
def test_the_websockets_library_as_server(compression: bool) -> None:
    async def talk(connection: ServerConnection) -> None:
        assert bool(connection.protocol.extensions) == compression
        async for message in connection:
            await connection.send(message)
            await connection.send(message if isinstance(message, bytes) else message.encode())

    async def test() -> None:
        async with serve(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client, events = client_of(port, compression=compression)
            async with client:
                for n in range(200):
                    client.send({"n": n, "pad": "ä" * n})
                await events.wait("message", 400)
            expected = [{"n": n // 2, "pad": "ä" * (n // 2)} for n in range(400)]
            assert events.of("message") == expected
            assert events.of("close") == [(1000, "")]

    run(test())


NODE_SERVER = """
const { WebSocketServer } = require('ws');
const deflate = process.argv[1] === 'true';
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: deflate });
server.on('listening', () => console.log('port', server.address().port));
server.on('connection', (socket) => {
  console.log('extensions', JSON.stringify(socket.extensions));
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary });
    socket.send(data, { binary: !isBinary });
  });
  socket.on('close', (code, reason) => console.log('close', code, String(reason)));
});
"""


@pytest.mark.parametrize("compression", [False, True])
def test_node_ws_as_server(compression: bool) -> None:
    modules = node_modules("ws")
    command = ["node", "-e", NODE_SERVER, json.dumps(compression)]
    with Program(command, env={"NODE_PATH": str(modules)}) as program:
        program.wait_for("\n")
        port = int(program.stdout.split()[1])

        async def test() -> None:
            client, events = client_of(port, compression=compression)
            async with client:
                for n in range(200):
                    client.send({"n": n, "pad": "ä" * n})
                await events.wait("message", 400)
                client.close(4000, "done")
            expected = [{"n": n // 2, "pad": "ä" * (n // 2)} for n in range(400)]
            assert events.of("message") == expected
            assert events.of("close") == [(4000, "done")]

        run(test())
        program.wait_for("close 4000 done")
        offered = "permessage-deflate" if compression else ""
        assert f'extensions "{offered}"' in program.stdout


def test_a_server_that_stops_while_the_client_is_idle() -> None:
    async def test() -> None:
        async with serving() as running, connected(running.port) as (client, events):
            running.server.stop()
            await events.wait("close")
            assert events.of("close") == [(1001, "")]
            assert not client.is_open()

    run(test())
