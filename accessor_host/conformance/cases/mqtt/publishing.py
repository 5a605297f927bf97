"""publish: topic, message, qos, retain and the callback."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...wires.mqtt import PUBACK, PUBREC, PUBREL, MqttPeer, MqttPublish
from ..common import DECISION
from ._scripts import CLIENT, client

__all__ = ["suite"]

suite = Suite("mqtt", "mqtt", held=True)


async def _welcome(t: Trial) -> MqttPeer:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    return peer


def _must_be(found: MqttPublish, topic: str, payload: bytes, qos: int, retain: bool) -> None:
    if (found.topic, found.payload, found.qos, found.retain) != (topic, payload, qos, retain):
        raise Deviation(
            f"{payload!r} was to come for {topic!r}, with qos {qos} and retain {retain}, "
            f"but {found} did"
        )


@suite.case(
    "publish/text",
    "must",
    "publish sends topic and message, a text in UTF-8, with qos 0 and without retain.",
    CLIENT,
    client()
    + """
client.on('connect', function () { client.publish('home/k\\u00fcche', 'gr\\u00fc\\u00dfe'); });
client.start();
""",
)
async def _(t: Trial) -> None:
    peer = await _welcome(t)
    _must_be(await peer.published(), "home/k\u00fcche", "gr\u00fc\u00dfe".encode(), 0, False)


@suite.case(
    "publish/qos-and-retain",
    "must",
    "The options qos and retain of publish are applied.",
    CLIENT,
    client()
    + """
client.on('connect', function () {
  client.publish('a', '1', {qos: 1});
  client.publish('a', '2', {qos: 2, retain: true});
  client.publish('a', '3', {retain: true});
});
client.start();
""",
)
async def _(t: Trial) -> None:
    peer = await _welcome(t)
    first = await peer.published_unanswered()
    _must_be(first, "a", b"1", 1, False)
    await peer.acknowledge(PUBACK, first.id or 0)
    second = await peer.published_unanswered()
    _must_be(second, "a", b"2", 2, True)
    await peer.acknowledge(PUBREC, second.id or 0)
    seen = {(await peer.packet()).kind for _ in range(2)}
    if PUBREL not in seen:
        raise Deviation("PUBREL was to come after PUBREC, but did not")


@suite.case(
    "publish/quality-2",
    "must",
    "A message with qos 2 is released when the broker has it.",
    "MQTT 3.1.1 section 4.3.3",
    client()
    + """
client.on('connect', function () { client.publish('a', 'once', {qos: 2}); });
client.start();
""",
)
async def _(t: Trial) -> None:
    peer = await _welcome(t)
    _must_be(await peer.published(), "a", b"once", 2, False)


@suite.case(
    "publish/callback",
    "should",
    "The callback of publish runs once, when the broker has acknowledged the message.",
    CLIENT,
    client()
    + """
client.on('connect', function () {
  client.publish('a', 'x', {qos: 1}, function (error) { report('called', !error); settle(); });
  setTimeout(function () { report('waits'); client.publish('b', 'y'); }, 100);
});
client.start();
""",
)
async def _(t: Trial) -> None:
    peer = await _welcome(t)
    found = await peer.published_unanswered()
    await t.expect("waits")
    await peer.published()
    await peer.acknowledge(PUBACK, found.id or 0)
    await t.expect("called", True)
    await t.expect("settled")


@suite.case(
    "publish/bytes",
    "should",
    "With rawBytes, a list of bytes is sent as these bytes.",
    CLIENT,
    client("rawBytes: true")
    + """
client.on('connect', function () { client.publish('a', [0, 127, 128, 255]); });
client.start();
""",
)
async def _(t: Trial) -> None:
    peer = await _welcome(t)
    _must_be(await peer.published(), "a", b"\x00\x7f\x80\xff", 0, False)


@suite.case(
    "publish/before-start",
    "extra",
    "What is published before the client is connected waits, in order.",
    DECISION,
    client()
    + """
client.publish('a', '1', {qos: 1});
client.publish('a', '2');
client.start();
client.publish('a', '3', {qos: 1});
""",
)
async def _(t: Trial) -> None:
    peer = await _welcome(t)
    for payload, qos in ((b"1", 1), (b"2", 0), (b"3", 1)):
        _must_be(await peer.published(), "a", payload, qos, False)


@suite.case(
    "publish/again",
    "extra",
    "A message that was not acknowledged is sent again after a loss of the connection.",
    DECISION,
    client("reconnectMinDelay: 20")
    + """
client.publish('a', 'x', {qos: 1}, function (error) { report('called', !error); });
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.published_unanswered()
    peer.cut()
    peer = await broker.accept()
    await peer.welcome()
    _must_be(await peer.published(), "a", b"x", 1, False)
    await t.expect("called", True)
