"""What waits for a client, and whether it is there: unsentBytes, drain, ping and pong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect

from accessor_host.websocket.keepalive import MAX_PINGS

from ...support.scripts import running
from ...support.server_scripts import receive, script, within
from ...support.wire import PING, PONG, TEXT, Raw, frame, run, serving

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

LARGE = 8_000_000
"""More than the system takes of a message whose peer does not read."""


async def deaf(port: int) -> Raw:
    """Return a client that does not read until it is told to; then it is quick."""
    return await Raw.open(port, receive_buffer=1 << 17)


async def read(raw: Raw, size: int) -> None:
    """Read so many bytes."""
    left = size
    while left > 0:
        data = await raw.reader.read(min(left, 1 << 16))
        assert data
        left -= len(data)


# unsentBytes


@pytest.mark.parametrize("calls", ["native", "binding"])
def test_what_was_sent_in_this_event_waits(
    engine: str, calls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if calls == "binding":
        monkeypatch.setenv("ACCESSOR_HOST_NATIVE", "0")

    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.send('x'.repeat(1000));
              socket.send('x'.repeat(1000));
              socket.send('short');
              server.on('other', () => {});
              console.log('first', socket.unsentBytes());
              socket.send('y'.repeat(1000));
              console.log('second', socket.unsentBytes());
              socket.on('message', (message) => {
                console.log('later', socket.unsentBytes());
                socket.send(message);
                console.log('echoed', socket.unsentBytes());
              });
            });
            """,
            "sendType: 'text/plain', receiveType: 'text/plain'",
        )
        async with running(engine, source) as run:
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}") as client:
                assert await run.stdout.until("first") == "2005"
                assert await run.stdout.until("second") == "3005"
                for _ in range(4):
                    await receive(client)
                for text in ("a" * 200, "b" * 300):
                    await client.send(text)
                    assert await run.stdout.until("later") == "0"
                    assert await run.stdout.until("echoed") == str(len(text))
                    assert await receive(client) == text

    within(main())


def test_the_first_question_counts_what_was_sent_before_it(engine: str) -> None:
    """Each kind of record in which a message leaves."""

    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', (message) => {
                socket.send(message);
                socket.send(message);
                socket.send('a\\u0000b');
                console.log('waits', socket.unsentBytes());
              });
            });
            """,
            "sendType: 'text/plain', receiveType: 'text/plain'",
        )
        async with running(engine, source) as run:
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}") as client:
                await client.send("a" * 200)
                # The echo of a long text stays in Python, what cannot stand in a record is JSON.
                assert 400 <= int(await run.stdout.until("waits")) <= 420

    within(main())


def test_bytes_count_by_their_size(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              console.log('waits', socket.unsentBytes());
              socket.send(Buffer.alloc(3000));
              console.log('waits', socket.unsentBytes());
            });
            """,
            "sendType: 'application/octet-stream'",
        )
        async with running(engine, source) as run:
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}") as client:
                assert await run.stdout.until("waits") == "0"
                assert await run.stdout.until("waits") == "3000"
                await receive(client)

    within(main())


def test_a_script_fills_up_to_a_mark_and_goes_on_when_it_drains(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              let parts = 0;
              const text = 'x'.repeat(100000);
              function fill() {
                while (socket.unsentBytes() < 200000) { socket.send(text); parts++; }
              }
              socket.on('drain', () => { console.log('drained', socket.unsentBytes()); fill(); });
              const timer = setInterval(() => {
                // The system takes some.
                if (socket.unsentBytes() < 200000) return fill();
                clearInterval(timer);
                console.log('full', parts);
              });
            });
            """,
            "sendType: 'text/plain', highWaterMark: 100000",
        )
        async with running(engine, source) as run:
            raw = await deaf(await run.port())
            parts = int(await run.stdout.until("full"))
            await read(raw, 100_000 * (parts - 1))
            assert int(await run.stdout.until("drained")) <= 25_000
            # What it filled in then, and what had waited.
            await read(raw, 200_000)
            raw.kill()

    within(main())


def test_a_socket_that_is_gone_has_nothing_that_waits(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.unsentBytes();
              socket.on('close', () => console.log('closed', socket.unsentBytes(), socket.ping()));
              socket.close();
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}"):
                assert await run.stdout.until("closed") == "0 false"

    within(main())


def test_what_was_broadcast_counts_too(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              server.broadcast('x'.repeat(500));
              // As JSON, in a record with a few more characters.
              console.log('waits', socket.unsentBytes() - 500 < 32);
              server.broadcast('x'.repeat(1000));
              console.log('waits', socket.unsentBytes());
              socket.on('message', () => console.log('later', socket.unsentBytes()));
            });
            """,
            "sendType: 'text/plain'",
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                assert await run.stdout.until("waits") == "true"
                assert 1500 <= int(await run.stdout.until("waits")) < 1532
                assert [len(await receive(client)) for _ in range(2)] == [500, 1000]
                await client.send("1")
                assert await run.stdout.until("later") == "0"

    within(main())


