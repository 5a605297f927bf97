"""One value to all sockets of a server, or to some."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from accessor_host.errors import EncodingError
from accessor_host.modules.web_socket_server.server import Socket

from ...support.images import encoded
from ...support.scripts import DEADLINE, Script, running
from ...support.server_scripts import receive, script, within
from ...support.wire import TEXT, Raw, frame, run, serving

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")


async def clients(stack: AsyncExitStack, run: Script, port: int, count: int) -> list[Any]:
    """Connect, one after another; the script prints a line for each."""
    found = []
    for _ in range(count):
        found.append(await stack.enter_async_context(connect(f"ws://127.0.0.1:{port}")))
        await run.stdout.until("connected")
    return found


BROADCAST = """
    server.on('connection', (socket) => {
      console.log('connected', socket.remotePort());
      socket.on('message', (message) => {
        try { console.log('sent', %s); } catch (error) { console.log('threw', error.message); }
      });
    });
"""


def test_it_goes_to_all_and_says_to_how_many(engine: str) -> None:
    async def main() -> None:
        async with running(engine, script(BROADCAST % "server.broadcast({ got: message })")) as run:
            port = await run.port()
            async with AsyncExitStack() as stack:
                all_of_them = await clients(stack, run, port, 5)
                await all_of_them[2].send('"\\u2603 \\ud83d\\ude00"')
                assert await run.stdout.until("sent") == "5"
                for client in all_of_them:
                    assert json.loads(await receive(client)) == {"got": "\u2603 \U0001f600"}
                await all_of_them[0].close()
                await all_of_them[1].send("1")
                left = int(await run.stdout.until("sent"))
                assert left in (4, 5), "whether the script has heard of the end is another matter"
                for client in all_of_them[1:]:
                    assert json.loads(await receive(client)) == {"got": 1}

    within(main())


@pytest.mark.parametrize(
    ("mime_type", "value", "sent"),
    [
        ("text/plain", "'x'.repeat(1000)", "x" * 1000),
        ("text/plain", "'a\\u0000b\\u001e'", "a\0b\x1e"),
        ("text/plain", "'\\ud800'", "\ufffd"),
        ("application/octet-stream", "Buffer.from([0, 255])", b"\0\xff"),
        ("application/json", "[1, null, '\\u001e']", '[1,null,"\\u001e"]'),
    ],
)
def test_every_type_of_message(engine: str, mime_type: str, value: str, sent: Any) -> None:
    async def main() -> None:
        source = script(BROADCAST % f"server.broadcast({value})", f"sendType: '{mime_type}'")
        async with running(engine, source) as run, AsyncExitStack() as stack:
            both = await clients(stack, run, await run.port(), 2)
            await both[0].send("1")
            assert await run.stdout.until("sent") == "2"
            for client in both:
                assert await receive(client) == sent

    within(main())


def test_an_image_that_cannot_be_sent_is_an_error_of_each_socket(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              console.log('connected');
              socket.on('error', (error) => console.log('error', error.code));
              socket.on('message', (image) => {
                server.broadcast({ data: Buffer.from('no image') });
                server.broadcast(image);
              });
            });
            """,
            "receiveType: 'image/png', sendType: 'image/png'",
        )
        async with running(engine, source) as run, AsyncExitStack() as stack:
            both = await clients(stack, run, await run.port(), 2)
            await both[0].send(encoded("image/png", (2, 2)))
            for client in both:
                assert isinstance(await receive(client), bytes)
                assert await run.stdout.until("error") == "WS_BAD_IMAGE"

    within(main())


def test_a_filter_gets_sockets_and_chooses(engine: str) -> None:
    async def main() -> None:
        chosen = "server.broadcast(message, (one) => one instanceof Socket && one !== socket)"
        async with running(engine, script(BROADCAST % chosen)) as run, AsyncExitStack() as stack:
            three = await clients(stack, run, await run.port(), 3)
            await three[1].send('"hello"')
            assert await run.stdout.until("sent") == "2"
            assert [await receive(client) for client in three[::2]] == ['"hello"'] * 2
            await three[0].send('"again"')
            # The first that it gets: it did not get its own.
            assert await receive(three[1]) == '"again"'

    within(main())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("server.broadcast(1, () => { throw new Error('no') })", "no"),
        ("server.broadcast(1, 'all')", 'The "filter" argument must be'),
        ("server.broadcast(undefined)", "undefined has no JSON form and cannot be sent"),
        ("server.broadcast(1, new Proxy(() => 1, { apply() { throw new Error('p') } }))", "p"),
    ],
)
def test_what_throws_sends_nothing(engine: str, call: str, message: str) -> None:
    async def main() -> None:
        source = script(BROADCAST % f"message === 1 ? server.broadcast('good') : {call}")
        async with running(engine, source) as run, AsyncExitStack() as stack:
            both = await clients(stack, run, await run.port(), 2)
            await both[0].send("2")
            assert (await run.stdout.until("threw")).startswith(message)
            await both[0].send("1")
            for client in both:
                assert await receive(client) == '"good"'

    within(main())


def test_a_filter_that_closes_sockets_and_broadcasts_itself(engine: str) -> None:
    async def main() -> None:
        call = (
            "server.broadcast('outer', (one) => {"
            "  if (message === 1) { message = 2; server.broadcast('inner'); socket.close(); }"
            "  return true; })"
        )
        async with running(engine, script(BROADCAST % call)) as run, AsyncExitStack() as stack:
            both = await clients(stack, run, await run.port(), 2)
            await both[0].send("1")
            assert await run.stdout.until("sent") == "1"
            assert [await receive(both[1]) for _ in range(2)] == ['"inner"', '"outer"']
            assert await receive(both[0]) == '"inner"'
            await asyncio.wait_for(both[0].wait_closed(), DEADLINE)
            assert both[0].close_code == 1000

    within(main())


