"""What ``require('@modules/udp-socket')`` returns, and what a Socket is."""

from __future__ import annotations

from ...case import Suite
from ...values import FUNCTION

__all__ = ["suite"]

_MODULE = "udp-socket, version 1: Module Functions"
_SOCKET = "udp-socket, version 1: Socket, functions and events"
_REQUIRE = "var udp = require('@modules/udp-socket');\n"

suite = Suite("udp-socket", "udp")

suite.reports(
    "exports",
    "must",
    "The module exports createSocket and two functions that list types.",
    _MODULE,
    _REQUIRE
    + "report('exports', udp.createSocket, udp.supportedReceiveTypes, udp.supportedSendTypes);",
    ("exports", FUNCTION, FUNCTION, FUNCTION),
)

suite.reports(
    "types/listed",
    "must",
    "Both lists of types are arrays, with the numbers and string.",
    _MODULE,
    _REQUIRE
    + """
var names = ['byte', 'unsignedbyte', 'short', 'unsignedshort', 'int', 'float', 'double', 'string'];
function has(list) {
  return Array.isArray(list) && names.every(function (name) { return list.indexOf(name) !== -1; });
}
report('lists', has(udp.supportedReceiveTypes()), has(udp.supportedSendTypes()));
""",
    ("lists", True, True),
)

suite.reports(
    "functions",
    "must",
    "A Socket has the functions bind, close, send, setRawBytes, setReceiveType and setSendType.",
    _SOCKET,
    _REQUIRE
    + """
var socket = udp.createSocket();
report('functions', [socket.bind, socket.close, socket.send, socket.setRawBytes,
  socket.setReceiveType, socket.setSendType].every(function (one) {
  return typeof one === 'function';
}));
""",
    ("functions", True),
)

suite.reports(
    "receive-type/unknown",
    "must",
    "An unknown type is an 'error'.",
    _SOCKET,
    _REQUIRE
    + """
var socket = udp.createSocket();
socket.on('error', function () { report('error'); });
socket.setReceiveType('unknown');
""",
    ("error",),
)

suite.reports(
    "close/event",
    "must",
    "close() emits 'close', once.",
    _SOCKET,
    _REQUIRE
    + """
var socket = udp.createSocket();
socket.on('close', reporter('close'));
socket.bind(PORT, '127.0.0.1', function () { report('bound'); socket.close(); });
settle();
""",
    ("bound",),
    ("close",),
    ("settled",),
)

suite.reports(
    "close/again",
    "must",
    "Once 'close' is emitted, the port can be bound again.",
    _SOCKET,
    _REQUIRE
    + """
function open(then) {
  var socket = udp.createSocket();
  socket.on('error', reporter('error'));
  socket.on('close', function () { report('close'); if (then) then(); });
  socket.on('listening', function () { report('listening'); socket.close(); });
  socket.bind(PORT, '127.0.0.1');
}
open(function () { open(); });
""",
    ("listening",),
    ("close",),
    ("listening",),
    ("close",),
)

suite.reports(
    "bind/taken",
    "must",
    "A port that is taken is an 'error'.",
    _SOCKET,
    _REQUIRE
    + """
var first = udp.createSocket();
first.bind(PORT, '127.0.0.1', function () {
  var second = udp.createSocket();
  second.on('error', function () { report('error'); });
  second.bind(PORT, '127.0.0.1');
});
""",
    ("error",),
)

suite.reports(
    "broadcast",
    "must",
    "A socket with enableBroadcast sends to broadcast addresses.",
    _SOCKET,
    _REQUIRE
    + """
var listener = udp.createSocket('udp4', function (value) { report('message', value); });
var sender = udp.createSocket('udp4', null, true);
sender.on('error', reporter('error'));
listener.bind(PORT, '0.0.0.0', function () { sender.send('all', PORT, '127.255.255.255'); });
""",
    ("message", "all"),
)
