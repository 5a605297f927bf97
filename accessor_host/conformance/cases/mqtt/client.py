"""createClient, start, connected, end, and the events connect and close."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...values import AN_ERROR
from ...wires.mqtt import DISCONNECT
from ..common import DECISION
from ._scripts import CLIENT, EVENTS, MODULE, client

__all__ = ["suite"]

suite = Suite("mqtt", "mqtt", held=True)

suite.reports(
    "client/arguments",
    "must",
    "createClient throws a string when the port is no number, or the host no string.",
    MODULE,
    """
var mqtt = require('@modules/mqtt');
[['1883', 'localhost'], [1883], [1883, 5]].forEach(function (args) {
  try {
    mqtt.createClient(args[0], args[1]);
    report('returned');
  } catch (thrown) {
    report('threw', typeof thrown);
  }
});
""",
    ("threw", "string"),
    ("threw", "string"),
    ("threw", "string"),
)

suite.reports(
    "client/byte-array-to-string",
    "must",
    "byteArrayToString makes a text of bytes.",
    MODULE,
    "report('text', require('@modules/mqtt').byteArrayToString([103, 114, 101, 121]));",
    ("text", "grey"),
)

suite.reports(
    "client/byte-array-in-utf-8",
    "extra",
    "byteArrayToString reads bytes as UTF-8.",
    DECISION,
    "report('text', require('@modules/mqtt').byteArrayToString([103, 114, 195, 188, 195, 159]));",
    ("text", "gr\u00fc\u00df"),
)


@suite.case(
    "client/connect",
    "must",
    "start connects with a clean session; then connect comes without arguments, and connected is "
    "true.",
    CLIENT,
    client()
    + """
report('before', client.connected);
client.on('connect', function () { report('connect', arguments.length, client.connected); });
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    await t.expect("before", False)
    found = await (await broker.accept()).welcome()
    if (found.protocol, found.clean_session) != ("MQTT", True):
        raise Deviation(f"MQTT with a clean session was to come, but {found} did")
    await t.expect("connect", 0, True)


@suite.case(
    "client/client-id",
    "should",
    "The option clientId is the identifier of the client; without it, one is made up.",
    MODULE,
    client()
    + """
client.start();
mqtt.createClient(OTHER_PORT, '127.0.0.1', {clientId: 'greenhouse'}).start();
""",
)
async def _(t: Trial) -> None:
    unnamed, named = await t.serve_mqtt(), await t.serve_mqtt(port=t.other_port)
    await t.start()
    first = await (await unnamed.accept()).welcome()
    second = await (await named.accept()).welcome()
    if not first.client_id or second.client_id != "greenhouse":
        raise Deviation(
            "an identifier and 'greenhouse' were to come, but "
            f"{first.client_id!r} and {second.client_id!r} did"
        )


@suite.case(
    "client/end",
    "must",
    "end disconnects in order: DISCONNECT, then the end of the connection; then close comes, and "
    "connected is false.",
    CLIENT,
    client()
    + """
client.on('connect', function () { client.end(); });
client.on('close', function () { report('close', client.connected); settle(); });
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    await peer.expect_packet(DISCONNECT)
    peer.end()
    await t.expect("close", False)
    await t.expect("settled")


@suite.case(
    "client/refused",
    "must",
    "A broker that refuses the client causes an error, and no connect.",
    EVENTS,
    client()
    + """
client.on('connect', reporter('connect'));
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    await (await broker.accept()).welcome(code=5)
    await t.expect("error", AN_ERROR)


@suite.case(
    "client/close",
    "must",
    "A connection that the broker ends is one close, and connected is false.",
    EVENTS,
    client()
    + """
client.on('close', function () { report('close', arguments.length, client.connected); settle(); });
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    peer = await broker.accept()
    await peer.welcome()
    broker.close()
    peer.cut()
    await t.expect("close", 0, False)


@suite.case(
    "client/credentials-and-will",
    "extra",
    "The options username, password and will are in CONNECT.",
    DECISION,
    client(
        "username: 'gateway', password: 'changeit', "
        "will: {topic: 'status', message: 'lost', qos: 1, retain: true}"
    )
    + "client.start();",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    found = await (await broker.accept()).welcome()
    will = found.will
    if (found.user, found.password) != ("gateway", b"changeit"):
        raise Deviation(f"username and password were to come, but {found} did")
    if will is None or (will.topic, will.payload, will.qos, will.retain) != (
        "status",
        b"lost",
        1,
        True,
    ):
        raise Deviation(f"the will was to come, but {will} did")


@suite.case(
    "client/reconnect",
    "extra",
    "A client that lost its broker connects again, and subscribes again.",
    DECISION,
    client("reconnectMinDelay: 20")
    + """
client.on('connect', reporter('connect'));
client.subscribe('home/#');
client.start();
""",
)
async def _(t: Trial) -> None:
    broker = await t.serve_mqtt()
    await t.start()
    for _ in range(2):
        peer = await broker.accept()
        await peer.welcome()
        if await peer.subscribed() != [("home/#", 0)]:
            raise Deviation("a subscription to 'home/#' was to come")
        await t.expect("connect")
        peer.cut()
