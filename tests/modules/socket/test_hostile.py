"""Peers that lie, flood, stall and vanish: one error each, and nothing else is disturbed."""

from __future__ import annotations

import asyncio
import random
import socket as sockets

import pytest

from accessor_host.modules.socket import connection, server
from accessor_host.modules.socket.framing import frame

from ...support.certificates import Certificates
from ...support.scripts import DEADLINE, Script, running
from ...support.server_scripts import within
from ...support.tcp import Peer, client_script, connected, server_script, serving

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

FRAMED = "rawBytes: false"
ECHO = "socket.on('data', (data) => socket.send(data));"


async def still_serves(run: Script, port: int) -> None:
    """Another client is served as ever."""
    async with connected(port) as peer:
        await peer.send(frame(b"well"))
        assert await peer.read(5) == frame(b"well")


async def lines_until(run: Script, last: str) -> list[str]:
    lines = [await run.stdout.next()]
    while lines[-1] != last:
        lines.append(await run.stdout.next())
    return lines


@pytest.mark.parametrize("head", ["ff7fffffff", "ffffffffff", "ff80000000", "ff01000001"], ids=str)
def test_a_length_that_lies_is_one_error_and_the_end(engine: str, head: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=FRAMED, each=ECHO)) as run:
            port = await run.port()
            async with connected(port) as peer:
                await peer.send(frame(b"ok") + bytes.fromhex(head) + b"x" * 5_000)
                assert await peer.rest() == frame(b"ok")
            lines = await lines_until(run, "socket close")
            assert lines == [
                "connection",
                'socket data "ok"',
                "socket error ERR_SOCKET_FRAMING",
                "socket close",
            ]
            await still_serves(run, port)

    within(main())


def test_a_client_meets_a_length_that_lies(engine: str) -> None:
    async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\x7f\xff\xff\xff")
        await reader.read()

    async def main() -> None:
        async with serving(lie) as port:
            async with running(engine, client_script(port, "client.open();", FRAMED)) as run:
                await run.ended()
            assert run.stdout.text.splitlines() == [
                "client open",
                "client error ERR_SOCKET_FRAMING",
                "client close",
            ]

    within(main())


@pytest.mark.parametrize(
    ("options", "data"),
    [(FRAMED, b"\5abc"), (FRAMED, b"\xff\0"), ("receiveType: 'int'", b"\0\0\0\1\0")],
)
def test_an_end_in_the_middle_is_an_error(engine: str, options: str, data: bytes) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=options)) as run:
            async with connected(await run.port()) as peer:
                await peer.send(data)
            lines = await lines_until(run, "socket close")
            assert lines[-2] == "socket error ERR_SOCKET_TRUNCATED"
            assert sum("error" in line for line in lines) == 1

    within(main())


def test_a_message_of_another_type_is_dropped_and_the_next_arrives(engine: str) -> None:
    async def main() -> None:
        options = f"{FRAMED}, receiveType: 'int'"
        async with running(engine, server_script(options=options)) as run:
            async with connected(await run.port()) as peer:
                await peer.send(frame(b"abc") + frame(b"\0\0\0\7"))
                lines = await lines_until(run, "socket data 7")
                assert lines[1:-1] == ["socket error ERR_BAD_MESSAGE"]

    within(main())


def test_a_reset_is_one_error(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=FRAMED, each=ECHO)) as run:
            port = await run.port()
            with sockets.create_connection(("127.0.0.1", port)) as peer:
                assert await run.stdout.next() == "connection"
                linger = b"\1\0\0\0\0\0\0\0"
                peer.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, linger)
            assert await lines_until(run, "socket close") == [
                "socket error ECONNRESET",
                "socket close",
            ]
            await still_serves(run, port)

    within(main())


def test_a_peer_without_error_listeners_cannot_end_the_run(engine: str) -> None:
    async def main() -> None:
        each = "socket.removeAllListeners('error'); " + ECHO
        async with running(engine, server_script(options=FRAMED, each=each)) as run:
            port = await run.port()
            async with connected(port) as peer:
                await peer.send(b"\xff\xff\xff\xff\xff")
                assert await peer.rest() == b""
            await still_serves(run, port)
        assert "(ERR_SOCKET_FRAMING)" in run.stderr.text
        assert "Uncaught" not in run.stderr.text

    within(main())


