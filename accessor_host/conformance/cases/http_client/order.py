"""The order of callbacks."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ._scripts import BEGIN, FUNCTIONS, REQUEST

__all__ = ["suite"]

suite = Suite("http-client", "http-client", held=True)


@suite.case(
    "order/of-requests",
    "must",
    "Callbacks come in the order of the requests, whatever is answered first.",
    FUNCTIONS,
    BEGIN
    + """
http.get({url: url + '/1'}, function (message) { report('answer', message.body); });
http.get({url: url + '/2'}, function (message) { report('answer', message.body); });
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peers = {}
    for _each in range(2):
        peer = await server.accept()
        peers[(await peer.request()).target] = peer
    await peers["/2"].answer(200, "Content-Type: text/plain", body=b"2")
    await peers["/1"].answer(200, "Content-Type: text/plain", body=b"1")
    await t.expect("answer", "1")
    await t.expect("answer", "2")


@suite.case(
    "order/stopped",
    "should",
    "A request that was stopped keeps no later one waiting, and its callback is not called.",
    REQUEST,
    BEGIN
    + """
var stopped = http.get({url: url + '/1'}, function () { report('stopped'); });
stopped.on('error', function () {});
http.get({url: url + '/2'}, function (message) { report('answer', message.body); settle(); });
settle(function () { stopped.stop(); report('stopping'); });
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peers = {}
    for _each in range(2):
        peer = await server.accept()
        peers[(await peer.request()).target] = peer
    await t.expect("stopping")
    await peers["/2"].answer(200, "Content-Type: text/plain", body=b"2")
    await t.expect("answer", "2")
    await t.expect("settled")


@suite.case(
    "order/failed",
    "should",
    "A request that fails keeps no later one waiting.",
    FUNCTIONS,
    BEGIN
    + """
var failing = http.get({url: url + '/1'}, function () {});
failing.on('error', function () { report('failed'); });
http.get({url: url + '/2'}, function (message) { report('answer', message.body); });
""",
)
async def _(t: Trial) -> None:
    server = await t.serve_http()
    await t.start()
    peers = {}
    for _each in range(2):
        peer = await server.accept()
        peers[(await peer.request()).target] = peer
    peers["/1"].cut()
    await t.expect("failed")
    await peers["/2"].answer(200, "Content-Type: text/plain", body=b"2")
    await t.expect("answer", "2")