def test_the_python_face_has_the_same() -> None:
    async def test() -> None:
        async with serving(sendType="text/plain", highWaterMark=50_000) as running:
            raw = await deaf(running.port)
            sock, events = await running.socket()
            drained = asyncio.Event()
            sock.on("drain", drained.set)
            assert sock.unsent_bytes() == 0
            sock.send("x" * 1000)
            assert sock.unsent_bytes() == 1004
            sent = 1004
            while sock.unsent_bytes() < 100_000:
                sock.send("x" * 50_000)
                sent += 50_004
                await asyncio.sleep(0)
            assert not drained.is_set()
            await read(raw, sent)
            await asyncio.wait_for(drained.wait(), 10)
            assert sock.unsent_bytes() <= 12_500
            assert events.seen == []
            raw.kill()
            await events.wait("close")
            assert sock.unsent_bytes() == 0

    run(test())


def test_below_the_mark_nothing_drains() -> None:
    async def test() -> None:
        async with serving(lambda sock, value: sock.send(value), highWaterMark=100_000) as running:
            async with await Raw.open(running.port) as raw:
                sock, _ = await running.socket()
                sock.on("drain", lambda: pytest.fail("nothing had waited"))
                for number in range(100):
                    raw.send(frame(TEXT, b"%d" % number))
                    assert await raw.frame() == (TEXT, b"%d" % number)

    run(test())


def test_the_mark_is_at_most_a_quarter_of_what_may_wait() -> None:
    async def test() -> None:
        options: dict[str, Any] = {"highWaterMark": LARGE, "maxUnsentBytes": 400_000}
        async with serving(sendType="text/plain", **options) as running:
            raw = await deaf(running.port)
            sock, events = await running.socket()
            for _ in iter(lambda: sock.send("x" * 10_000), False):
                await asyncio.sleep(0)
            fault = await events.wait("error")
            assert fault.code == "WS_SLOW_PEER"
            raw.kill()

    run(test())


# ping and pong


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ("", b""),
        ("'\\u2603'", "\u2603".encode()),
        ("Buffer.from([0, 255])", b"\0\xff"),
        ("new Uint8Array([1, 2]).buffer", b"\x01\x02"),
        ("'x'.repeat(125)", b"x" * 125),
    ],
)
def test_a_ping_is_answered_with_its_data(engine: str, data: str, sent: bytes) -> None:
    async def main() -> None:
        source = script(f"""
            server.on('connection', (socket) => {{
              socket.on('pong', (data) => console.log('pong', Buffer.isBuffer(data),
                data.toString('hex'), data.length));
              console.log('ping', socket.ping({data}));
            }});
        """)
        async with running(engine, source) as run:
            async with await Raw.open(await run.port()) as raw:
                assert await run.stdout.until("ping") == "true"
                assert await raw.frame() == (PING, sent)
                # Nobody asked for this one.
                raw.send(frame(PONG, b"other"))
                raw.send(frame(PONG, sent))
                shown = f"true {sent.hex()} {len(sent)}".replace("  ", " ")
                assert (await run.stdout.until("pong")).replace("  ", " ") == shown

    within(main())


