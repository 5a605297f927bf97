"""From a broker's bytes to whole MQTT packets, each as the standard wants it, within limits.

What decodes them further may trust their lengths, and never sees half a packet. No input or output.

Source: MQTT 3.1.1, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

__all__ = [
    "MAX_TOPIC_LEVELS",
    "MAX_UNRELEASED",
    "UNRELEASED_PACKETS",
    "PacketFault",
    "PacketReader",
    "publish_packet",
    "read_publish",
]

MAX_UNRELEASED = 1_000
"""Messages of QoS 2 that a broker may leave unreleased: far more than brokers have under way, which
are 20 by default."""

UNRELEASED_PACKETS = 4
"""How many of the largest packets those messages may weigh together."""

MAX_TOPIC_LEVELS = 1_000
"""Levels of a topic: matching rules and filters with it takes time for each."""

CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 2, 3, 4, 5, 6, 7
SUBACK, UNSUBACK, PINGRESP = 9, 11, 13

_NAMES = {
    CONNACK: "CONNACK",
    PUBLISH: "PUBLISH",
    PUBACK: "PUBACK",
    PUBREC: "PUBREC",
    PUBREL: "PUBREL",
    PUBCOMP: "PUBCOMP",
    SUBACK: "SUBACK",
    UNSUBACK: "UNSUBACK",
    PINGRESP: "PINGRESP",
}
"""What a broker sends; anything else ends the connection."""

_SIZES = {CONNACK: 2, PUBACK: 2, PUBREC: 2, PUBREL: 2, PUBCOMP: 2, UNSUBACK: 2, PINGRESP: 0}

_QOS = 0x06
_DUP = 0x08
_LENGTH_BYTES = 4


class PacketFault(Exception):
    """Report that a broker breaks the protocol or a limit.

    Args:
        code: ``MQTT_PROTOCOL_ERROR`` or ``MQTT_PACKET_TOO_BIG``.
        reason: in words.
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)


