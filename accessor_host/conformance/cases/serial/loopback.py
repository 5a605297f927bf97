"""What goes through a serial port comes out of it: the port ``loopback``."""

from __future__ import annotations

from typing import Any

from ...case import Level, Suite
from ...values import AN_ERROR, FUNCTION
from ..common import DECISION

__all__ = ["suite"]

suite = Suite("serial", "serial")

_MODULE = "serial, version 0: Module Functions"
_PORT = "serial, version 0: SerialPort Class"
_WIRE = "serial, version 0: SerialPort Class, data types"
_LOOPBACK = "serial, version 0: SerialPort Class, loopback"

_REQUIRE = "var serial = require('@accessors-modules/serial');\n"


def _port(send_type: str, receive_type: str) -> str:
    return _REQUIRE + (
        "var port = new serial.SerialPort('loopback', 'kit', 2000, {baudRate: 9600, "
        f"sendType: '{send_type}', receiveType: '{receive_type}'}});\n"
        "port.on('data', reporter('data'));\n"
    )


def _trip(
    name: str,
    clause: str,
    types: tuple[str, str],
    sent: str,
    *received: Any,
    level: Level = "must",
    source: str = _WIRE,
) -> None:
    script = f"{_port(*types)}port.open();\n{sent}"
    suite.reports(name, level, clause, source, script, *[("data", value) for value in received])


suite.reports(
    "exports/functions",
    "must",
    "The module exports hostSerialPorts, SerialPort and two functions that list types.",
    _MODULE,
    _REQUIRE
    + "report('exports', serial.hostSerialPorts, serial.SerialPort, "
    + "serial.supportedReceiveTypes, serial.supportedSendTypes);",
    ("exports", FUNCTION, FUNCTION, FUNCTION, FUNCTION),
)

suite.reports(
    "exports/types",
    "must",
    "Both lists of types have the numbers, string and json, in lower case.",
    _MODULE,
    _REQUIRE
    + """
function missing(types) {
  return ['byte', 'double', 'float', 'int', 'json', 'number', 'short', 'string', 'unsignedbyte',
    'unsignedshort'].filter(function (type) { return types.indexOf(type) < 0; });
}
report('missing', missing(serial.supportedReceiveTypes()), missing(serial.supportedSendTypes()));
""",
    ("missing", [], []),
)

suite.reports(
    "ports/array",
    "must",
    "hostSerialPorts calls its callback at once with an array whose first entry is 'loopback'.",
    _MODULE,
    _REQUIRE
    + """
serial.hostSerialPorts(function (ports) { report('ports', Array.isArray(ports), ports[0]); });
report('returned');
""",
    ("ports", True, "loopback"),
    ("returned",),
)

suite.reports(
    "open/later",
    "must",
    "What is sent through the loopback comes back in a later turn.",
    _LOOPBACK,
    _port("string", "string") + "port.open(); port.send('text'); report('sent');",
    ("sent",),
    ("data", "text"),
)

suite.reports(
    "open/waits",
    "must",
    "What is sent before open() leaves once the port is open, in order.",
    _PORT,
    _port("string", "string")
    + "port.send('one'); settle(function () { report('open'); port.open(); port.send('two'); });",
    ("open",),
    ("data", "one"),
    ("data", "two"),
)

_trip(
    "string/ends",
    "Texts end with a zero byte; an empty one is dropped.",
    ("string", "string"),
    "port.send('a b'); port.send(''); port.send('Gr\\u00fc\\u00dfe');",
    "a b",
    "Grüße",
)
_trip(
    "json/text",
    "Received JSON is not parsed.",
    ("json", "json"),
    "port.send({a: [1, true]});",
    '{"a":[1,true]}',
)
_trip(
    "json/string",
    "A string is sent as json as it is, without quotation marks.",
    ("json", "json"),
    "port.send('{bad');",
    "{bad",
)
_trip(
    "numbers/elements",
    "Each number of an array is one data.",
    ("short", "short"),
    "port.send([1, -2, 300]);",
    1,
    -2,
    300,
)
_trip(
    "numbers/big-endian",
    "Numbers are big-endian.",
    ("int", "unsignedbyte"),
    "port.send(16909060);",
    1,
    2,
    3,
    4,
)
_trip(
    "numbers/narrowing",
    "A number that does not fit wraps.",
    ("byte", "unsignedbyte"),
    "port.send(-1); port.send(300);",
    255,
    44,
)
_trip(
    "numbers/rest",
    "An element that is not whole waits for more bytes.",
    ("byte", "short"),
    "port.send(1); settle(function () { port.send([2, 3, 4]); });",
    258,
    772,
)
_trip(
    "numbers/int-to-string",
    "The zero bytes of whole numbers end texts.",
    ("int", "string"),
    "port.send(65); port.send(66);",
    "A",
)

suite.reports(
    "close/listeners",
    "must",
    "close() removes all listeners, and may be called twice and before open().",
    _PORT,
    _port("string", "string")
    + """
port.close();
port.close();
port.on('data', reporter('second'));
port.open();
port.send('text');
""",
    ("second", "text"),
)

suite.reports(
    "open/again",
    "must",
    "After close() the port can be opened again.",
    _PORT,
    _port("string", "string")
    + """
port.open();
settle(function () {
  port.close();
  port.on('data', reporter('again'));
  port.open();
  port.send('text');
});
""",
    ("again", "text"),
)

suite.reports(
    "types/unknown",
    "should",
    "A type that does not exist throws when the port is made.",
    _PORT,
    _REQUIRE
    + """
attempt('made', function () {
  return new serial.SerialPort('loopback', 'kit', 2000, {baudRate: 9600, sendType: 'words',
    receiveType: 'string'});
});
""",
    ("made", "threw", AN_ERROR),
)

suite.reports(
    "open/unknown",
    "extra",
    "A port that does not exist is an error event; no other port is taken instead.",
    DECISION,
    _REQUIRE
    + """
var port = new serial.SerialPort('no-such-port', 'kit', 2000, {});
port.on('error', function (error) { report('error', error.code); });
port.open();
""",
    ("error", "ERR_SERIAL_NO_PORT"),
)
