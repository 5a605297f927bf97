"""The contract of @modules/udp-socket, as scripts see it (module specification section 8)."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accessor_host.modules.udp_socket.binding import MAX_HEADS, MAX_PLACES

from ...conftest import RunJs
from ...support.checks import passes
from ...support.images import encoded
from ...support.scripts import Script, running
from ...support.server_scripts import within

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

LISTENER = """
    const udp = require('@modules/udp-socket');
    const socket = udp.createSocket();
    const shown = (value) => (value instanceof Error ? value.code : JSON.stringify(value));
    socket.on('message', (value) => console.log('message', shown(value)));
    socket.on('close', () => console.log('close'));
    socket.on('error', (error) => console.log('error', error.code));
    %s
    socket.bind(%d, '127.0.0.1', () => console.log('listening', %d));
"""


def free_port(family: int = sockets.AF_INET) -> int:
    with sockets.socket(family, sockets.SOCK_DGRAM) as taken:
        taken.bind(("::1" if family == sockets.AF_INET6 else "127.0.0.1", 0))
        return int(taken.getsockname()[1])


def listener(body: str = "") -> tuple[str, int]:
    port = free_port()
    return LISTENER % (body, port, port), port


@contextmanager
def plain() -> Iterator[sockets.socket]:
    """Give a plain UDP socket."""
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        yield peer


async def receive(peer: sockets.socket) -> bytes:
    loop = asyncio.get_running_loop()
    return await asyncio.wait_for(loop.sock_recv(peer, 65536), 10)


async def lines(run: Script, count: int) -> list[str]:
    return [await run.stdout.next() for _ in range(count)]


def test_exports(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const udp = require('@modules/udp-socket');
        check(udp === require('@accessors-modules/udp-socket'), true);
        check(Object.keys(udp).sort(), [
          'Socket', 'createSocket', 'supportedReceiveTypes', 'supportedSendTypes'
        ]);
        check(udp.createSocket() instanceof udp.Socket, true);
        check(udp.supportedReceiveTypes().includes('unsignedshort'), true);
        check(udp.supportedSendTypes().includes('png'), true);
        check(thrown(() => udp.createSocket('tcp')).startsWith(
          "TypeError ERR_INVALID_ARG_TYPE The \\"type\\" argument must be 'udp4' or 'udp6'"), true);
        const socket = udp.createSocket();
        check(thrown(() => socket.send('x', 0)).startsWith('TypeError ERR_INVALID_ARG'), true);
        check(thrown(() => socket.send('x', 70000)).startsWith('TypeError ERR_INVALID_ARG'), true);
        check(thrown(() => socket.send('x', 9, 5)).startsWith('TypeError ERR_INVALID_ARG'), true);
        check(thrown(() => socket.send(null, 9)).startsWith('TypeError'), true);
        check(thrown(() => socket.bind(-1)).startsWith('TypeError ERR_INVALID_ARG'), true);
        socket.close();
        socket.close();
        check(thrown(() => socket.send('x', 9)),
          'Error ERR_SOCKET_DGRAM_NOT_RUNNING the socket is closed');
        """,
    )


@pytest.mark.parametrize(
    ("setting", "data", "shown"),
    [
        ("", "Grüße\0".encode(), '"Grüße\\u0000"'),
        ("", b"", '""'),
        ("", b"a\xff", '"a\ufffd"'),
        ("socket.setReceiveType('int');", b"\xff\xff\xff\xff", "-1"),
        ("socket.setReceiveType('INT');", b"\0\0\0\1\0\0\0\2", "[1,2]"),
        ("socket.setReceiveType('double');", struct.pack(">d", 0.1), "0.1"),
        ("socket.setReceiveType('byte');", b"\x80\x7f", "[-128,127]"),
        ("socket.setReceiveType('json');", b'{"a":[1]}', '{"a":[1]}'),
        ("socket.setReceiveType('json');", b"none", '"none"'),
        ("socket.setRawBytes(true);", b"\x80\x7f", "[128,127]"),
        ("socket.setRawBytes(true);", b"\x80", "[128]"),
        ("socket.setRawBytes(true); socket.setRawBytes(false);", b"a", '"a"'),
        ("socket.setReceiveType(undefined);", b"a", '"a"'),
    ],
)
def test_what_arrives(engine: str, setting: str, data: bytes, shown: str) -> None:
    async def main() -> None:
        source, port = listener(setting)
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            with plain() as peer:
                peer.sendto(data, ("127.0.0.1", port))
            assert await run.stdout.next() == f"message {shown}"

    within(main())


