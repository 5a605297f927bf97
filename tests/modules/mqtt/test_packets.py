"""Packets are whole and sound, however their bytes come, or the reader says what is wrong."""

from __future__ import annotations

import random

import pytest

from accessor_host.modules.mqtt.packets import (
    MAX_UNRELEASED,
    PacketFault,
    PacketReader,
    publish_packet,
    read_publish,
)

from .wire import CONNACK, publish

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SOUND = [
    CONNACK,
    publish(b"a/b", b"text"),
    publish(b"a/b", b"x" * 300, qos=1, mid=65535),
    publish("ü".encode(), b"", qos=2, mid=1),
    b"\x62\x02\x00\x01",
    b"\x40\x02\x00\x01",
    b"\x50\x02\x00\x02",
    b"\x70\x02\x00\x02",
    b"\x90\x04\x00\x03\x01\x80",
    b"\xb0\x02\x00\x04",
    b"\xd0\x00",
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_packets_are_whole_however_they_come(size: int) -> None:
    reader = PacketReader(1000)
    stream = b"".join(SOUND)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [packet for piece in pieces for packet in reader.feed(piece)] == SOUND


@pytest.mark.parametrize("size", [0, 1, 121, 122, 16_377, 16_378])
def test_a_packet_of_ours_reads_as_it_was_written(size: int) -> None:
    written = publish_packet("a/ü", b"x" * size, retain=True)
    reader = PacketReader(20_000)
    (_, packet) = reader.feed(CONNACK + written)
    assert packet == written
    assert packet[0] == 0x31
    assert read_publish(packet) == ("a/ü", b"x" * size)


def test_messages_of_quality_2_are_counted_until_they_are_released() -> None:
    reader = PacketReader(100)
    list(reader.feed(CONNACK))
    for round_ in range(3):
        for mid in range(1, MAX_UNRELEASED + 1):
            list(reader.feed(publish(b"a", b"", qos=2, mid=mid)))
            if mid < 20:
                # The same again is the same.
                list(reader.feed(publish(b"a", b"", qos=2, mid=mid)))
            list(reader.feed(b"\x62\x02" + mid.to_bytes(2)))
        assert round_ < 3
    # A session that the broker keeps has what an earlier connection has left.
    for mid in range(1, 41):
        list(reader.feed(publish(b"a", b"", qos=2, mid=mid)))
    reader.restart(is_clean=False)
    list(reader.feed(CONNACK))
    more = b"".join(publish(b"a", b"", qos=2, mid=mid) for mid in range(41, 100))
    with pytest.raises(PacketFault, match="MQTT_PACKET_TOO_BIG"):
        list(reader.feed(more))
    reader.restart(is_clean=True)
    list(reader.feed(CONNACK + publish(b"a", b"", qos=2, mid=1)))


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_are_packets_or_a_fault(seed: int) -> None:
    """Fuzz: mutate what is sound, feed it in pieces, and expect nothing but the fault."""
    chance = random.Random(seed)
    for _ in range(200):
        stream = bytearray(CONNACK + b"".join(chance.choices(SOUND[1:], k=5)))
        for _ in range(chance.randint(1, 6)):
            stream[chance.randrange(len(stream))] = chance.randrange(256)
        reader = PacketReader(chance.choice((16, 300, 1 << 28)))
        try:
            at = 0
            while at < len(stream):
                size = chance.randint(1, 40)
                for packet in reader.feed(bytes(stream[at : at + size])):
                    if packet[0] & 0xF6 == 0x30:
                        topic, payload = read_publish(packet)
                        written = publish_packet(topic, payload, retain=bool(packet[0] & 1))
                        assert read_publish(written) == (topic, payload)
                at += size
        except PacketFault:
            pass
