"""The options connectTimeout, numberOfRetries and timeBetweenRetries, and the event error."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from ...case import Suite
from ...trial import Trial
from ...values import AN_ERROR
from ...wire import Deviation, RawPeer
from ..common import CLIENT_CLASS, CLIENT_EVENTS, CLIENT_OPTIONS, DECISION, client

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_REPORTING = """
client.on('open', function () { report('open'); });
client.on('close', function () { report('close'); });
client.on('error', function (error) {
  report('error', arguments.length, typeof error === 'string' || error instanceof Error);
  setTimeout(function () { report('settled'); }, 300);
});
client.open();
"""


async def _refuse(t: Trial, peers: asyncio.Queue[RawPeer], moments: list[float]) -> None:
    while True:
        peer = await peers.get()
        moments.append(time.monotonic())
        peer.cut()


async def _count_attempts(t: Trial) -> list[float]:
    """Refuse every attempt, and return when each came, once the script says that it settled."""
    moments: list[float] = []
    peers = await t.serve_raw()
    refusing = asyncio.create_task(_refuse(t, peers, moments))
    try:
        await t.start()
        await t.expect("error", 1, True)
        await t.expect("settled")
    finally:
        refusing.cancel()
    return moments


@suite.case(
    "retries/number",
    "must",
    "numberOfRetries counts the attempts after the first; after the last there is one error.",
    CLIENT_OPTIONS,
    client("numberOfRetries: 2, timeBetweenRetries: 20") + _REPORTING,
)
async def _(t: Trial) -> None:
    attempts = len(await _count_attempts(t))
    if attempts != 3:
        raise Deviation(f"3 attempts were to be made, but {attempts} were")


@suite.case(
    "retries/none",
    "must",
    "numberOfRetries 0 is one attempt.",
    CLIENT_OPTIONS,
    client("numberOfRetries: 0, timeBetweenRetries: 20") + _REPORTING,
)
async def _(t: Trial) -> None:
    attempts = len(await _count_attempts(t))
    if attempts != 1:
        raise Deviation(f"1 attempt was to be made, but {attempts} were")


@suite.case(
    "retries/time-between",
    "must",
    "timeBetweenRetries passes before the next attempt.",
    CLIENT_OPTIONS,
    client("numberOfRetries: 2, timeBetweenRetries: 200") + _REPORTING,
)
async def _(t: Trial) -> None:
    moments = await _count_attempts(t)
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    # A tenth for clocks that tick coarsely.
    if min(pauses) < 0.18:
        raise Deviation(f"only {min(pauses):.3f} s passed between two attempts, not 0.2 s")


@suite.case(
    "retries/succeed",
    "must",
    "A Client opens when the server is there after all, and sends what is queued.",
    CLIENT_OPTIONS,
    client("numberOfRetries: 100, timeBetweenRetries: 20")
    + """
client.on('error', function () {});
client.on('open', function () { report('open'); });
client.open();
client.send('queued');
setTimeout(function () { report('waiting'); }, 200);
""",
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("waiting")
    server = await t.serve()
    peer = await server.accept()
    await peer.expect_json("queued")
    await t.expect("open")


@suite.case(
    "retries/cancelled",
    "must",
    "close() ends the retries.",
    CLIENT_CLASS,
    client("numberOfRetries: 100, timeBetweenRetries: 50")
    + """
client.on('error', function () {});
client.on('open', function () { report('open'); });
client.open();
setTimeout(function () {
  client.close();
  report('closed');
  setTimeout(function () { report('settled'); }, 300);
}, 120);
""",
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("closed")
    server = await t.serve()
    await t.expect("settled")
    if server.count:
        raise Deviation("it connected after close()")


@suite.case(
    "retries/no-close-event",
    "should",
    "An attempt that fails was no connection: close is not emitted.",
    CLIENT_EVENTS,
    client("numberOfRetries: 1, timeBetweenRetries: 20")
    + """
client.on('close', function () { report('close'); });
client.on('error', function () {});
client.open();
setTimeout(function () { report('settled'); }, 400);
""",
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("settled")


@suite.case(
    "retries/open-again",
    "should",
    "After the last attempt has failed, open() begins anew.",
    CLIENT_CLASS,
    client("numberOfRetries: 0, timeBetweenRetries: 20")
    + """
client.once('error', function () { report('error'); setTimeout(open, 300); });
client.on('error', function () {});
function open() { client.open(); }
client.on('open', function () { report('open'); });
client.open();
""",
)
async def _(t: Trial) -> None:
    await t.start()
    await t.expect("error")
    await t.serve()
    await t.expect("open")


@suite.case(
    "connect-timeout",
    "must",
    "An attempt ends after connectTimeout, although the server accepted TCP.",
    CLIENT_OPTIONS,
    client("connectTimeout: 100, numberOfRetries: 0") + _REPORTING,
)
async def _(t: Trial) -> None:
    await t.serve_raw()
    await t.start()
    await t.expect("error", 1, True)


@suite.case(
    "error/refused-handshake",
    "must",
    "A server that refuses the handshake is a failed attempt.",
    CLIENT_EVENTS,
    client("numberOfRetries: 0, timeBetweenRetries: 20") + _REPORTING,
)
async def _(t: Trial) -> None:
    peers = await t.serve_raw()
    await t.start()
    peer = await t.accept_raw(peers)
    await peer.head()
    peer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    peer.end()
    await t.expect("error", 1, True)


suite.reports(
    "error/error-object",
    "extra",
    "The argument of error is an Error with a code, and says how many attempts were made.",
    DECISION,
    client("numberOfRetries: 1, timeBetweenRetries: 10")
    + """
client.on('error', function (error) {
  report('error', error, typeof error.code, /2 attempts/.test(error.message));
});
client.open();
""",
    ("error", AN_ERROR, "string", True),
)
