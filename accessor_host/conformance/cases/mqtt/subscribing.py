"""subscribe and unsubscribe."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ._scripts import CLIENT, EVENTS, client

__all__ = ["suite"]

suite = Suite("mqtt", "mqtt", held=True)


@suite.case(
    "subscribe/qos",
    "must",
    "subscribe asks for a topic with qos 0 unless told otherwise.",
    CLIENT,
    client()
    + """
client.on('connect', function () {
  client.subscribe('home/+/celsius');
  client.subscribe('home/#', {qos: 1});
});
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    for wanted in (("home/+/celsius", 0), ("home/#", 1)):
        found = await peer.subscribed()
        if found != [wanted]:
            raise Deviation(f"a subscription to {wanted} was to come, but {found} did")


@suite.case(
    "subscribe/unsubscribe",
    "must",
    "unsubscribe ends a subscription at the broker.",
    CLIENT,
    client()
    + """
client.on('connect', function () { client.subscribe('a'); client.unsubscribe('a'); });
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.subscribed()
    found = await peer.unsubscribed()
    if found != ["a"]:
        raise Deviation(f"an end of the subscription to 'a' was to come, but {found} did")


@suite.case(
    "subscribe/wildcard",
    "must",
    "A message comes whose topic a subscription with a wildcard means.",
    EVENTS,
    client()
    + """
client.on('message', reporter('message'));
client.on('connect', function () { client.subscribe('home/+/celsius'); });
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.subscribed()
    await peer.publish("home/kitchen/celsius", b"21")
    await t.expect("message", "home/kitchen/celsius", "21")


@suite.case(
    "subscribe/twice",
    "must",
    "A message that the broker sends once comes once, however often its topic was subscribed to.",
    EVENTS,
    client()
    + """
client.on('message', reporter('message'));
client.on('connect', function () {
  client.subscribe('a');
  settle(function () { client.subscribe('a'); report('twice'); });
});
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.subscribed()
    # A host need not tell the broker what it knows.
    await t.expect("twice")
    await peer.publish("a", b"1")
    await peer.publish("a", b"2")
    await t.expect("message", "a", "1")
    await t.expect("message", "a", "2")