def test_images_arrive(engine: str) -> None:
    async def main() -> None:
        source, port = listener("""
            socket.setReceiveType('image');
            socket.on('message', (image) => console.log(image.type, image.width, image.height));
        """)
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            with plain() as peer:
                peer.sendto(encoded("image/png", (4, 3)), ("127.0.0.1", port))
                peer.sendto(b"none", ("127.0.0.1", port))
            await run.stdout.until("message")
            assert await lines(run, 2) == ["image/png 4 3", "error ERR_BAD_MESSAGE"]

    within(main())


@pytest.mark.parametrize(
    ("setting", "code", "data"),
    [
        ("", "'Grüße'", "Grüße".encode()),
        ("", "'\\ud800\\0\\x1e'", b"\xef\xbf\xbd\0\x1e"),
        ("", "['a', 1]", b"a1"),
        ("", "7", b"7"),
        ("socket.setSendType('short');", "[1, -1, 70000]", b"\0\1\xff\xff\x11\x70"),
        ("socket.setSendType('number');", "1.5", struct.pack(">d", 1.5)),
        ("socket.setSendType('json');", "{ a: 1 }", b'{"a":1}'),
        ("socket.setRawBytes(true);", "[1, 255, 256]", b"\1\xff\0"),
        ("socket.setRawBytes(true);", "Buffer.from([9, 8])", b"\x09\x08"),
        ("socket.setRawBytes(true);", "'ü'", "ü".encode()),
    ],
)
def test_what_is_sent(engine: str, setting: str, code: str, data: bytes) -> None:
    async def main() -> None:
        with plain() as peer:
            port = peer.getsockname()[1]
            source = f"""
                const socket = require('@modules/udp-socket').createSocket();
                {setting}
                socket.send({code}, {port}, '127.0.0.1');
                socket.send({code}, {port}, 'localhost', (error) => console.log('sent', error));
            """
            async with running(engine, source) as run:
                assert await receive(peer) == data
                assert await receive(peer) == data
                assert await run.stdout.next() == "sent null"

    within(main())


def test_the_second_argument_says_who_has_sent(engine: str) -> None:
    async def main() -> None:
        port = free_port()
        source = f"""
            const socket = require('@modules/udp-socket').createSocket('udp4', (value, sender) => {{
              console.log(typeof sender, sender);
              const {{ address, port }} = JSON.parse(sender);
              socket.send(value, port, address);
            }});
            socket.bind({port}, '127.0.0.1', () => console.log('listening'));
        """
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            with plain() as peer:
                for data in (b"abc", b"ab"):
                    peer.sendto(data, ("127.0.0.1", port))
                    assert await receive(peer) == data
                    kind, _, text = (await run.stdout.next()).partition(" ")
                    assert kind == "string"
                    assert json.loads(text) == {
                        "ipAddress": "127.0.0.1",
                        "address": "127.0.0.1",
                        "family": "IPv4",
                        "port": peer.getsockname()[1],
                        "size": len(data),
                    }

    within(main())


def test_a_socket_knows_where_it_listens(engine: str) -> None:
    async def main() -> None:
        source = """
            const socket = require('@modules/udp-socket').createSocket();
            console.log(socket.address());
            socket.on('close', () => console.log(socket.address()));
            socket.bind(0, '127.0.0.1', () => {
              const { address, family, port } = socket.address();
              console.log(address, family, port > 0);
              socket.close();
            });
        """
        async with running(engine, source) as run:
            await run.ended()
        assert run.stdout.text.splitlines() == ["null", "127.0.0.1 IPv4 true", "null"]

    within(main())


def test_udp6(engine: str) -> None:
    async def main() -> None:
        port = free_port(sockets.AF_INET6)
        source = f"""
            const udp = require('@modules/udp-socket');
            const one = udp.createSocket('udp6', (value, sender) => {{
              const {{ family, address }} = JSON.parse(sender);
              console.log(value, family, address);
              one.close();
              other.close();
            }});
            const other = new udp.Socket('udp6');
            one.bind({port}, null, () => other.send('six', {port}));
        """
        async with running(engine, source) as run:
            assert await run.stdout.next() == "six IPv6 ::1"
            await run.ended()

    within(main())


def test_a_type_that_is_not_known_is_an_error_and_changes_nothing(run_js: RunJs) -> None:
    outcome = run_js("""
        const socket = require('@modules/udp-socket').createSocket();
        socket.on('error', (error) => console.log(error.message.split(';')[0]));
        socket.setReceiveType('wbmp');
        socket.setSendType('x');
        socket.on('close', () => console.log('close'));
        socket.close();
    """)
    assert outcome.stdout.splitlines() == [
        "option 'receiveType': 'wbmp' is not allowed",
        "option 'sendType': 'x' is not allowed",
        "close",
    ]


