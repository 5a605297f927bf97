"""A peer that sends as fast as it can gets its share, and is not read beyond it."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any, cast

import pytest

from accessor_host.net.shares import SHARE_BYTES, SHARE_FRAMES

from ..support.wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, handshake, run
from .connections import Client, Wire, settle

READ = 256 * 1024
"""Bytes that a loop hands over at once."""


class Flooded(Client):
    """A client that hands over what it has as the loop would: only while it is read."""

    async def open(self, *fields: str) -> None:
        await self.receive(handshake(*fields))
        self.events.clear()
        self.wire.clear()

    @property
    def is_read(self) -> bool:
        reading = cast("Wire", self.connection._transport).reading
        return not reading or reading[-1]

    def handled(self) -> int:
        """Count what the server has answered or delivered."""
        sent: bytes = b"".join(part for part in self.wire if isinstance(part, bytes))
        return sent.count(b"\x8a\x00") + sum(event[0] == "message" for event in self.events)

    async def drained(self) -> None:
        """Wait until the peer is read again."""
        for _ in range(READ):
            if self.is_read:
                return
            await asyncio.sleep(0)
        raise AssertionError("the peer is not read any more")


@pytest.mark.parametrize("part", [frame(PING), frame(TEXT, b"1"), frame(TEXT), frame(BINARY)])
def test_no_more_frames_than_a_share_are_handled_in_one_iteration(part: bytes) -> None:
    async def test() -> None:
        client = Flooded()
        await client.open()
        count = READ // len(part)
        client.connection.data_received(part * count)
        client.connection.flush()
        assert client.handled() <= 2 * SHARE_FRAMES
        assert not client.is_read
        before = client.handled()
        for _ in range(50):
            await asyncio.sleep(0)
            client.connection.flush()
            assert client.handled() - before <= SHARE_FRAMES
            before = client.handled()
        await client.drained()
        await settle()
        assert client.handled() == count

    run(test())


@pytest.mark.parametrize("count", [SHARE_FRAMES, SHARE_FRAMES + 1])
@pytest.mark.parametrize("has_parser", [False, True])
def test_a_share_of_frames_at_the_edge(count: int, has_parser: bool) -> None:
    async def test() -> None:
        client = Flooded()
        await client.open()
        if has_parser:
            client.connection.data_received(frame(BINARY, b"x"))
            client.events.clear()
        client.connection.data_received(frame(TEXT, b"1") * count)
        assert sum(event[0] == "message" for event in client.events) == SHARE_FRAMES
        assert client.is_read == (count == SHARE_FRAMES)
        await client.drained()
        assert sum(event[0] == "message" for event in client.events) == count

    run(test())


@pytest.mark.parametrize("size", [SHARE_BYTES, SHARE_BYTES + 1])
def test_a_share_of_bytes_at_the_edge(size: int) -> None:
    async def test() -> None:
        client = Flooded(max_message_size=2 * SHARE_BYTES)
        await client.open()
        client.connection.data_received(frame(BINARY, bytes(2 * SHARE_BYTES))[:size])
        assert client.is_read == (size == SHARE_BYTES)
        await client.drained()

    run(test())


def test_nothing_is_lost_between_shares_and_the_order_stays() -> None:
    async def test() -> None:
        client = Flooded()
        await client.open()
        parts = []
        for number in range(2_000):
            text = json.dumps(number).encode()
            parts.append(frame(TEXT, text[:1], fin=False) + frame(PING) + frame(CONT, text[1:]))
            parts.append(frame(TEXT, text))
        data = b"".join(parts) + frame(CLOSE, b"\x03\xe8")
        while data:
            client.connection.data_received(data[:5_000])
            data = data[5_000:]
            await client.drained()
        await client.end()
        messages = [event[1] for event in client.events if event[0] == "message"]
        assert messages == [str(number) for number in range(2_000) for _ in "ab"]
        assert client.events[-1] == ("closed", 1000, "")

    run(test())


def test_a_peer_behind_a_flood_is_served_in_the_next_iteration() -> None:
    async def test() -> None:
        flooding, quiet = Flooded(), Flooded()
        await flooding.open()
        await quiet.open()
        flooding.connection.data_received(frame(PING) * 40_000)
        quiet.connection.data_received(frame(TEXT, b"hello"))
        await settle()
        assert quiet.events == [("message", "hello")]
        assert flooding.handled() < 10 * SHARE_FRAMES

    run(test())


def test_the_clock_of_a_ping_stands_still_while_what_came_is_not_looked_at() -> None:
    async def test() -> None:
        client = Flooded(ping_interval=1, ping_timeout=1)
        await client.open()
        client.now += 1
        client.connection.expire(client.now)
        client.connection.data_received(frame(PING) * 10_000 + frame(PONG, b"1"))
        for _ in range(5):
            client.now += 10
            client.connection.expire(client.now)
            assert client.connection.is_open
        await client.drained()
        client.now += 1
        client.connection.expire(client.now)
        assert client.connection.is_open

    run(test())


def test_who_floods_is_not_idle() -> None:
    async def test() -> None:
        client = Flooded(idle_timeout=1, ping_interval=0)
        await client.open()
        client.connection.data_received(frame(PING) * 10_000 + frame(TEXT, b"here"))
        client.now += 10
        client.connection.expire(client.now)
        assert client.connection.is_open
        await client.drained()
        assert client.events == [("message", "here")]

    run(test())


def test_what_was_not_handled_is_let_go_at_the_end() -> None:
    async def test() -> None:
        client = Flooded()
        await client.open()
        client.connection.data_received(frame(TEXT, b"1") * 10_000)
        client.connection.abort()
        client.connection.connection_lost(None)
        assert client.connection._held == b""
        await settle()
        assert len(client.events) < 3 * SHARE_FRAMES

    run(test())


def test_an_owner_that_is_behind_gets_the_rest_of_a_share_and_then_nothing() -> None:
    async def test() -> None:
        client = Flooded()
        await client.open()
        client.connection.data_received(frame(TEXT, b"1") * 1_000)
        client.connection.pause()
        count = len(client.events)
        await settle()
        assert len(client.events) == count <= 2 * SHARE_FRAMES
        client.connection.resume()
        await client.drained()
        assert len(client.events) == 1_000

    run(test())


def test_a_violation_ends_what_waits_behind_it() -> None:
    async def test() -> None:
        client = Flooded()
        await client.open()
        good, bad = frame(TEXT, b"1"), frame(TEXT, b"\xff")
        client.connection.data_received(good * 1_000 + bad + good * 1_000)
        for _ in range(1_000 // SHARE_FRAMES + 4):
            await asyncio.sleep(0)
        assert [event[0] for event in client.events] == ["message"] * 1_000 + ["fault"]
        await client.drained()
        await client.end()
        assert client.events[-1][0] == "closed"

    run(test())


def deflated(payload: bytes) -> bytes:
    """Return a compressed message (RFC 7692 section 7.2.1)."""
    packer = zlib.compressobj(wbits=-12)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return frame(BINARY, packed[:-4], rsv=4)


def test_what_is_inflated_counts_and_not_what_came() -> None:
    async def test() -> None:
        client = Flooded(compression=True, max_message_size=2 * SHARE_BYTES)
        await client.open("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
        message = deflated(bytes(SHARE_BYTES + 1))
        assert len(message) < 4_096
        count = READ // len(message)
        client.connection.data_received(message * count)
        per_piece = 4_096 // len(message) + 2
        before = 0
        while not client.is_read:
            got: list[Any] = [event for event in client.events if event[0] == "message"]
            assert len(got) - before <= per_piece
            before = len(got)
            await asyncio.sleep(0)
        await settle()
        assert sum(event[0] == "message" for event in client.events) == count

    run(test())
