"""The event message, and what a broker gets in return."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...values import AN_ERROR
from ...wires.mqtt import PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, MqttPeer
from ..common import DECISION
from ._scripts import EVENTS, client

__all__ = ["suite"]

suite = Suite("mqtt", "mqtt", held=True)

# A broker sends what was subscribed to, and some hosts take nothing else.
_LISTENING = """
client.on('message', reporter('message'));
client.on('connect', function () { client.subscribe(TOPIC, {qos: 2}); });
client.start();
"""


def _listening(topic: str, options: str = "") -> str:
    return client(options) + _LISTENING.replace("TOPIC", f"'{topic}'")


async def _peer(t: Trial) -> MqttPeer:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.subscribed()
    return peer


@suite.case(
    "receive/text",
    "must",
    "message has the topic and, as a text in UTF-8, the data.",
    EVENTS,
    _listening("home/k\\u00fcche"),
)
async def _(t: Trial) -> None:
    peer = await _peer(t)
    await peer.publish("home/k\u00fcche", "gr\u00fc\u00dfe".encode())
    await t.expect("message", "home/k\u00fcche", "gr\u00fc\u00dfe")


@suite.case(
    "receive/raw-bytes",
    "should",
    "With rawBytes, data is a list of bytes.",
    EVENTS,
    _listening("a", "rawBytes: true"),
)
async def _(t: Trial) -> None:
    peer = await _peer(t)
    await peer.publish("a", b"\x00\x7f\x80\xff")
    await t.expect("message", "a", [0, 127, 128, 255])


@suite.case(
    "receive/quality-1",
    "must",
    "A message with qos 1 is acknowledged.",
    "MQTT 3.1.1 section 4.3.2",
    _listening("a"),
)
async def _(t: Trial) -> None:
    peer = await _peer(t)
    await peer.publish("a", b"x", qos=1, id=7)
    await t.expect("message", "a", "x")
    if (found := await peer.expect_packet(PUBACK)).id != 7:
        raise Deviation(f"PUBACK of 7 was to come, but of {found.id} did")


@suite.case(
    "receive/quality-2",
    "must",
    "A message with qos 2 comes once, also when the broker sends it again before it releases it.",
    "MQTT 3.1.1 section 4.3.3",
    _listening("a"),
)
async def _(t: Trial) -> None:
    peer = await _peer(t)
    body = b"\x00\x01a\x00\x07once"
    await peer.put(PUBLISH, body, flags=4)
    await peer.expect_packet(PUBREC)
    await peer.put(PUBLISH, body, flags=12)
    await peer.expect_packet(PUBREC)
    await peer.acknowledge(PUBREL, 7)
    await peer.expect_packet(PUBCOMP)
    await peer.publish("a", b"next")
    await t.expect("message", "a", "once")
    await t.expect("message", "a", "next")


@suite.case(
    "receive/foreign-protocol",
    "extra",
    "A server that does not speak MQTT is one error, and no connect.",
    DECISION,
    client("reconnect: false")
    + """
client.on('connect', reporter('connect'));
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.connect()
    await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await t.expect("error", AN_ERROR)


@suite.case(
    "receive/packet-too-big",
    "extra",
    "A packet larger than maxPacketSize is an error before it has come, and ends the connection.",
    DECISION,
    client("reconnect: false, maxPacketSize: 1000")
    + """
client.on('close', reporter('close'));
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.send(b"\x30\xff\xff\xff\x7f")
    await t.expect("close")
    await t.expect("error", AN_ERROR)
