"""Packets of an MQTT broker, in pieces: whole and sound, or a fault in words."""

from __future__ import annotations

from accessor_host.modules.mqtt.packets import PacketFault, PacketReader, read_publish

__all__ = ["SEEDS", "run"]

_CONNACK = b"\x20\x02\x00\x00"

SEEDS = [
    bytes((size,)) + _CONNACK + rest
    for size in (1, 7, 255)
    for rest in (
        b"\x30\x05\x00\x01ahi",
        b"\x32\x06\x00\x01a\x00\x07x\x34\x06\x00\x01a\x00\x08x\x62\x02\x00\x08",
        b"\x40\x02\x00\x01\x50\x02\x00\x01\x70\x02\x00\x01\xb0\x02\x00\x01\xd0\x00",
        b"\x90\x04\x00\x01\x00\x80",
        b"\x30\x80\x80\x80\x01",
    )
]


def run(data: bytes) -> None:
    """Read packets.

    Args:
        data: the first byte is the size of the pieces; then what the broker sends.
    """
    size, stream = (data[0] or 1, data[1:]) if data else (1, b"")
    reader = PacketReader(100_000)
    whole = 0
    try:
        for at in range(0, len(stream), size):
            for packet in reader.feed(stream[at : at + size]):
                if stream[whole : whole + len(packet)] != packet:
                    raise AssertionError("a packet is not what was sent")
                whole += len(packet)
                if packet[0] >> 4 == 3:
                    read_publish(packet)
    except PacketFault:
        return
