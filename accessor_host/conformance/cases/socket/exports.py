"""What ``require('@modules/socket')`` returns, and what is made with it."""

from __future__ import annotations

from ...case import Suite
from ...values import FUNCTION
from ._scripts import CLIENT, CLIENT_OPTIONS, MODULE, REQUIRE, SERVER

__all__ = ["suite"]

suite = Suite("socket", "tcp")

suite.reports(
    "exports",
    "must",
    "The module exports SocketClient, SocketServer and two functions that list types.",
    MODULE,
    REQUIRE
    + """
report('exports', socket.SocketClient, socket.SocketServer, socket.supportedReceiveTypes,
  socket.supportedSendTypes);
""",
    ("exports", FUNCTION, FUNCTION, FUNCTION, FUNCTION),
)

suite.reports(
    "types/listed",
    "must",
    "Both lists of types have the numbers and string.",
    MODULE,
    REQUIRE
    + """
var names = ['byte', 'unsignedbyte', 'short', 'unsignedshort', 'int', 'float', 'double', 'number',
  'string'];
function has(list) {
  return names.every(function (name) { return list.indexOf(name) !== -1; });
}
report('lists', has(socket.supportedReceiveTypes()), has(socket.supportedSendTypes()));
""",
    ("lists", True, True),
)

suite.reports(
    "client/defaults",
    "must",
    "Port null is 4000, and a host that is left out is localhost.",
    CLIENT_OPTIONS,
    REQUIRE
    + """
var client = new socket.SocketClient(null);
report('defaults', client.port, client.host);
""",
    ("defaults", 4000, "localhost"),
)

suite.reports(
    "client/functions",
    "must",
    "A SocketClient has the functions open, send and close.",
    CLIENT,
    REQUIRE
    + """
var client = new socket.SocketClient(PORT, '127.0.0.1');
report('functions', typeof client.open, typeof client.send, typeof client.close);
""",
    ("functions", "function", "function", "function"),
)

suite.reports(
    "server/functions",
    "must",
    "A SocketServer has the functions start and stop.",
    SERVER,
    REQUIRE
    + """
var server = new socket.SocketServer({port: PORT});
report('functions', typeof server.start, typeof server.stop);
""",
    ("functions", "function", "function"),
)

suite.reports(
    "client/options-are-its-own",
    "must",
    "The options of one SocketClient are not those of another.",
    CLIENT_OPTIONS,
    REQUIRE
    + """
var one = new socket.SocketClient(PORT, '127.0.0.1', {idleTimeout: 7});
var other = new socket.SocketClient(PORT, '127.0.0.1');
report('options', one.options.idleTimeout, other.options.idleTimeout);
""",
    ("options", 7, 0),
)