def test_a_real_client_answers(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.on('pong', (data) => console.log('pong', String(data)));
              for (let i = 0; i < 3; i++) socket.ping('p' + i);
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}"):
                assert [await run.stdout.until("pong") for _ in range(3)] == ["p0", "p1", "p2"]

    within(main())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("'x'.repeat(126)", "RangeError the data of a ping may have 125 bytes at most"),
        ("'\\u2603'.repeat(42)", "RangeError the data of a ping may have 125 bytes at most"),
        ("7", 'TypeError The "data" argument must be'),
        ("{}", 'TypeError The "data" argument must be'),
        ("null", 'TypeError The "data" argument must be'),
    ],
)
def test_data_that_does_not_fit_throws(engine: str, data: str, message: str) -> None:
    async def main() -> None:
        source = script(f"""
            server.on('connection', (socket) => {{
              try {{ socket.ping({data}); }}
              catch (error) {{ console.log('threw', error.name, error.message); }}
            }});
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}"):
                assert (await run.stdout.until("threw")).startswith(message)

    within(main())


def test_a_flood_of_pings_to_a_peer_that_does_not_read_is_bounded(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              let taken = 0;
              for (let i = 0; i < 100000; i++) if (socket.ping('x'.repeat(125))) taken++;
              console.log('taken', taken, socket.isOpen());
              socket.on('pong', () => console.log('again', socket.ping()));
            });
        """)
        async with running(engine, source) as run:
            raw = await deaf(await run.port())
            assert await run.stdout.until("taken") == f"{MAX_PINGS} true"
            # The answer to the last of several answers those before it.
            raw.send(frame(PONG, b"x" * 125))
            assert await run.stdout.until("again") == "true"
            raw.kill()

    within(main())


def test_pings_are_bounded_in_python() -> None:
    """What JavaScript checks, Python checks again."""

    async def test() -> None:
        async with serving(pingInterval=0) as running:
            raw = await Raw.open(running.port)
            sock, _ = await running.socket()
            assert [sock.ping(b"%d" % n) for n in range(MAX_PINGS + 9)].count(True) == MAX_PINGS
            with pytest.raises(ValueError, match="has 126 bytes; 125 fit"):
                sock.ping(b"x" * 126)
            with pytest.raises(TypeError):
                sock.ping(5)
            for number in range(MAX_PINGS):
                assert await raw.frame() == (PING, b"%d" % number)
            pongs: asyncio.Queue[bytes] = asyncio.Queue()
            sock.on("pong", pongs.put_nowait)
            raw.send(frame(PONG, b"9") + frame(PONG, b"3") + frame(PONG, b"10"))
            assert [await pongs.get() for _ in range(2)] == [b"9", b"10"]
            assert [sock.ping() for _ in range(12)].count(True) == 11
            sock.close()
            assert not sock.ping()
            raw.kill()

    run(test())


def test_a_ping_counts_for_what_may_wait() -> None:
    async def test() -> None:
        async with serving(sendType="text/plain", maxUnsentBytes=200_000) as running:
            raw = await deaf(running.port)
            sock, events = await running.socket()
            # Until there is no room for a ping.
            while sock.unsent_bytes() < 199_900:
                room = 199_950 - sock.unsent_bytes()
                assert sock.send("x" * min(room - 4, 40_000))
                await asyncio.sleep(0)
            assert not sock.ping(b"x" * 125)
            fault = await events.wait("error")
            assert fault.code == "WS_SLOW_PEER"
            raw.kill()

    run(test())


def test_pings_beside_those_that_keep_the_connection_alive() -> None:
    async def test() -> None:
        options: dict[str, Any] = {"pingInterval": 50, "pingTimeout": 5_000, "compression": True}
        async with serving(**options) as running, connect(running.url) as client:
            sock, events = await running.socket()
            pongs: asyncio.Queue[bytes] = asyncio.Queue()
            sock.on("pong", pongs.put_nowait)
            for number in range(20):
                data = b"%d" % number if number % 2 else b"y" * 100
                assert sock.ping(data)
                assert await asyncio.wait_for(pongs.get(), 10) == data
                sock.send(number)
                assert await client.recv() == str(number)
            assert events.seen == []

    run(test())
