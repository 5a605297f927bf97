"""Datagrams in both directions: values, types and who has sent."""

from __future__ import annotations

import struct

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial
from ...values import ANYTHING

__all__ = ["suite"]

_SOCKET = "udp-socket, version 1: Socket, functions and events"
_TYPES = "udp-socket, version 1: types"
_REQUIRE = "var udp = require('@modules/udp-socket');\n"

suite = Suite("udp-socket", "udp")


def _listener(settings: str = "") -> str:
    return (
        _REQUIRE
        + f"""
var socket = udp.createSocket();
{settings}
socket.on('message', reporter('message'));
socket.on('error', reporter('error'));
socket.bind(PORT, '127.0.0.1', function () {{ report('bound'); }});
"""
    )


def _sender(settings: str, *expressions: str) -> str:
    lines = "\n".join(f"  socket.send({one}, OTHER_PORT, '127.0.0.1');" for one in expressions)
    return (
        _REQUIRE
        + f"""
var socket = udp.createSocket();
{settings}
socket.on('error', reporter('error'));
socket.bind(PORT, '127.0.0.1', function () {{
  report('bound');
}});
socket.on('message', function () {{
{lines}
}});
"""
    )


def _receives(name: str, clause: str, settings: str, *pairs: tuple[bytes, object]) -> None:
    @suite.case(f"receive/{name}", "must", clause, _TYPES, _listener(settings))
    async def _(t: Trial) -> None:
        peer = await t.udp()
        await t.expect("bound")
        for data, value in pairs:
            peer.send(data, t.port)
            await t.expect("message", value, ANYTHING)


def _sends(
    name: str, clause: str, settings: str, expressions: list[str], *datagrams: bytes
) -> None:
    @suite.case(f"send/{name}", "must", clause, _TYPES, _sender(settings, *expressions))
    async def _(t: Trial) -> None:
        peer = await t.udp(t.other_port)
        await t.expect("bound")
        peer.send(b"go", t.port)
        await peer.expect(*datagrams)


_receives(
    "string",
    "A datagram is text in UTF-8, unless another type is set.",
    "",
    (b"one", "one"),
    ("grüße".encode(), "grüße"),
)
_receives(
    "short",
    "With setReceiveType, numbers arrive as an array, and a single one by itself.",
    "socket.setReceiveType('short');",
    (b"\xff\xff\0\1", [-1, 1]),
    (b"\0\2", 2),
)
_receives(
    "unsignedbyte",
    "With setReceiveType unsignedbyte, bytes arrive as numbers from 0 to 255.",
    "socket.setReceiveType('unsignedbyte');",
    (b"\xff\1", [255, 1]),
)
_receives(
    "double",
    "With setReceiveType double, a number arrives as it was.",
    "socket.setReceiveType('double');",
    (struct.pack(">d", 0.1), 0.1),
)
_sends(
    "string",
    "Text is sent as UTF-8, one datagram for each send.",
    "",
    ["'one'", "'gr\\u00fc\\u00dfe'"],
    b"one",
    "grüße".encode(),
)
_sends(
    "int",
    "With setSendType, numbers are sent big-endian, as an array or one by itself.",
    "socket.setSendType('int');",
    ["[1, -1]", "7"],
    b"\0\0\0\1\xff\xff\xff\xff",
    b"\0\0\0\7",
)
_sends(
    "byte",
    "A number that does not fit wraps.",
    "socket.setSendType('byte');",
    ["[300, -1]"],
    b"\x2c\xff",
)


@suite.case(
    "sender",
    "must",
    "The second argument is JSON text that has the port and the address of the sender.",
    _SOCKET,
    _REQUIRE
    + """
var socket = udp.createSocket('udp4', function (value, sender) {
  var parsed = JSON.parse(sender);
  report('message', value, typeof sender, parsed.port, parsed.address || parsed.ipAddress);
});
socket.bind(PORT, '127.0.0.1', function () { report('bound'); });
""",
)
async def _(t: Trial) -> None:
    peer = await t.udp()
    await t.expect("bound")
    peer.send(b"hello", t.port)
    await t.expect("message", "hello", "string", peer.port, "127.0.0.1")


@suite.case(
    "send/callback",
    "should",
    "The callback of send is called once the datagram has left.",
    _SOCKET,
    _REQUIRE
    + """
var socket = udp.createSocket();
report('ready');
setTimeout(function () {
  socket.send('one', OTHER_PORT, '127.0.0.1', function () { report('sent'); });
}, 50);
""",
)
async def _(t: Trial) -> None:
    peer = await t.udp(t.other_port)
    await t.expect("ready")
    await t.expect("sent")
    await peer.expect(b"one")


@suite.case(
    "receive/answer",
    "should",
    "A socket that was not bound hears answers.",
    _SOCKET,
    _REQUIRE
    + """
var socket = udp.createSocket('udp4', function (value) { report('message', value); });
report('ready');
setTimeout(function () { socket.send('ask', OTHER_PORT, '127.0.0.1'); }, 50);
""",
)
async def _(t: Trial) -> None:
    peer = await t.udp(t.other_port)
    await t.expect("ready")
    asked = await peer.receive()
    if asked.data != b"ask":
        raise Deviation(f"expected 'ask', but {asked.data!r} arrived")
    peer.send(b"answer", asked.port)
    await t.expect("message", "answer")
