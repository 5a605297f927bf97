"""The peers that are no web sockets: what they send, what they read, what they say of a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from accessor_host.conformance.deviation import Deviation
from accessor_host.conformance.ports import free_port, is_free
from accessor_host.conformance.wires.http import HttpPeer
from accessor_host.conformance.wires.listener import Listener
from accessor_host.conformance.wires.mqtt import (
    CONNECT,
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    PUBREC,
    PUBREL,
    SUBACK,
    SUBSCRIBE,
    UNSUBSCRIBE,
    MqttPeer,
    MqttPublish,
    Packet,
)
from accessor_host.conformance.wires.tcp import TcpPeer
from accessor_host.conformance.wires.udp import UdpPeer

P = TypeVar("P", bound=TcpPeer)


@contextmanager
def waiting(activity: str) -> Iterator[None]:
    """Wait without a word."""
    yield


def with_peers(kind: type[P], drive: Callable[[TcpPeer, P], Awaitable[None]]) -> None:
    """Have a driver hold a plain TCP end, and a peer of a kind at the other end."""

    async def main() -> None:
        listener = Listener(waiting, kind)
        port = free_port()
        await listener.listen("127.0.0.1", port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await drive(TcpPeer(waiting, reader, writer), await listener.accept())
        finally:
            writer.close()
            await listener.end()

    asyncio.run(asyncio.wait_for(main(), 10))


def test_a_tcp_peer_reads_what_comes_however_it_is_cut() -> None:
    async def drive(host: TcpPeer, peer: TcpPeer) -> None:
        host.write(b"ab")
        host.write(b"cd\nrest")
        await peer.expect(b"abc")
        assert await peer.until(b"\n") == b"d\n"
        host.half_close()
        assert await peer.body() == b"rest"
        await peer.ended()

    with_peers(TcpPeer, drive)


@pytest.mark.parametrize(
    ("sent", "read", "reason"),
    [
        (b"abd", lambda peer: peer.expect(b"abc"), "b'abc' was to arrive, but b'abd' did"),
        (b"ab", lambda peer: peer.expect(b"abc"), "3 bytes were to arrive, but .* after b'ab'"),
        (b"ab", lambda peer: peer.until(b"\n"), r"b'\\n' was to arrive, but .* after b'ab'"),
        (b"ab", lambda peer: peer.ended(), "was to end, but b'ab' arrived"),
    ],
)
def test_a_tcp_peer_says_what_came_instead(
    sent: bytes, read: Callable[[TcpPeer], Awaitable[None]], reason: str
) -> None:
    async def drive(host: TcpPeer, peer: TcpPeer) -> None:
        host.write(sent)
        host.half_close()
        with pytest.raises(Deviation, match=reason):
            await read(peer)

    with_peers(TcpPeer, drive)


def test_a_reset_is_no_end_in_order() -> None:
    async def drive(host: TcpPeer, peer: TcpPeer) -> None:
        host.reset()
        with pytest.raises(Deviation, match="ended after 'a reset'"):
            await peer.receive(1)

    with_peers(TcpPeer, drive)


def test_an_http_peer_reads_a_request() -> None:
    async def drive(host: TcpPeer, peer: HttpPeer) -> None:
        host.write(b"POST /a?b HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\n")
        host.write(b"Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n")
        request = await peer.request()
        assert (request.method, request.target, request.body) == ("POST", "/a?b", b"abc")
        assert request.field("x-a") == "1, 2"
        assert request.values("x-a") == ["1", "2"]
        assert request.field("accept") is None
        assert (await peer.request()).body == b""
        await peer.answer(201, "X: y", body=b"made", reason="Created")
        await host.expect(b"HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 4\r\n\r\nmade")
        await peer.answer(204, reason="No Content")
        await host.expect(b"HTTP/1.1 204 No Content\r\n\r\n")
        await peer.answer()
        await host.expect(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with_peers(HttpPeer, drive)


def test_an_http_peer_reads_responses_of_every_length() -> None:
    async def drive(host: TcpPeer, peer: HttpPeer) -> None:
        await peer.ask("PUT", "/x", "X: y", body=b"12")
        await host.expect(
            b"PUT /x HTTP/1.1\r\nHost: localhost\r\nX: y\r\nContent-Length: 2\r\n\r\n12"
        )
        host.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        host.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        host.write(b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: z\r\n\r\n")
        await peer.expect_response(200, body=b"abc")
        host.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await peer.expect_response(200, body=b"", to="HEAD")
        host.write(b"HTTP/1.1 304\r\nContent-Length: 9\r\n\r\n")
        await peer.expect_response(304, body=b"")
        host.write(b"HTTP/1.0 200 OK\r\n\r\nto the end")
        host.end()
        await peer.expect_response(200, body=b"to the end")

    with_peers(HttpPeer, drive)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"nonsense\r\n\r\n", "an HTTP response was to arrive, but 'nonsense' did"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "an HTTP field was to arrive, but 'no colon' did"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "to be a number, but is 'x'"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "size of a chunk"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "a body of 3 bytes was to arrive"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status 200, but has 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "body b'', but has b'x'"),
    ],
)
def test_an_http_peer_says_what_came_instead(sent: bytes, reason: str) -> None:
    async def drive(host: TcpPeer, peer: HttpPeer) -> None:
        host.write(sent)
        host.half_close()
        with pytest.raises(Deviation, match=reason):
            await peer.expect_response(200, body=b"")

    with_peers(HttpPeer, drive)


def test_datagrams() -> None:
    async def main() -> None:
        one, two = UdpPeer(waiting), UdpPeer(waiting)
        await one.bind("127.0.0.1", 0)
        await two.bind("127.0.0.1", 0)
        try:
            assert not is_free(one.port)
            one.send(b"", two.port)
            one.send(b"b", two.port)
            came = await two.receive()
            assert (came.data, came.host, came.port) == (b"", "127.0.0.1", one.port)
            with pytest.raises(Deviation, match="b'c' was to arrive, but b'b' did"):
                await two.expect(b"c")
            two.expect_nothing_more()
        finally:
            one.close()
            two.close()

    asyncio.run(asyncio.wait_for(main(), 10))


def test_an_mqtt_peer_is_a_broker() -> None:
    async def drive(host: TcpPeer, peer: MqttPeer) -> None:
        client = MqttPeer(waiting, host._reader, host._writer)
        will = b"\0\4will\0\3bye"
        flags = bytes([0x04 | 0x08 | 0x02 | 0x80 | 0x40])
        await client.put(CONNECT, b"\0\4MQTT\4" + flags + b"\0\x3c\0\1c" + will + b"\0\1u\0\2pw")
        said = await peer.welcome()
        assert (said.protocol, said.level, said.client_id, said.keep_alive) == ("MQTT", 4, "c", 60)
        assert said.will == MqttPublish("will", b"bye", qos=1)
        assert (said.user, said.password, said.clean_session) == ("u", b"pw", True)
        assert await client.packet() == Packet(2, 0, b"\0\0")
        await client.put(PINGREQ)
        await client.put(SUBSCRIBE, b"\0\7\0\1a\1\0\1b\0", flags=2)
        assert await peer.subscribed() == [("a", 1), ("b", 0)]
        await client.expect_packet(PINGRESP)
        assert (await client.expect_packet(SUBACK)).body == b"\0\7\1\0"
        await client.put(UNSUBSCRIBE, b"\0\x08\0\1a", flags=2)
        assert await peer.unsubscribed() == ["a"]
        await client.packet()
        await client.publish("t", b"x" * 300, qos=1, id=9)
        assert await peer.published() == MqttPublish("t", b"x" * 300, qos=1, id=9)
        assert (await client.expect_packet(PUBACK)).id == 9
        await peer.publish("t", b"y", retain=True)
        assert await client.published() == MqttPublish("t", b"y", retain=True)
        await client.publish("t", b"z", qos=2, id=5)
        taken = asyncio.create_task(peer.published())
        await client.expect_packet(PUBREC)
        await client.acknowledge(PUBREL, 5)
        await client.expect_packet(PUBCOMP)
        assert (await taken).qos == 2

    with_peers(MqttPeer, drive)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xc0\0\xe0\0", "PUBLISH was to arrive, but DISCONNECT did"),
        (b"\x30\xff\xff\xff\xff\1", "more than four bytes"),
        (b"\x30\2\0\5", "PUBLISH ends too early"),
        (b"\x30\4\0\2\xff\xfe", "PUBLISH was to hold UTF-8"),
        (b"\x30\5\0\1", "the rest of PUBLISH was to arrive"),
        (b"", "an MQTT packet was to arrive, but the connection ended"),
    ],
)
def test_an_mqtt_peer_says_what_came_instead(sent: bytes, reason: str) -> None:
    async def drive(host: TcpPeer, peer: MqttPeer) -> None:
        host.write(sent)
        host.half_close()
        with pytest.raises(Deviation, match=reason):
            await peer.published()

    with_peers(MqttPeer, drive)


def test_packets_have_names() -> None:
    assert str(Packet(PUBLISH, 0, b"")) == "PUBLISH"
