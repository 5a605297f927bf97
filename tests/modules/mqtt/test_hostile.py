"""Brokers that are hostile, or broken: each is one error, and the host goes on."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise

import pytest

from accessor_host.modules.mqtt.client import MAX_SUBSCRIPTIONS

from ...support.scripts import DEADLINE, running
from .test_scripts import script, within
from .wire import CONNACK, Peer, length, publish, serving

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SHOW = "client.on('error', (e) => console.log(e.message));"
ONCE = "reconnect: false, connectTimeout: 300"


async def idle(peer: Peer) -> None:
    await peer.gone()


async def drip(peer: Peer) -> None:
    for byte in publish(b"a", b"x" * 100):
        peer.send(bytes([byte]))
        await asyncio.sleep(0.02)
    await peer.gone()


def saying(data: bytes, *, accepts: bool = False) -> Callable[[Peer], Awaitable[None]]:
    async def handle(peer: Peer) -> None:
        if accepts:
            await peer.accept()
        else:
            await peer.packet()
        peer.send(data)
        await peer.gone()

    return handle


async def shut(peer: Peer) -> None:
    await peer.packet()


def show_error(engine: str, handle: Callable[[Peer], Awaitable[None]], options: str) -> list[str]:
    """Run a client that does not try again, and return what it prints."""
    printed: list[str] = []

    async def main() -> None:
        async with serving(handle) as port:
            body = f"{SHOW} client.start(); setInterval(() => {{}}, 10).unref();"
            async with running(engine, script(port, body, options)) as run:
                await run.ended()
                assert run.stderr.text == ""
                printed.extend(run.stdout.text.replace(str(port), "PORT").splitlines())

    within(main())
    return printed


BEFORE = "could not connect to mqtt://127.0.0.1:PORT: "


@pytest.mark.parametrize(
    ("handle", "code", "reason"),
    [
        (idle, "MQTT_CONNECT_FAILED", "no answer of the broker within 300 ms"),
        (drip, "MQTT_PROTOCOL_ERROR", "the broker breaks the protocol: PUBLISH before CONNACK"),
        (shut, "MQTT_CONNECT_FAILED", "the broker closed the connection before it answered"),
        (
            saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "MQTT_PROTOCOL_ERROR",
            "the broker breaks the protocol: PUBACK before CONNACK",
        ),
        (
            saying(b"SSH-2.0-OpenSSH\r\n"),
            "MQTT_PROTOCOL_ERROR",
            "the broker breaks the protocol: PUBREC before CONNACK",
        ),
        (
            saying(b"\x20\x02\x00\x04"),
            "MQTT_REFUSED",
            "the broker refuses the client: the username or password is wrong",
        ),
        (
            saying(b"\x20\x02\x00\x01"),
            "MQTT_REFUSED",
            "the broker refuses the client: it does not speak MQTT 3.1.1",
        ),
        (
            saying(b"\x20\x02\x00\xff"),
            "MQTT_REFUSED",
            "the broker refuses the client: its return code is 255",
        ),
        (
            saying(b"\x20\xff\xff\xff\xff"),
            "MQTT_PROTOCOL_ERROR",
            "the broker breaks the protocol: the length of a packet has more than four bytes",
        ),
    ],
)
@pytest.mark.slow_with("dukpy")
def test_a_broker_that_is_none(
    engine: str, handle: Callable[[Peer], Awaitable[None]], code: str, reason: str
) -> None:
    printed = show_error(engine, handle, ONCE)
    assert printed == [f"error {code}", f"{BEFORE}{reason}"]


BROKEN = "the broker breaks the protocol: "


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (CONNACK, "MQTT_PROTOCOL_ERROR", f"{BROKEN}a second CONNACK"),
        (b"\x30\x02\x00\x05", "MQTT_PROTOCOL_ERROR", "whose topic is longer than the packet"),
        (b"\x30\x03\x00\x01\xff", "MQTT_PROTOCOL_ERROR", "whose topic is not UTF-8"),
        (publish(b"a/#", b"x"), "MQTT_PROTOCOL_ERROR", "is empty, or has a wildcard or NUL"),
        (publish(b"/" * 1001, b"x"), "MQTT_PROTOCOL_ERROR", "has more than 1000 levels"),
        (publish(b"a", b"x", qos=3), "MQTT_PROTOCOL_ERROR", f"{BROKEN}a PUBLISH of QoS 3"),
        (publish(b"a", b"x", qos=1, mid=0), "MQTT_PROTOCOL_ERROR", "packet identifier 0"),
        (b"\x82\x00", "MQTT_PROTOCOL_ERROR", f"{BROKEN}a packet of type 8, which no broker sends"),
        (b"\x40\x03\x00\x01\x00", "MQTT_PROTOCOL_ERROR", f"{BROKEN}a PUBACK of 3 bytes"),
        (b"\x62\x05", "MQTT_PROTOCOL_ERROR", f"{BROKEN}a PUBREL of 5 bytes"),
        (b"\x60\x02\x00\x01", "MQTT_PROTOCOL_ERROR", f"{BROKEN}a PUBREL with the flags 0"),
        (b"\x90\x02\x00\x01", "MQTT_PROTOCOL_ERROR", f"{BROKEN}a SUBACK without a return code"),
        # It is refused by its length, before it comes.
        (b"\x30" + length(2000), "MQTT_PACKET_TOO_BIG", "a packet of 2003 bytes"),
        (b"\x30\xff\xff\xff\x7f", "MQTT_PACKET_TOO_BIG", "a packet of 268435460 bytes"),
        (
            b"".join(publish(b"a", b"x", qos=2, mid=mid) for mid in range(1, 1002)),
            "MQTT_PACKET_TOO_BIG",
            "the broker leaves more than 1000 messages of QoS 2 unreleased",
        ),
        (
            b"".join(publish(b"a", b"x" * 900, qos=2, mid=mid) for mid in range(1, 6)),
            "MQTT_PACKET_TOO_BIG",
            "or more than 4096 bytes of them",
        ),
    ],
)
@pytest.mark.slow_with("dukpy")
def test_a_broker_that_breaks_the_protocol(
    engine: str, data: bytes, code: str, reason: str
) -> None:
    printed = show_error(engine, saying(data, accepts=True), f"{ONCE}, maxPacketSize: 1024")
    told = [line for line in printed if not line.startswith("message")]
    assert told[:3] == ["connect", "close", f"error {code}"]
    assert reason in told[3]
    assert len(told) == 4


@pytest.mark.parametrize("size", [1024, 1025])
def test_the_largest_packet(engine: str, size: int) -> None:
    data = publish(b"a", b"x" * (size - 6))
    assert len(data) == size
    printed = show_error(
        engine, saying(data + b"\x82\x00", accepts=True), f"{ONCE}, maxPacketSize: 1024"
    )
    assert (printed[1].split()[0] == "message") == (size == 1024)


def test_a_packet_comes_byte_by_byte(engine: str) -> None:
    async def handle(peer: Peer) -> None:
        await peer.accept()
        for byte in publish(b"a", b"slow") + publish(b"b", b"too", qos=1, mid=7):
            peer.send(bytes([byte]))
            await asyncio.sleep(0.001)
        assert await peer.packet() == (0x40, b"\x00\x07")
        peer.reset()

    printed = show_error(engine, handle, ONCE)
    assert printed == ["connect", 'message "a" "slow"', 'message "b" "too"', "close"]


@pytest.mark.slow
def test_a_broker_that_falls_silent_is_given_up(engine: str) -> None:
    async def handle(peer: Peer) -> None:
        await peer.accept()
        peer.send(publish(b"a", b"x" * 1000)[:100])  # and never the rest
        await peer.gone()

    printed = show_error(engine, handle, f"{ONCE}, keepalive: 1")
    assert printed[:3] == ["connect", "close", "error MQTT_KEEPALIVE"]


@pytest.mark.parametrize("step", ["PUBREC", "PUBREL"])
def test_a_reset_in_the_middle_of_quality_2(engine: str, step: str) -> None:
    """The message, or its release, is sent again, and acknowledged once."""
    first: list[tuple[int, bytes]] = []

    async def handle(peer: Peer) -> None:
        await peer.accept(knows=bool(first))
        head, body = await peer.packet()
        if not first:
            first.append((head, body))
            assert head == 0x34
            if step == "PUBREL":
                peer.send(b"\x50\x02" + body[3:5])
                assert await peer.packet() == (0x62, body[3:5])
            peer.reset()
            return
        if step == "PUBREC":
            assert (head, body) == (0x3C, first[0][1])  # with the flag DUP
            peer.send(b"\x50\x02" + body[3:5])
            head, body = await peer.packet()
        assert (head, body) == (0x62, first[0][1][3:5])
        peer.send(b"\x70\x02" + body)
        peer.send(b"\x70\x02" + body)  # once is enough
        await peer.gone()

    async def main() -> None:
        async with serving(handle) as port:
            body = """
                client.publish('t', 'x', { qos: 2 }, (error) => {
                  console.log('there', error);
                  client.end();
                });
                client.start();
            """
            options = "clientId: 'one', clean: false"
            async with running(engine, script(port, body, options)) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == [
                    "connect",
                    "close",
                    "connect",
                    "there undefined",
                    "close",
                ]

    within(main())


def test_incoming_quality_2_is_delivered_once_over_a_reset(engine: str) -> None:
    turns: list[int] = []

    async def handle(peer: Peer) -> None:
        await peer.accept(knows=bool(turns))
        peer.send(publish(b"t", b"once", qos=2, mid=9, dup=bool(turns)))
        turns.append(1)
        assert await peer.packet() == (0x50, b"\x00\x09")
        if len(turns) < 3:
            peer.reset()
            return
        peer.send(b"\x62\x02\x00\x09" * 2)
        assert await peer.packet() == (0x70, b"\x00\x09")
        peer.send(publish(b"end", b""))
        await peer.gone()

    async def main() -> None:
        async with serving(handle) as port:
            body = (
                "client.on('message', (t) => { if (t === 'end') client.end(); }); client.start();"
            )
            options = "clientId: 'one', clean: false"
            async with running(engine, script(port, body, options)) as run:
                await run.ended()
                messages = [x for x in run.stdout.text.splitlines() if x.startswith("message")]
                assert messages == ['message "t" "once"', 'message "end" ""']

    within(main())


def test_a_broker_that_has_lost_the_session_gets_the_message_again(engine: str) -> None:
    turns: list[int] = []

    async def handle(peer: Peer) -> None:
        await peer.accept()
        turns.append(1)
        head, body = await peer.packet()
        assert (head, body[-1:]) == (0x34, b"x")
        peer.send(b"\x50\x02" + body[3:5])
        assert await peer.packet() == (0x62, body[3:5])
        if len(turns) == 1:
            peer.reset()
            return
        peer.send(b"\x70\x02" + body[3:5])
        await peer.gone()

    async def main() -> None:
        async with serving(handle) as port:
            body = "client.publish('t', 'x', { qos: 2 }, () => client.end()); client.start();"
            options = "clientId: 'one', clean: false"
            async with running(engine, script(port, body, options)) as run:
                await run.ended()
                assert len(turns) == 2

    within(main())


def test_attempts_are_bounded_and_told_once(engine: str) -> None:
    times: list[float] = []

    async def handle(peer: Peer) -> None:
        times.append(asyncio.get_running_loop().time())
        await peer.accept()
        peer.send(b"\x82\x00")
        await peer.gone()

    async def main() -> None:
        async with serving(handle) as port:
            body = "client.start();"
            options = "reconnectMinDelay: 40, reconnectMaxDelay: 200"
            async with running(engine, script(port, body, options)) as run:
                while len(times) < 5:
                    assert await run.stdout.next() in (
                        "connect",
                        "close",
                        "error MQTT_PROTOCOL_ERROR",
                    )

    within(main())
    pauses = [after - before for before, after in pairwise(times)]
    for pause, least in zip(pauses, (30, 60, 120, 150), strict=False):
        assert pause >= least / 1000


@pytest.mark.slow
def test_a_flood_waits_for_the_script(engine: str) -> None:
    """What a slow script has not taken stays in the broker's socket."""
    piece = publish(b"flood", b"x" * 1000) * 100
    sent = 0

    async def handle(peer: Peer) -> None:
        nonlocal sent
        await peer.accept()
        while True:
            peer.send(piece)
            await peer.writer.drain()
            sent += len(piece)

    async def main() -> None:
        async with serving(handle) as port:
            body = """
                client.removeAllListeners('message');
                let count = 0;
                client.on('message', () => {
                  const end = Date.now() + 1;
                  while (Date.now() < end);
                  if (++count === 100) console.log('enough');
                });
                client.start();
            """
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            async with running(engine, script(port, body)) as run:
                await run.stdout.until("enough")
                assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000
                assert sent < 30_000_000

    within(main())


