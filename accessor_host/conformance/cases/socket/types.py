"""Values and their bytes, with messages and without."""

from __future__ import annotations

import struct

from ...case import Suite
from ...trial import Trial
from ._scripts import FRAMING, RAW, TYPES, framed, server

__all__ = ["suite"]

suite = Suite("socket", "tcp")

_NUMBERS: dict[str, tuple[bytes, list[float]]] = {
    "byte": (b"\xff\x7f", [-1, 127]),
    "unsignedbyte": (b"\xff\x01", [255, 1]),
    "short": (b"\xff\xfe\x01\x00", [-2, 256]),
    "unsignedshort": (b"\xff\xff\x00\x01", [65535, 1]),
    "int": (b"\xff\xff\xff\xff\x00\x00\x01\x00", [-1, 256]),
    "float": (struct.pack(">ff", 0.5, -2), [0.5, -2]),
    "double": (struct.pack(">dd", 0.1, -1e300), [0.1, -1e300]),
    "number": (struct.pack(">dd", 0.1, -1e300), [0.1, -1e300]),
}

_REPORT = """
server.on('connection', function (one) { one.on('data', reporter('data')); });
server.start();
"""


def _options(kind: str, *, raw: bool, more: str = "") -> str:
    flag = "true" if raw else "false"
    return f"rawBytes: {flag}, receiveType: '{kind}', sendType: '{kind}'{more}"


def _add(kind: str, data: bytes, values: list[float]) -> None:
    half = data[: len(data) // 2]

    @suite.case(
        f"receive/{kind}",
        "must",
        f"A message of {kind} arrives as an array, or as the only number.",
        FRAMING,
        server(_options(kind, raw=False)) + _REPORT,
    )
    async def _(t: Trial) -> None:
        async with t.connect_tcp() as peer:
            await peer.send(framed(data) + framed(half))
            await t.expect("data", values)
            await t.expect("data", values[0])

    @suite.case(
        f"send/{kind}",
        "must",
        f"An array of {kind}, or one, is a message of big-endian bytes.",
        TYPES,
        server(_options(kind, raw=False))
        + f"""
server.on('connection', function (one) {{
  one.send({values!r});
  one.send({values[0]!r});
}});
server.start();
""",
    )
    async def _(t: Trial) -> None:
        async with t.connect_tcp() as peer:
            await peer.expect(framed(data) + framed(half))


for _kind, (_data, _values) in _NUMBERS.items():
    _add(_kind, _data, _values)


@suite.case(
    "send/wrap",
    "must",
    "A number that does not fit wraps, and its fraction is cut off.",
    TYPES,
    server(_options("byte", raw=False))
    + "server.on('connection', function (one) { one.send([300, -129, 1.9, -1.9]); });\n"
    "server.start();",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.expect(framed(b"\x2c\x7f\x01\xff"))


@suite.case(
    "send/string",
    "must",
    "Text is sent as UTF-8, and an array of texts as one.",
    TYPES,
    server("rawBytes: false")
    + "server.on('connection', function (one) { one.send('gr\\u00fc\\u00dfe'); "
    "one.send(['a', 'b']); });\nserver.start();",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.expect(framed("grüße".encode()) + framed(b"ab"))


@suite.case(
    "framing/lengths",
    "must",
    "A length below 255 is one byte; any other is 255 and four bytes.",
    FRAMING,
    server("rawBytes: false")
    + """
server.on('connection', function (one) {
  one.send(new Array(255).join('x'));
  one.send(new Array(256).join('x'));
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.expect(b"\xfe" + b"x" * 254 + b"\xff\0\0\0\xff" + b"x" * 255)


@suite.case(
    "framing/at-once",
    "must",
    "Messages that come at once are as many 'data', and one that comes in pieces is one.",
    FRAMING,
    server("rawBytes: false") + _REPORT,
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(framed(b"one") + framed(b"two") + framed(b"three")[:2])
        await t.expect("data", "one")
        await t.expect("data", "two")
        await peer.send(framed(b"three")[2:])
        await t.expect("data", "three")


@suite.case(
    "raw/numbers",
    "must",
    "Without messages, each number is a 'data'.",
    RAW,
    server(_options("short", raw=True)) + _REPORT,
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(b"\0\1\0\2")
        await t.expect("data", 1)
        await t.expect("data", 2)


@suite.case(
    "raw/batch",
    "must",
    "With emitBatchDataAsAvailable, numbers that come together are an array.",
    RAW,
    server(_options("short", raw=True, more=", emitBatchDataAsAvailable: true")) + _REPORT,
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(b"\0\1\0\2")
        await t.expect("data", [1, 2])


@suite.case(
    "raw/text",
    "must",
    "Without messages, text goes as it is.",
    RAW,
    server()
    + """
server.on('connection', function (one) {
  one.on('data', function (data) { one.send(data); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(b"as it is")
        await peer.expect(b"as it is")


@suite.case(
    "raw/cut",
    "extra",
    "A number that comes in pieces is one number.",
    "decision of accessor-host",
    server(_options("short", raw=True)) + _REPORT,
)
async def _(t: Trial) -> None:
    async with t.connect_tcp() as peer:
        await peer.send(b"\0\1\2")
        await t.expect("data", 1)
        await peer.send(b"\3")
        await t.expect("data", 515)