def test_a_port_can_be_bound_again_once_close_was_emitted(engine: str) -> None:
    # As net/UDPSocketListener does.
    async def main() -> None:
        port = free_port()
        source = f"""
            const udp = require('@modules/udp-socket');
            let rounds = 0;
            const open = () => {{
              const socket = udp.createSocket();
              socket.on('error', (error) => console.log(error.message));
              socket.on('close', () => {{
                console.log('close');
                if (++rounds < 3) open();
              }});
              socket.bind({port}, '127.0.0.1', () => {{
                console.log('listening');
                socket.close();
              }});
            }};
            open();
        """
        async with running(engine, source) as run:
            await run.ended()
        assert run.stdout.text.split() == ["listening", "close"] * 3

    within(main())


def test_a_port_that_is_taken_is_an_error(engine: str) -> None:
    async def main() -> None:
        with plain() as taken:
            port = taken.getsockname()[1]
            source = LISTENER % ("setTimeout(() => socket.close(), 50);", port, port)
            async with running(engine, source) as run:
                await run.ended()
                assert run.host.exit_code == 1
        assert run.stdout.text == "error EADDRINUSE\nclose\n"

    within(main())


def test_what_cannot_be_sent(engine: str) -> None:
    async def main() -> None:
        source = """
            const socket = require('@modules/udp-socket').createSocket();
            const tell = (who) => (error) => console.log(who, error.code);
            socket.on('error', tell('event'));
            socket.send('x'.repeat(65508), 9, '127.0.0.1');
            socket.send('x'.repeat(65508), 9, '127.0.0.1', tell('callback'));
            socket.send('x', 9, 'not a name', tell('name'));
            socket.send('x', 9, '255.255.255.255', tell('broadcast'));
            setTimeout(() => socket.close(), 200);
        """
        async with running(engine, source) as run:
            await run.ended()
        said = sorted(run.stdout.text.splitlines())
        assert said == [
            "broadcast EACCES", "callback EMSGSIZE", "event EMSGSIZE", "name ENOTFOUND",
        ]  # fmt: skip

    within(main())


def test_broadcast_is_for_those_who_say_so(engine: str) -> None:
    async def main() -> None:
        port = free_port()
        source = f"""
            const udp = require('@modules/udp-socket');
            const listener = udp.createSocket('udp4', (value) => {{
              console.log(value);
              listener.close();
              sender.close();
            }});
            const sender = udp.createSocket('udp4', null, true);
            sender.on('error', (error) => console.log(error.code));
            listener.bind({port}, '0.0.0.0', () => sender.send('all', {port}, '127.255.255.255'));
        """
        async with running(engine, source) as run:
            assert await run.stdout.next() == "all"
            await run.ended()

    within(main())


def test_multicast(engine: str) -> None:
    async def main() -> None:
        port = free_port()
        source = f"""
            const socket = require('@modules/udp-socket').createSocket();
            socket.on('error', (error) => console.log('error', error.code));
            socket.bind({port}, null, () => {{
              socket.addMembership('239.255.7.8', '127.0.0.1');
              socket.setMulticastTTL(1);
              socket.setMulticastLoopback(true);
              socket.dropMembership('239.255.7.9', '127.0.0.1');
              console.log('listening');
            }});
            socket.on('message', (value) => console.log(value));
        """
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            assert await run.stdout.next() == "error EADDRNOTAVAIL"
            with plain() as peer:
                loopback = sockets.inet_aton("127.0.0.1")
                peer.setsockopt(sockets.IPPROTO_IP, sockets.IP_MULTICAST_IF, loopback)
                peer.sendto(b"group", ("239.255.7.8", port))
            assert await run.stdout.next() == "group"

    within(main())


def test_a_flood_is_paused_and_the_script_goes_on(engine: str) -> None:
    async def main() -> None:
        source, port = listener("""
            let ticks = 0;
            socket.removeAllListeners('message');
            socket.on('message', () => { for (const end = Date.now() + 2; Date.now() < end; ); });
            setInterval(() => { if (++ticks === 5) console.log('ticks'); }, 1);
        """)
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            with plain() as peer:
                for _ in range(2_000):
                    with_room = True
                    try:
                        peer.sendto(b"x" * 500, ("127.0.0.1", port))
                    except BlockingIOError:
                        with_room = False
                    if not with_room:
                        await asyncio.sleep(0)
            assert await run.stdout.until("ticks") == ""
            assert "lost: " in "\n".join(_state(run))

    within(main())