def test_a_broker_that_does_not_read_fills_a_bounded_queue(engine: str) -> None:
    async def handle(peer: Peer) -> None:
        await peer.accept()
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async def main() -> None:
        async with serving(handle) as port:
            body = """
                const text = 'x'.repeat(100000);
                client.on('connect', () => {
                  const send = () => {
                    for (let i = 0; i < 10; i++) client.publish('a', text);
                    if (!full) setTimeout(send, 1);
                  };
                  send();
                });
                let full = false;
                client.on('error', (error) => { full = true; });
                client.start();
            """
            options = "maxQueuedBytes: 1000000, closingTimeout: 50"
            async with running(engine, script(port, body, options)) as run:
                await run.stdout.until("error MQTT_QUEUE_FULL")

    within(main())


def test_no_more_is_under_way_than_the_limit_says(engine: str) -> None:
    seen: list[bytes] = []

    async def handle(peer: Peer) -> None:
        await peer.accept()
        seen.extend([(await peer.packet())[1] for _ in range(3)])
        # Nothing more comes before one of these is acknowledged; a message of quality 0 waits, too.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(peer.packet(), 0.1)
        peer.send(b"\x40\x02" + seen[0][3:5])
        for wanted in (b"3", b"zero"):
            assert (await peer.packet())[1].endswith(wanted)
        for body in seen[1:]:
            peer.send(b"\x40\x02" + body[3:5])
        peer.reset()

    async def main() -> None:
        async with serving(handle) as port:
            body = """
                for (let i = 0; i < 4; i++) client.publish('a', String(i), { qos: 1 });
                client.publish('a', 'zero');
                client.start();
            """
            async with running(engine, script(port, body, f"{ONCE}, maxInflight: 3")) as run:
                await run.stdout.until("close")

    within(main())