def test_a_client_hears_nothing_before_its_own_connection_event(engine: str) -> None:
    """What is broadcast before the script has seen a socket does not go there."""

    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              server.broadcast('old');
              socket.send('welcome');
              socket.on('message', () => server.broadcast('new'));
              console.log('connected');
            });
        """)
        async with running(engine, source) as run:
            port = await run.port()
            async with AsyncExitStack() as stack:
                # Many at once: their events come in one turn.
                many = await asyncio.gather(
                    *[
                        stack.enter_async_context(connect(f"ws://127.0.0.1:{port}"))
                        for _ in "x" * 20
                    ]
                )
                for _ in many:
                    await run.stdout.until("connected")
                await many[0].send("1")

                async def heard(client: ClientConnection) -> list[str]:
                    found: list[str] = []
                    while not found or found[-1] != '"new"':
                        found.append(str(await receive(client)))
                    return found

                for found in [await heard(client) for client in many]:
                    # Its own connection event sends it an old one: it is open by then.
                    assert found[:2] == ['"old"', '"welcome"'], found

    within(main())


def test_without_sockets_it_goes_to_none(engine: str) -> None:
    async def main() -> None:
        source = script("""
            console.log('before', server.broadcast(1), server.broadcast(1, () => true));
            server.on('close', () => console.log('after', server.broadcast(1)));
            server.on('listening', () => server.stop());
        """)
        async with running(engine, source) as run:
            assert await run.stdout.until("before") == "0 0"
            assert await run.stdout.until("after") == "0"

    within(main())


def test_two_servers_do_not_share_it(engine: str) -> None:
    async def main() -> None:
        source = script("""
            const other = new Server({ port: 0 });
            other.on('listening', (port) => console.log('other', port));
            for (const one of [server, other]) {
              one.on('connection', (socket) => {
                console.log('connected');
                socket.on('message', (m) => console.log('sent',
                  one.broadcast(m, m === 2 ? () => true : null)));
              });
            }
            other.start();
        """)
        async with running(engine, source) as run:
            first = await run.stdout.next()
            ports = dict(line.split() for line in (first, await run.stdout.next()))
            async with AsyncExitStack() as stack:
                (one,) = await clients(stack, run, int(ports["listening"]), 1)
                (other,) = await clients(stack, run, int(ports["other"]), 1)
                for text in ("1", "2"):
                    await one.send(text)
                    assert await run.stdout.until("sent") == "1"
                await other.send("3")
                assert await receive(other) == "3"
                assert [await receive(one) for _ in range(2)] == ["1", "2"]

    within(main())


# The Python face


def test_python_broadcasts_alike() -> None:
    async def test() -> None:
        async with serving() as running, AsyncExitStack() as stack:
            server = running.server
            assert server.broadcast(1) == 0
            # Who has not shaken hands is no socket.
            await stack.enter_async_context(await Raw.connect(running.port))
            raws = [await stack.enter_async_context(await Raw.open(running.port)) for _ in range(3)]
            sockets = [(await running.socket(index))[0] for index in range(3)]
            assert server.broadcast([1, "\u00e9"]) == 3
            assert server.broadcast("some", lambda socket: socket is not sockets[1]) == 2
            sockets[2].close()
            assert server.broadcast("last") == 2
            heard = [[await raw.frame() for _ in range(2)] for raw in raws]
            first, some, last = (
                (TEXT, text.encode()) for text in ('[1,"\u00e9"]', '"some"', '"last"')
            )
            assert heard[0] == [first, some]
            assert heard[1] == [first, last]
            assert heard[2] == [first, some]
            assert await raws[0].frame() == last

    run(test())


def test_a_filter_that_raises_and_a_value_without_a_form_send_nothing() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.open(running.port) as raw:
            await running.socket()

            def refuse(socket: Socket) -> bool:
                raise LookupError(str(socket))

            with pytest.raises(LookupError):
                running.server.broadcast(1, refuse)
            with pytest.raises(EncodingError):
                running.server.broadcast({1})
            assert running.server.broadcast(b"2".decode()) == 1
            assert await raw.frame() == (TEXT, b'"2"')

    run(test())


def test_python_broadcasts_bytes_and_in_compressed_form() -> None:
    async def test() -> None:
        options = {"sendType": "application/octet-stream", "compression": True}
        async with serving(**options) as running:
            url = running.url
            async with connect(url) as one, connect(url, compression=None) as other:
                await running.socket(1)
                assert running.server.broadcast(b"\0" * 1000) == 2
                assert await one.recv() == await other.recv() == b"\0" * 1000

    run(test())


def test_a_client_that_does_not_read_costs_the_others_nothing() -> None:
    async def test() -> None:
        async with serving(maxUnsentBytes=1_000_000, sendType="text/plain") as running:
            async with (
                await Raw.open(running.port, receive_buffer=4096) as deaf,
                await Raw.open(running.port) as good,
            ):
                _, events = await running.socket()
                await running.socket(1)
                text = "x" * 100_000
                while running.server.broadcast(text) == 2:
                    assert await good.frame() == (TEXT, text.encode())
                await events.wait("error")
                assert running.server.statistics().refusals == {"WS_SLOW_PEER": 1}
                assert await good.frame() == (TEXT, text.encode())
                deaf.kill()
                good.send(frame(TEXT, b"1"))

    run(test())