def _state(run: Script) -> list[str]:
    state: Any = run.host._bindings.state()  # type: ignore[attr-defined]
    return list(state)


def test_types_may_change_while_datagrams_are_on_their_way(engine: str) -> None:
    async def main() -> None:
        source, port = listener("""
            let count = 0;
            socket.on('message', () => socket.setReceiveType(++count % 2 ? 'json' : 'byte'));
        """)
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            with plain() as peer:
                for _ in range(50):
                    peer.sendto(b"[1]", ("127.0.0.1", port))
            for _ in range(50):
                assert (await run.stdout.next()) in (
                    'message "[1]"', "message [1]", "message [91,49,93]",
                )  # fmt: skip

    within(main())


def test_a_host_that_stops_closes_its_sockets(engine: str) -> None:
    async def main() -> None:
        source, port = listener()
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            await run.host.stop()
            with plain() as again:
                again.close()
            with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as taken:
                taken.bind(("127.0.0.1", port))
        assert run.stdout.text.endswith("close\n")

    within(main())


def test_texts_to_one_place_leave_as_the_first_did(engine: str) -> None:
    # From the second on, Python knows the place by a number.
    async def main() -> None:
        with plain() as peer, plain() as other:
            port, elsewhere = (one.getsockname()[1] for one in (peer, other))
            source = f"""
                const socket = require('@modules/udp-socket').createSocket();
                const send = (data) => socket.send(data, {port}, '127.0.0.1');
                for (let i = 0; i < 4; i++) socket.send('other' + i, {elsewhere}, '127.0.0.1');
                for (let i = 0; i < 3; i++) send('text' + i);
                send('a\\0b\\x1e');
                send('\\ud800');
                send('é'.repeat(200));
                send('');
                socket.setSendType('short');
                send(258);
                socket.setSendType('string');
                send('text');
                socket.send('called', {port}, '127.0.0.1', () => send('behind'));
            """
            async with running(engine, source):
                assert [await receive(other) for _ in range(4)] == [
                    b"other0", b"other1", b"other2", b"other3",
                ]  # fmt: skip
                assert [await receive(peer) for _ in range(11)] == [
                    b"text0", b"text1", b"text2", b"a\0b\x1e", "\ufffd".encode(),
                    "é".encode() * 200, b"", b"\1\2", b"text", b"called", b"behind",
                ]  # fmt: skip

    within(main())


def test_few_places_are_known_by_a_number(engine: str) -> None:
    async def main() -> None:
        with plain() as peer:
            port = peer.getsockname()[1]
            source = f"""
                const socket = require('@modules/udp-socket').createSocket();
                for (let i = 1; i <= {MAX_PLACES} + 5; i++) {{
                  socket.send('x', i, '127.0.0.9');
                  socket.send('x', i, '127.0.0.9');
                }}
                for (let i = 0; i < 3; i++) socket.send('here' + i, {port}, '127.0.0.1');
                socket.on('close', () => console.log('close'));
                socket.send('last', {port}, '127.0.0.1', () => console.log('sent'));
            """
            async with running(engine, source) as run:
                assert await run.stdout.next() == "sent"
                got = [await receive(peer) for _ in range(4)]
                assert got == [b"here0", b"here1", b"here2", b"last"]
                senders = run.host._services.senders  # type: ignore[attr-defined]
                known = [one for one in senders if one.startswith("udp.text ")]
                assert 0 < len(known) < MAX_PLACES

    within(main())


def test_a_socket_that_is_closed_sends_nothing(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const socket = require('@modules/udp-socket').createSocket();
        for (let i = 0; i < 3; i++) socket.send('x', 9, '127.0.0.1');
        socket.close();
        check(thrown(() => socket.send('x', 9, '127.0.0.1')),
          'Error ERR_SOCKET_DGRAM_NOT_RUNNING the socket is closed');
        """,
    )


def test_each_datagram_is_told_with_its_sender_and_size(engine: str) -> None:
    # More senders and sizes than are remembered.
    sizes = [number % (MAX_HEADS + 3) for number in range(2 * MAX_HEADS)]

    async def main() -> None:
        source, port = listener()
        source += """
            socket.removeAllListeners('message');
            socket.on('message', (value, sender) => {
              const { port, size } = JSON.parse(sender);
              console.log(port, size, value.length);
            });
        """
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            with plain() as one, plain() as other:
                for number, size in enumerate(sizes):
                    peer = (one, other)[number % 2]
                    peer.sendto(b"x" * size, ("127.0.0.1", port))
                    told = f"{peer.getsockname()[1]} {size} {size}"
                    assert await run.stdout.next() == told

    within(main())