def test_subscriptions_are_counted(engine: str) -> None:
    async def main() -> None:
        body = f"""
            for (let i = 0; i < {MAX_SUBSCRIPTIONS}; i++) client.subscribe('t/' + i);
            client.subscribe('t/0', {{ qos: 1 }});
            console.log('fits');
            client.subscribe('more');
        """
        async with running(engine, script(1, body)) as run:
            assert await run.stdout.next() == "fits"
            assert await run.stdout.next() == "error MQTT_TOO_MANY_SUBSCRIPTIONS"

    within(main())


@pytest.mark.parametrize("again", ["client.end();", "host"])
def test_a_broker_that_stays_is_cut_however_often_the_client_ends(engine: str, again: str) -> None:
    cut = asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.accept()
        assert (await peer.packet())[0] == 0xE0
        said.set()
        with suppress(ConnectionError):
            while True:
                peer.send(publish(b"a", b"x"))
                await peer.writer.drain()
                await asyncio.sleep(0.001)
        cut.set()

    said = asyncio.Event()

    async def main() -> None:
        async with serving(handle) as port:
            body = """
                client.removeAllListeners('message');
                client.on('connect', () => {
                  client.end();
                  setTimeout(() => { AGAIN }, 20);
                });
                client.start();
            """.replace("AGAIN", "" if again == "host" else again)
            async with running(engine, script(port, body, "closingTimeout: 100")) as run:
                await asyncio.wait_for(said.wait(), DEADLINE)
                if again == "host":
                    await run.host.stop()
                await asyncio.wait_for(cut.wait(), DEADLINE)

    within(main())
