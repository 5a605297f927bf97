"""Frames: what makes a message, and what breaks the protocol."""

from __future__ import annotations

import asyncio

from ...case import Suite
from ...trial import Trial
from ...wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Deviation, RawPeer, frame
from ..common import DECISION, SOCKET_EVENTS, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_RFC = "RFC 6455 "

_REPORTING = (
    server("receiveType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) { report('message', String(message)); });
  socket.on('error', function () {});
});
server.start();
"""
)


@suite.case(
    "fragments/joined",
    "must",
    "A message in fragments is emitted once, whole.",
    SOCKET_EVENTS,
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect() as client:
        await client.send(["one", " two", " three"])
        await t.expect("message", "one two three")
        await client.send("next")
        await t.expect("message", "next")


@suite.case(
    "fragments/control-between",
    "must",
    "A ping between fragments is answered at once, and is no part of the message.",
    _RFC + "section 5.4",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(TEXT, b"one", final=False)
        raw.send_frame(PING, b"now")
        if await raw.frame() != (PONG, b"now"):
            raise Deviation("a ping between fragments was not answered")
        raw.send_frame(CONTINUATION, b" two")
        await t.expect("message", "one two")


@suite.case(
    "fragments/within-character",
    "must",
    "A fragment may end within a UTF-8 character.",
    _RFC + "section 5.6",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        encoded = "🚀é".encode()
        for index, byte in enumerate(encoded):
            raw.send_frame(
                CONTINUATION if index else TEXT, bytes([byte]), final=index == len(encoded) - 1
            )
        await t.expect("message", "🚀é")


@suite.case(
    "fragments/empty",
    "must",
    "Fragments may be empty, and so may a whole message.",
    _RFC + "section 5.4",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(TEXT, b"", final=False)
        raw.send_frame(CONTINUATION, b"", final=False)
        raw.send_frame(CONTINUATION, b"text", final=False)
        raw.send_frame(CONTINUATION, b"")
        await t.expect("message", "text")
        raw.send_frame(TEXT, b"", final=False)
        raw.send_frame(CONTINUATION, b"")
        await t.expect("message", "")


@suite.case(
    "frames/byte-by-byte",
    "must",
    "Frames may come one byte at a time.",
    _RFC + "section 5.2",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        for byte in frame(TEXT, b"slow") + frame(TEXT, b"x" * 200):
            raw.write(bytes([byte]))
            await asyncio.sleep(0)
        await t.expect("message", "slow")
        await t.expect("message", "x" * 200)


@suite.case(
    "frames/lengths",
    "must",
    "All three forms of a frame's length are read.",
    _RFC + "section 5.2",
    server("receiveType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) { report('length', String(message).length); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        for length in (0, 1, 125, 126, 127, 65535, 65536):
            raw.send_frame(TEXT, b"x" * length)
        for length in (0, 1, 125, 126, 127, 65535, 65536):
            await t.expect("length", length)


@suite.case(
    "frames/ping",
    "must",
    "A ping is answered with a pong that has its payload.",
    _RFC + "section 5.5.2",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        for payload in (b"", b"payload", b"x" * 125):
            raw.send_frame(PING, payload)
            if await raw.frame() != (PONG, payload):
                raise Deviation("a ping was not answered with its payload")


@suite.case(
    "frames/unasked-pong",
    "must",
    "A pong that nobody asked for means nothing.",
    _RFC + "section 5.5.3",
    _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(PONG, b"unasked")
        raw.send_frame(TEXT, b"message")
        await t.expect("message", "message")


def _broken(name: str, section: str, clause: str, code: int, *frames: bytes) -> None:
    @suite.case(
        f"broken/{name}",
        "should",
        f"{clause} closes with {code}, and other clients do not notice.",
        _RFC + section,
        _REPORTING,
    )
    async def _(t: Trial) -> None:
        async with t.connect() as witness, t.connect_raw() as raw:
            await raw.handshake()
            raw.write(b"".join(frames))
            await raw.expect_close(code)
            await witness.send("still here")
            await t.expect("message", "still here")


_broken("no-mask", "section 5.1", "A frame without a mask", 1002, frame(TEXT, b"x", mask=False))
_broken("reserved-opcode", "section 5.2", "A reserved opcode", 1002, frame(0x3, b"x"))
_broken("reserved-bit", "section 5.2", "A reserved bit", 1002, b"\xc1" + frame(TEXT, b"x")[1:])
_broken(
    "continuation-first",
    "section 5.4",
    "A continuation of nothing",
    1002,
    frame(CONTINUATION, b"x"),
)
_broken(
    "message-in-message",
    "section 5.4",
    "A message that begins within another",
    1002,
    frame(TEXT, b"x", final=False),
    frame(TEXT, b"y"),
)
_broken(
    "long-control", "section 5.5", "A control frame of 126 bytes", 1002, frame(PING, b"x" * 126)
)
_broken(
    "fragmented-control", "section 5.5", "A ping in fragments", 1002, frame(PING, b"x", final=False)
)
_broken("not-utf-8", "section 8.1", "Text that is no UTF-8", 1007, frame(TEXT, b"\xff\xfe"))
_broken(
    "close-of-one-byte", "section 5.5.1", "A close frame of one byte", 1002, frame(CLOSE, b"\x03")
)
_broken(
    "close-code",
    "section 7.4.1",
    "A close code that must not be sent",
    1002,
    frame(CLOSE, b"\x03\xed"),
)


@suite.case(
    "broken/reported",
    "extra",
    "A client that breaks the protocol is an error event and then a close event of its Socket.",
    DECISION,
    server()
    + """
server.on('connection', function (socket) {
  socket.on('error', function (error) { report('error', error instanceof Error); });
  socket.on('close', function () { report('close'); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(0x3)
        await raw.finish()
        await t.expect("error", True)
        await t.expect("close")


@suite.case(
    "broken/no-error-listener",
    "should",
    "A client that breaks the protocol cannot end a script that does not listen for error.",
    SOCKET_EVENTS,
    server("receiveType: 'text/plain'")
    + """
server.on('connection', function (socket) {
  socket.on('message', function (message) { report('message', String(message)); });
});
server.start();
""",
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(0x3)
        await raw.body()
    async with t.connect() as client:
        await client.send("still here")
        await t.expect("message", "still here")


async def _refuses_size(t: Trial, raw: RawPeer) -> None:
    await raw.handshake()
    raw.send_frame(BINARY, b"x" * 10)
    await t.expect("message", "x" * 10)
    raw.send_frame(BINARY, b"x" * 11)
    await raw.expect_close(1009)


@suite.case(
    "limits/message-size",
    "extra",
    "A message larger than maxMessageSize closes with 1009.",
    DECISION,
    _REPORTING.replace("receiveType", "maxMessageSize: 10, receiveType"),
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await _refuses_size(t, raw)


@suite.case(
    "limits/fragments",
    "extra",
    "A message in more than maxFragments fragments, empty ones too, closes with 1009.",
    DECISION,
    _REPORTING.replace("receiveType", "maxFragments: 3, receiveType"),
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        raw.send_frame(TEXT, b"x", final=False)
        for _ in range(3):
            raw.send_frame(CONTINUATION, b"", final=False)
        await raw.expect_close(1009)
