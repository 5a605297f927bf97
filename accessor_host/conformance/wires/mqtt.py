"""The broker's side of one MQTT connection (MQTT 3.1.1), packet by packet.

Nothing happens by itself but the answer to a ping: a driver sees each packet, and sends each
answer, or one that no broker sends.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..deviation import Deviation
from ..values import show
from .tcp import TcpPeer

__all__ = [
    "CONNACK",
    "CONNECT",
    "DISCONNECT",
    "PINGREQ",
    "PINGRESP",
    "PUBACK",
    "PUBCOMP",
    "PUBLISH",
    "PUBREC",
    "PUBREL",
    "SUBACK",
    "SUBSCRIBE",
    "UNSUBACK",
    "UNSUBSCRIBE",
    "MqttConnect",
    "MqttPeer",
    "MqttPublish",
    "Packet",
    "packet",
]

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = range(1, 8)
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = range(8, 15)
"""Types of packets (MQTT 3.1.1 section 2.2.1)."""

_NAMES = (
    "reserved",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "reserved",
)


@dataclass(frozen=True)
class Packet:
    """One control packet.

    Args:
        kind: one of the types.
        flags: the four bits beside it.
        body: variable header and payload.
    """

    kind: int
    flags: int
    body: bytes

    def __str__(self) -> str:
        return _NAMES[self.kind]

    @property
    def id(self) -> int:
        """The packet identifier, of a packet that begins with one."""
        return int.from_bytes(self.body[:2], "big")


@dataclass(frozen=True)
class MqttConnect:
    """What a client says of itself (section 3.1); None stands for what it leaves out."""

    protocol: str
    level: int
    clean_session: bool
    keep_alive: int
    client_id: str
    will: MqttPublish | None
    user: str | None
    password: bytes | None


@dataclass(frozen=True)
class MqttPublish:
    """A message (section 3.3); ``id`` is None with quality of service 0."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    duplicate: bool = False
    id: int | None = None


class MqttPeer(TcpPeer):
    """A client that has connected, as its broker sees it."""

    async def packet(self) -> Packet:
        """Return the next packet; a ping is answered and read over."""
        while True:
            found = await self.any_packet()
            if found.kind != PINGREQ:
                return found
            await self.put(PINGRESP)

    async def any_packet(self) -> Packet:
        """Return the next packet, which may be a ping that nobody answers."""
        (first,) = await self.receive(1, "an MQTT packet")
        length = shift = 0
        while True:
            (byte,) = await self.receive(1, "the length of an MQTT packet")
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift > 21:
                raise Deviation("the length of an MQTT packet has more than four bytes")
        name = _NAMES[first >> 4]
        body = await self.receive(length, f"the rest of {name}")
        return Packet(first >> 4, first & 0x0F, body)

    async def expect_packet(self, kind: int) -> Packet:
        """Return the next packet, which must be of this type."""
        found = await self.packet()
        if found.kind != kind:
            raise Deviation(
                f"{_NAMES[kind]} was to arrive, but {found} did",
                expected=_NAMES[kind],
                actual=f"{found} {found.body!r}",
            )
        return found

    async def put(self, kind: int, body: bytes = b"", *, flags: int = 0) -> None:
        """Send a packet."""
        await self.send(packet(kind, body, flags=flags))

    async def acknowledge(self, kind: int, id: int) -> None:
        """Send a packet that has only an identifier: PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK."""
        await self.put(kind, struct.pack("!H", id), flags=2 if kind == PUBREL else 0)

    async def welcome(self, *, code: int = 0, session_present: bool = False) -> MqttConnect:
        """Take CONNECT, and answer it.

        Args:
            code: return code; 0 accepts, others refuse (section 3.2.2.3).
            session_present: whether the broker says that it knows the client.
        """
        found = await self.connect()
        await self.put(CONNACK, bytes([session_present, code]))
        return found

    async def connect(self) -> MqttConnect:
        """Take CONNECT, without an answer."""
        fields = _Fields(await self.expect_packet(CONNECT))
        protocol, level, flags = fields.text(), fields.number(1), fields.number(1)
        keep_alive, client_id = fields.number(2), fields.text()
        will = None
        if flags & 0x04:
            topic, payload = fields.text(), fields.data()
            will = MqttPublish(topic, payload, flags >> 3 & 3, bool(flags & 0x20))
        user = fields.text() if flags & 0x80 else None
        password = fields.data() if flags & 0x40 else None
        clean = bool(flags & 0x02)
        return MqttConnect(protocol, level, clean, keep_alive, client_id, will, user, password)

    async def subscribed(self, *granted: int) -> list[tuple[str, int]]:
        """Take SUBSCRIBE, answer it, and return topic filters with the quality asked for.

        Args:
            granted: return codes; without any, what was asked for.
        """
        found = await self.expect_packet(SUBSCRIBE)
        fields = _Fields(found)
        fields.number(2)
        filters = []
        while fields.rest:
            filters.append((fields.text(), fields.number(1)))
        codes = granted or tuple(qos for _, qos in filters)
        await self.put(SUBACK, struct.pack("!H", found.id) + bytes(codes))
        return filters

    async def unsubscribed(self) -> list[str]:
        """Take UNSUBSCRIBE, answer it, and return the topic filters."""
        found = await self.expect_packet(UNSUBSCRIBE)
        fields = _Fields(found)
        fields.number(2)
        filters = []
        while fields.rest:
            filters.append(fields.text())
        await self.acknowledge(UNSUBACK, found.id)
        return filters

    async def published(self) -> MqttPublish:
        """Take PUBLISH, give it what its quality of service asks for, and return the message."""
        found = await self.published_unanswered()
        if found.id is not None:
            await self.acknowledge(PUBACK if found.qos == 1 else PUBREC, found.id)
        if found.id is not None and found.qos == 2:
            await self.expect_packet(PUBREL)
            await self.acknowledge(PUBCOMP, found.id)
        return found

    async def published_unanswered(self) -> MqttPublish:
        """Take PUBLISH, and return the message."""
        found = await self.expect_packet(PUBLISH)
        fields = _Fields(found)
        qos = found.flags >> 1 & 3
        topic = fields.text()
        id = fields.number(2) if qos else None
        return MqttPublish(
            topic, fields.rest, qos, bool(found.flags & 1), bool(found.flags & 8), id
        )

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, id: int = 1
    ) -> None:
        """Send PUBLISH; what it asks for in return comes as packets.

        Args:
            topic: as in MQTT.
            payload: the message.
            qos: 0, 1 or 2.
            retain: whether the message is one that the broker has kept.
            id: packet identifier, where the quality of service has one.
        """
        body = _text(topic) + (struct.pack("!H", id) if qos else b"") + payload
        await self.put(PUBLISH, body, flags=qos << 1 | retain)


class _Fields:
    """What is in a packet, one after another."""

    def __init__(self, found: Packet) -> None:
        self._packet = found
        self.rest = found.body

    def number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def data(self) -> bytes:
        return self._take(self.number(2))

    def text(self) -> str:
        data = self.data()
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Deviation(f"{self._packet} was to hold UTF-8, but holds {show(data)}") from None

    def _take(self, size: int) -> bytes:
        if len(self.rest) < size:
            raise Deviation(f"{self._packet} ends too early: {show(self._packet.body)}")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


def packet(kind: int, body: bytes = b"", *, flags: int = 0) -> bytes:
    """Return a packet as it goes over the wire (section 2.2)."""
    length = bytearray()
    size = len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([kind << 4 | flags]) + bytes(length) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data