class PacketReader:
    """Take bytes as they come, and give whole packets.

    Args:
        max_packet_size: most bytes of a packet, its first byte and its length counted.
    """

    def __init__(self, max_packet_size: int) -> None:
        self._max_packet_size = max_packet_size
        self._waiting = bytearray()
        self._started = False
        self.is_repeated = False
        """Whether the packet that was given last is a message that is known already."""
        self._unreleased: dict[int, int] = {}
        self._unreleased_bytes = 0

    def restart(self, *, is_clean: bool) -> None:
        """Begin with a new connection.

        Args:
            is_clean: whether the broker forgets what it has not released.
        """
        self._waiting.clear()
        self._started = False
        if is_clean:
            self.forget()

    def forget(self) -> None:
        """Forget what waits to be released: the broker has lost it."""
        self._unreleased.clear()
        self._unreleased_bytes = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes, and yield each packet that is whole by now.

        Args:
            data: as it was received.

        Raises:
            PacketFault: the broker breaks the protocol or a limit; nothing may be fed any more.
        """
        waiting = self._waiting
        waiting += data
        start = 0
        try:
            while (bounds := self._bounds(start)) is not None:
                body, end = bounds
                packet = bytes(waiting[start:end])
                self._check(packet, body - start)
                start = end
                yield packet
        finally:
            del waiting[:start]

    def _bounds(self, start: int) -> tuple[int, int] | None:
        """Return where the body of the packet begins and where it ends, if all of it is there."""
        waiting = self._waiting
        if start < len(waiting):
            self._check_kind(waiting[start])
        length = 0
        for place in range(_LENGTH_BYTES):
            at = start + 1 + place
            if at >= len(waiting):
                return None
            length |= (waiting[at] & 0x7F) << 7 * place
            if not waiting[at] & 0x80:
                break
        else:
            raise _protocol("the length of a packet has more than four bytes")
        kind, end = waiting[start] >> 4, at + 1 + length
        # Before it comes: nobody has to wait for what cannot be taken.
        if end - start > self._max_packet_size:
            raise PacketFault(
                "MQTT_PACKET_TOO_BIG",
                f"the broker sends a packet of {end - start} bytes; "
                f"maxPacketSize is {self._max_packet_size}",
            )
        if _SIZES.get(kind, length) != length:
            raise _protocol(f"a {_NAMES[kind]} of {length} bytes")
        return None if end > len(waiting) else (at + 1, end)

    def _check_kind(self, head: int) -> None:
        kind, flags = head >> 4, head & 0x0F
        if kind not in _NAMES:
            raise _protocol(f"a packet of type {kind}, which no broker sends")
        if self._started == (kind == CONNACK):
            expected = "a second CONNACK" if self._started else f"{_NAMES[kind]} before CONNACK"
            raise _protocol(expected)
        if kind == PUBLISH:
            if flags & _QOS == _QOS:
                raise _protocol("a PUBLISH of QoS 3")
        elif flags != (2 if kind == PUBREL else 0):
            raise _protocol(f"a {_NAMES[kind]} with the flags {flags}")

    def _check(self, packet: bytes, body: int) -> None:
        kind = packet[0] >> 4
        self.is_repeated = False
        if kind == CONNACK:
            self._started = True
        elif kind == PUBLISH:
            self._check_publish(packet, body)
        elif kind == PUBREL:
            (mid,) = unpack_from("!H", packet, body)
            self._unreleased_bytes -= self._unreleased.pop(mid, 0)
        elif kind == SUBACK and len(packet) - body < 3:
            raise _protocol("a SUBACK without a return code")

    def _check_publish(self, packet: bytes, body: int) -> None:
        if len(packet) - body < 2:
            raise _protocol("a PUBLISH without a topic")
        (size,) = unpack_from("!H", packet, body)
        end = body + 2 + size
        qos = packet[0] & _QOS
        if end + (2 if qos else 0) > len(packet):
            raise _protocol("a PUBLISH whose topic is longer than the packet")
        try:
            topic = packet[body + 2 : end].decode("utf-8")
        except UnicodeDecodeError:
            raise _protocol("a PUBLISH whose topic is not UTF-8") from None
        if not topic or "\0" in topic or "+" in topic or "#" in topic:
            raise _protocol("a PUBLISH whose topic is empty, or has a wildcard or NUL")
        if size > MAX_TOPIC_LEVELS and topic.count("/") >= MAX_TOPIC_LEVELS:
            raise _protocol(f"a PUBLISH whose topic has more than {MAX_TOPIC_LEVELS} levels")
        if not qos:
            return
        (mid,) = unpack_from("!H", packet, end)
        if not mid:
            raise _protocol("a PUBLISH with the packet identifier 0")
        if qos == 4:
            # A number that is free again, for a broker that lost its state, comes without DUP.
            self.is_repeated = mid in self._unreleased and bool(packet[0] & _DUP)
            self._hold(mid, len(packet))

    def _hold(self, mid: int, size: int) -> None:
        """Count a message that waits to be released."""
        self._unreleased_bytes += size - self._unreleased.get(mid, 0)
        self._unreleased[mid] = size
        most = UNRELEASED_PACKETS * self._max_packet_size
        if len(self._unreleased) > MAX_UNRELEASED or self._unreleased_bytes > most:
            raise PacketFault(
                "MQTT_PACKET_TOO_BIG",
                f"the broker leaves more than {MAX_UNRELEASED} messages of QoS 2 unreleased, or "
                f"more than {most} bytes of them",
            )


def publish_packet(topic: str, payload: bytes, *, retain: bool) -> bytes:
    """Return a PUBLISH of QoS 0 (MQTT 3.1.1 section 3.3).

    Args:
        topic: checked.
        payload: what it carries.
        retain: whether the broker keeps it for later subscribers.
    """
    name = topic.encode("utf-8")
    length = 2 + len(name) + len(payload)
    head = bytearray((PUBLISH << 4 | retain,))
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return b"".join((head, len(name).to_bytes(2), name, payload))


def read_publish(packet: bytes) -> tuple[str, bytes]:
    """Return topic and payload of a PUBLISH.

    Args:
        packet: as :meth:`PacketReader.feed` yields it.
    """
    body = 2
    while packet[body - 1] & 0x80:
        body += 1
    end = body + 2 + int.from_bytes(packet[body : body + 2])
    payload = end + 2 if packet[0] & _QOS else end
    return packet[body + 2 : end].decode("utf-8"), packet[payload:]


def _protocol(reason: str) -> PacketFault:
    return PacketFault("MQTT_PROTOCOL_ERROR", f"the broker breaks the protocol: {reason}")