def test_a_flood_of_messages_leaves_room_for_others(engine: str) -> None:
    async def main() -> None:
        each = "socket.removeAllListeners('data'); " + ECHO
        async with running(engine, server_script(options=FRAMED, each=each)) as run:
            port = await run.port()
            flood = b"\0" * 200_000

            async def pour(peer: Peer) -> None:
                for _ in range(100):
                    await peer.send(flood)

            async def drain(peer: Peer) -> None:
                while await peer.reader.read(2**20):
                    pass

            async with connected(port) as noisy:
                tasks = [asyncio.create_task(pour(noisy)), asyncio.create_task(drain(noisy))]
                try:
                    for _ in range(3):
                        began = asyncio.get_running_loop().time()
                        await still_serves(run, port)
                        assert asyncio.get_running_loop().time() - began < DEADLINE / 4
                finally:
                    for task in tasks:
                        task.cancel()
                    noisy.reset()

    within(main())


def test_a_peer_that_does_not_read_is_not_read_and_then_cut(engine: str) -> None:
    async def main() -> None:
        each = """
          const text = 'x'.repeat(100000);
          let sent = 0;
          const more = setInterval(() => { socket.send(text); sent++; }, 1);
          socket.on('error', () => { clearInterval(more); console.log(sent < 500); });
        """
        options = "maxUnsentBytes: 1000000"
        async with running(engine, server_script(options=options, each=each)) as run:
            async with connected(await run.port()) as peer:
                peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
                lines = await lines_until(run, "socket close")
                assert lines == [
                    "connection",
                    "socket error ERR_SOCKET_SLOW_PEER",
                    "true",
                    "socket close",
                ]

    within(main())


def test_a_client_pauses_its_peer_while_the_script_is_behind(engine: str) -> None:
    async def main() -> None:
        each = """
          socket.removeAllListeners('data');
          let n = 0;
          socket.on('data', (text) => {
            for (const end = Date.now() + 5; Date.now() < end; );
            n += text.length;
            if (n === 3000000) console.log('all');
          });
        """
        async with running(engine, server_script(options=FRAMED, each=each)) as run:
            async with connected(await run.port()) as peer:
                for _ in range(100):
                    await peer.send(frame(b"x" * 30_000))
                assert (await lines_until(run, "all"))[-1] == "all"

    within(main())


def test_a_silent_peer_is_cut_after_it_was_closed(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER", 0.1)

    async def main() -> None:
        async with running(engine, server_script(each="socket.close();")) as run:
            async with connected(await run.port()) as peer:
                assert await peer.rest() == b""
                # It never closes its side, and sends on.
                await run.host.stop()

    within(main())


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00"])
def test_tls_that_does_not_come(
    engine: str, certificates: Certificates, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_TIMEOUT", 0.2)

    async def main() -> None:
        options = ", ".join(f"{key}: {value!r}" for key, value in certificates.options.items())
        options = options.replace("True", "true")
        async with running(engine, server_script(options=options)) as run:
            async with connected(await run.port()) as peer:
                await peer.send(data)
                await peer.rest()
            await run.host.stop()
        assert "connection" not in run.stdout.text

    within(main())


def test_more_clients_than_there_may_be_are_dropped(engine: str) -> None:
    async def main() -> None:
        options = f"{FRAMED}, maxConnections: 1"
        async with running(engine, server_script(options=options, each=ECHO)) as run:
            port = await run.port()
            async with connected(port) as first:
                await first.send(frame(b"a"))
                await first.read(2)
                async with connected(port) as second:
                    with pytest.raises((ConnectionResetError, AssertionError)):
                        assert await second.rest()
                await first.send(frame(b"b"))
                assert await first.read(2) == frame(b"b")
            assert (await lines_until(run, "socket close")).count("connection") == 1
            await still_serves(run, port)

    within(main())


def test_whatever_comes_the_server_goes_on(engine: str) -> None:
    chance = random.Random(5)

    async def main() -> None:
        each = "socket.removeAllListeners('data'); " + ECHO
        options = f"{FRAMED}, maxMessageSize: 5000"
        async with running(engine, server_script(options=options, each=each)) as run:
            port = await run.port()
            for _ in range(40):
                async with connected(port) as peer:
                    await peer.send(chance.randbytes(chance.randrange(1, 4_000)))
                    if chance.random() < 0.5:
                        peer.reset()
            await still_serves(run, port)
        assert run.stderr.text == ""

    within(main())
