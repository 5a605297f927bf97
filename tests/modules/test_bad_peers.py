"""Each network module beside a peer that misbehaves: one error, bounded memory, others are served.

``docs/bad-input.md`` lists what is tried. What belongs to one module alone, its own tests try.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import zlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from accessor_host.modules.resources import web
from accessor_host.net.datagrams import Datagrams

from ..support.devices import Device
from ..support.resolver import fill_in
from ..support.scripts import DEADLINE, Script, running
from ..support.server_scripts import within
from ..support.tcp import Peer, connected, serving

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

MAX_GROWTH = 16 * 2**20
"""Bytes of memory that a bad peer may cost for a moment; an endless one sends more in a second."""

SHORT, LONG = 150, 10_000
"""Milliseconds that a client waits: where it is to give up, and elsewhere."""

# What the other parts of the script go on with: it sends back whatever comes.
BESIDE = """
const { SocketServer } = require('@modules/socket');
const beside = new SocketServer({ port: 0, hostInterface: '127.0.0.1' });
beside.on('connection', (one) => one.on('data', (data) => one.send(data)));
beside.on('listening', (port) => console.log('listening', port));
beside.start();
"""

TELLS = """
const failed = (error) => console.log('error', error.code);
const done = (value) => console.log('done', value);
"""

HTTP = """
require('@modules/http-client')
  .get(Object.assign({ url: 'http://HOST:PORT/' , timeout: WAIT, responseTimeout: WAIT,
                       maxBodySize: 100000, maxRedirects: 3 }, MORE),
       (answer) => { if (answer !== null) done(answer.body.length < 100000); })
  .on('error', failed);
"""

TCP = """
const { SocketClient } = require('@modules/socket');
const client = new SocketClient(PORT, 'HOST',
  Object.assign({ reconnectAttempts: 0, connectTimeout: WAIT, rawBytes: false }, MORE));
let got = 0;
client.on('data', (data) => {
  if ((got += data.length) === 4 || got > 500000) { done(); client.close(); }
});
client.on('error', failed);
client.open();
"""

MQTT = """
const client = require('@modules/mqtt').createClient(PORT, 'HOST',
  Object.assign({ reconnect: false, connectTimeout: WAIT, closingTimeout: 50,
                  maxPacketSize: 10000 }, MORE));
