"""Publish, send and reply by addresses, in one script."""

from __future__ import annotations

from ...case import Suite

__all__ = ["suite"]

suite = Suite("eventbus", "eventbus")

_VERTX = "eventbus, version 0: VertxBus"
_CAPE_CODE = "common host: eventbus"

_BUS = """
var VertxBus = require('@modules/eventbus').VertxBus;
var bus = new VertxBus({host: 'localhost', port: 0});
"""

suite.reports(
    "bus/functions",
    "must",
    "A VertxBus has the functions subscribe, unsubscribe, publish, send, setReply and on.",
    _VERTX,
    _BUS
    + "report('missing', ['subscribe', 'unsubscribe', 'publish', 'send', 'setReply', 'on']\n"
    + "  .filter(function (name) { return typeof bus[name] !== 'function'; }));",
    ("missing", []),
)

suite.reports(
    "publish/received",
    "must",
    "What is published to an address is an event of that name for who has subscribed.",
    _VERTX,
    _BUS + "bus.on('a', reporter('a'));\nbus.subscribe('a');\nbus.publish('a', {value: [1]});",
    ("a", {"value": [1]}),
)

suite.reports(
    "publish/to-all",
    "must",
    "Every subscriber gets what is published.",
    _VERTX,
    _BUS
    + "var other = new VertxBus({}), count = 0;\n[bus, other].forEach(function (each) {\n"
    + "  each.on('a', function (body) { count += 1; if (count === 2) report('both', body); });\n"
    + "  each.subscribe('a');\n});\nbus.publish('a', 'text');",
    ("both", "text"),
)

suite.reports(
    "publish/other-address",
    "must",
    "What is published to another address does not come.",
    _VERTX,
    _BUS
    + "bus.on('a', reporter('a'));\nbus.on('b', reporter('b'));\nbus.subscribe('a');\n"
    + "bus.publish('b', 1);\nbus.publish('a', 2);\nbus.on('a', function () { settle(); });",
    ("a", 2),
    ("settled",),
)

suite.reports(
    "publish/order",
    "must",
    "Messages to one address come in the order of the calls.",
    _VERTX,
    _BUS
    + "bus.on('a', reporter('a'));\nbus.subscribe('a');\n"
    + "[1, 2, 3].forEach(function (value) { bus.publish('a', value); });",
    *(("a", number) for number in (1, 2, 3)),
)

for _name, _value, _expected in (
    ("number-in-text", "'5'", 5),
    ("plain-text", "'hello'", "hello"),
    ("array", "[1, 'a']", [1, "a"]),
    ("boolean", "true", True),
):
    suite.reports(
        f"values/{_name}",
        "should",
        f"{_value} arrives as {_expected!r}: strings are sent as they are, and what is JSON is "
        "parsed.",
        _CAPE_CODE,
        _BUS + f"bus.on('a', reporter('a'));\nbus.subscribe('a');\nbus.publish('a', {_value});",
        ("a", _expected),
    )

suite.reports(
    "unsubscribe/one",
    "must",
    "After unsubscribe(address), nothing comes from there.",
    _VERTX,
    _BUS
    + "bus.on('a', reporter('a'));\nbus.on('b', reporter('b'));\nbus.subscribe('a');\n"
    + "bus.subscribe('b');\nbus.unsubscribe('a');\nbus.publish('a', 1);\nbus.publish('b', 2);\n"
    + "bus.on('b', function () { settle(); });",
    ("b", 2),
    ("settled",),
)

suite.reports(
    "unsubscribe/all",
    "must",
    "After unsubscribe(), nothing comes from anywhere.",
    _VERTX,
    _BUS
    + "bus.on('a', reporter('a'));\nbus.subscribe('a');\nbus.unsubscribe();\n"
    + "bus.publish('a', 1);\nsettle();",
    ("settled",),
)

suite.reports(
    "send/to-one",
    "must",
    "What is sent reaches one of the subscribers.",
    _VERTX,
    _BUS
    + "var other = new VertxBus({});\n[bus, other].forEach(function (each) {\n"
    + "  each.on('a', function (body) { report('a', body); settle(); });\n"
    + "  each.subscribe('a');\n});\nbus.send('a', 1);",
    ("a", 1),
    ("settled",),
)

suite.reports(
    "send/reply",
    "must",
    "The handler of send() is called with the reply that the receiver has set.",
    _VERTX,
    _BUS
    + "bus.on('a', reporter('a'));\nbus.subscribe('a');\nbus.setReply({done: true});\n"
    + "bus.send('a', 1, function (reply) { report('reply', reply); });",
    ("a", 1),
    ("reply", {"done": True}),
)