let got = 0;
client.on('message', (topic, data) => {
  if (++got === 2000) { done(); client.end(); }
});
client.on('error', failed);
client.start();
"""

RESOURCE = """
exports.initialize = function () {
  getResource('http://HOST:PORT/', WAIT, function (status, text) {
    if (status === null) console.log('done', text.length < 100000);
    else console.log('error', status);
  });
};
"""

MODULES = {"http-client": HTTP, "socket": TCP, "mqtt": MQTT, "resources": RESOURCE}

Respond = Callable[[Peer], Awaitable[None]]


# Peers


def says(*pieces: bytes, pause: float = 0, ends: bool = False) -> Respond:
    """Say something, and then nothing more."""

    async def respond(peer: Peer) -> None:
        for piece in pieces:
            await peer.send(piece)
            await asyncio.sleep(pause)
        if not ends:
            await peer.rest()

    return respond


def drips(data: bytes, pause: float = 0.01) -> Respond:
    return says(*(data[at : at + 1] for at in range(len(data))), pause=pause)


def goes_on(start: bytes, piece: bytes) -> Respond:
    """Say something, and then the same without end."""

    async def respond(peer: Peer) -> None:
        peer.writer.write(start)
        while True:
            peer.writer.write(piece)
            # Not with a deadline: wait_for() of Python 3.11 may lose a cancellation.
            await peer.writer.drain()

    return respond


async def resets(peer: Peer) -> None:
    peer.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
    )
    peer.reset()


CONNACK = b"\x20\x02\x00\x00"
PUBLISH = b"\x30\xeb\x07\x00\x01a" + b"x" * 1000
OK = b"HTTP/1.1 200 OK\r\n"
LOOP = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
TO_FILE = LOOP.replace(b"/again", b"file:///etc/passwd")
BOMB = zlib.compress(bytes(60_000_000), wbits=31)
PACKED = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB


class Case(NamedTuple):
    """A peer that misbehaves.

    Args:
        module: whose client meets it.
        peer: what it does, in the words of ``docs/bad-input.md``.
        respond: does it, when there is a connection.
        said: all that the script hears.
        more: options of the client.
    """

    module: str
    peer: str
    respond: Respond
    said: str
    more: dict[str, Any] = {}  # noqa: RUF012 (nobody changes it)


HTTP_CASES = [
    ("silent", says(), "ETIMEDOUT"),
    ("slow by the byte", drips(OK * 100), "ETIMEDOUT"),
    ("endless", goes_on(OK + b"\r\n", bytes(65_536)), "HTTP_BODY_TOO_LARGE"),
    ("resets", resets, "ECONNRESET"),
    ("another protocol", says(b"220 mail.example ESMTP\r\n"), "HTTP_BAD_ANSWER"),
    ("lies about its length", says(OK + b"Content-Length: 9\r\n\r\nab", ends=True), "ECONNRESET"),
    ("10,000 headers", says(OK + b"a: b\r\n" * 10_000 + b"\r\n"), "HTTP_BAD_ANSWER"),
    ("redirect loop", says(LOOP, ends=True), "HTTP_TOO_MANY_REDIRECTS"),
    ("redirect to file:", says(TO_FILE), "HTTP_BAD_REDIRECT"),
]
AS_RESOURCE = {
    "HTTP_BODY_TOO_LARGE": "EFBIG",
    "HTTP_BAD_ANSWER": "EPROTO",
    "HTTP_BAD_REDIRECT": "EPROTO",
    "HTTP_TOO_MANY_REDIRECTS": "302",
}

CASES = [
    *(Case("http-client", peer, respond, f"error {code}") for peer, respond, code in HTTP_CASES),
    # It stays packed: nothing asks for it.
    Case("http-client", "gzip bomb", says(PACKED), "done true"),
    *(
        Case("resources", peer, respond, f"error {AS_RESOURCE.get(code, code)}")
        for peer, respond, code in HTTP_CASES
    ),
    Case("resources", "gzip bomb", says(PACKED), "done true"),
    Case("socket", "silent", says(), "error ETIMEDOUT", {"sslTls": True}),
    Case("socket", "slow by the byte", drips(b"\4slow"), "done undefined"),
    Case("socket", "endless", goes_on(b"", bytes(65_536)), "done undefined", {"rawBytes": True}),
    Case("socket", "resets", resets, "error ECONNRESET"),
    Case("socket", "another protocol", says(b"SSH-2.0-x\r\n", ends=True), "ERR_SOCKET_TRUNCATED"),
    Case("socket", "lies about its length", says(b"\xff\x7f\xff\xff\xff"), "ERR_SOCKET_FRAMING"),
    Case("mqtt", "silent", says(), "error MQTT_CONNECT_FAILED"),
    Case("mqtt", "slow by the byte", drips(CONNACK, 0.1), "error MQTT_CONNECT_FAILED"),
    Case("mqtt", "endless", goes_on(CONNACK, PUBLISH * 60), "done undefined"),
    Case("mqtt", "resets", resets, "error MQTT_CONNECT_FAILED"),
    Case("mqtt", "another protocol", says(OK + b"\r\n"), "error MQTT_PROTOCOL_ERROR"),
    Case(
        "mqtt",
        "lies about its length",
        says(CONNACK + b"\x30\xff\xff\xff\x7f"),
        "error MQTT_PACKET_TOO_BIG",
    ),
]


# What is around them


def source_of(module: str, host: str, port: int, wait: int, more: dict[str, Any]) -> str:
    source = MODULES[module].replace("HOST", host).replace("PORT", str(port))
    source = source.replace("WAIT", str(wait))
    return source.replace("MORE", json.dumps(more))


async def begin(run: Script, module: str, source: str) -> None:
    if module == "resources":
        accessor = await run.host.instantiate_from_code("a", source)
        await accessor.initialize()
    else:
        await run.host.run(TELLS + source, name="bad.js")


async def serves(echo: Peer) -> None:
    """Send something to the other part of the script, which sends it back."""
    await echo.send(b"well")
    assert await echo.read(4) == b"well"


def start_of_growth() -> Callable[[], int]:
    """Return what tells how many bytes of memory more there were for a moment."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is now
    before = resident("VmRSS")
    return lambda: resident("VmHWM") - before


def resident(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


async def disturbed_by(run: Script, begin_it: Coroutine[Any, Any, None]) -> str:
    """Let something bad happen; return what the script heard of it."""
    async with connected(await run.port()) as echo:
        await serves(echo)
        said = len(run.stdout.text)
        growth = start_of_growth()
        await begin_it
        async with asyncio.timeout(DEADLINE):
            while "\n" not in run.stdout.text[said:]:
                await serves(echo)
        for _ in range(5):
            await serves(echo)
        assert growth() < MAX_GROWTH
    assert run.stderr.text == ""
    return run.stdout.text[said:].strip()


@pytest.fixture(autouse=True)
def small_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_RESOURCE_SIZE", 100_000)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.module}: {case.peer}")
def test_a_peer_that_misbehaves(engine: str, case: Case) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        with suppress(ConnectionError, TimeoutError):
            if case.module in ("http-client", "resources"):
                await reader.readuntil(b"\r\n\r\n")
            await case.respond(peer)

    async def main() -> None:
        async with serving(handle) as port, running(engine, BESIDE) as run:
            wait = SHORT if case.peer in ("silent", "slow by the byte") else LONG
            source = source_of(case.module, "127.0.0.1", port, wait, case.more)
            said = await disturbed_by(run, begin(run, case.module, source))
        assert said.removeprefix("error ") == case.said.removeprefix("error ")

    within(main())


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("http-client", "ENOTFOUND"),
        ("resources", "ENOTFOUND"),
        ("socket", "ENOTFOUND"),
        ("mqtt", "MQTT_CONNECT_FAILED"),
    ],
)
def test_a_name_that_does_not_resolve(engine: str, module: str, code: str) -> None:
    async def main() -> None:
        async with running(engine, BESIDE) as run:
            source = source_of(module, "no-such-host.invalid", 9, LONG, {})
            assert await disturbed_by(run, begin(run, module, source)) == f"error {code}"

    within(main())


@pytest.mark.parametrize("module", MODULES)
def test_a_name_that_leads_to_a_forbidden_address(
    engine: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in(monkeypatch)["innocent.test"] = ["127.0.0.1"]
    reached: list[bool] = []

    async def handle(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        reached.append(True)

    async def main() -> None:
        granted = {"connect": ["innocent.test"], "listen": ["127.0.0.1"]}
        async with serving(handle) as port, running(engine, BESIDE, permissions=granted) as run:
            source = source_of(module, "innocent.test", port, LONG, {})
            said = await disturbed_by(run, begin(run, module, source))
        assert (said, reached) == ("error ERR_ACCESS_DENIED", [])

    within(main())


# Datagrams

UDP = """
const udp = require('@modules/udp-socket').createSocket();
udp.on('error', failed);
udp.on('listening', () => console.log('bound'));
let got = 0;
udp.on('message', (value) => { if (++got === 300) done(); });
OPTIONS
udp.bind(PORT, '127.0.0.1');
"""


@pytest.mark.parametrize(
    ("options", "datagram", "count", "said"),
    [
        ("", b"x" * 600, 1, "error EMSGSIZE"),
        ("udp.setReceiveType('int');", b"abc", 1, "error ERR_BAD_MESSAGE"),
        ("", b"x" * 500, 400, "done undefined"),
    ],
    ids=["larger than the buffer", "another protocol", "endless"],
)
def test_datagrams(
    engine: str,
    options: str,
    datagram: bytes,
    count: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    defaults = Datagrams.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "max_datagram", 500)

    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
                taken.bind(("127.0.0.1", 0))
                port = taken.getsockname()[1]

            async def send() -> None:
                await run.host.run(TELLS + source, name="udp.js")
                await run.stdout.until("bound")
                for _ in range(count):
                    peer.sendto(datagram, ("127.0.0.1", port))
                    await asyncio.sleep(0)

            source = UDP.replace("OPTIONS", options).replace("PORT", str(port))
            async with running(engine, BESIDE) as run:
                heard = await disturbed_by(run, send())
            assert [x for x in heard.splitlines() if x != "bound"] == [said]

    within(main())


# Serial devices

SERIAL = """
const { SerialPort } = require('@modules/serial');
const port = new SerialPort(DEVICE, 'me', 1000, MORE);
let got = 0;
port.on('data', (value) => { if ((got += value.length) === 4 || got > 200000) done(); });
port.on('error', failed);
port.send('open');
port.open();
"""


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        ("unplugged", "error ERR_SERIAL_LOST"),
        ("slow by the byte", "done undefined"),
        ("endless", "error ERR_SERIAL_TOO_LONG"),
    ],
)
def test_a_serial_device(engine: str, peer: str, said: str) -> None:
    async def act(run: Script, device: Device) -> None:
        source = SERIAL.replace("DEVICE", json.dumps(device.path))
        source = source.replace("MORE", json.dumps({"maxMessageSize": 10_000}))
        await run.host.run(TELLS + source, name="serial.js")
        await device.read(5)
        if peer == "unplugged":
            device.unplug()
        elif peer == "slow by the byte":
            for byte in b"slow\0":
                device.write(bytes([byte]))
                await asyncio.sleep(0.005)
        else:
            sent = 0
            while sent < 10_001:
                with suppress(BlockingIOError):
                    sent += os.write(device.end, b"x" * 1_000)
                await asyncio.sleep(0)

    async def main() -> None:
        device = Device()
        try:
            async with running(engine, BESIDE) as run:
                assert await disturbed_by(run, act(run, device)) == said
        finally:
            device.unplug()

    within(main())
