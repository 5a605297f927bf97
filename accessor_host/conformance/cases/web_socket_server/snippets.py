"""The two examples of the specification, word for word."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ..common import USAGE

__all__ = ["SNIPPETS", "suite"]

suite = Suite("web-socket-server", "server")

SNIPPETS = (
    """
var webSocket = require('@modules/web-socket-server');
var server = new webSocket.Server({'port':8082});
server.on('listening', onListening);
server.on('connection', onConnection);
server.start();
""",
    """
server.on('connection', function(socket) {
    socket.on('message', function(message) {
        console.log(message);
        socket.send('Reply message');
    });
});
""",
)
"""As published; the handlers that the first one names are the kit's."""

_HANDLERS = """
function onListening() { report('listening'); }
function onConnection(socket) { report('connection', typeof socket); }
"""


@suite.case(
    "snippet/listening",
    "must",
    "The first example runs: its handlers of listening and connection are called.",
    USAGE,
    SNIPPETS[0] + _HANDLERS,
    needs=("documented-port",),
)
async def _(t: Trial) -> None:
    async with t.connect(host="localhost"):
        await t.expect("listening")
        await t.expect("connection", "object")


@suite.case(
    "snippet/messages",
    "must",
    "Both examples together run: a client gets the JSON text of the reply.",
    USAGE,
    SNIPPETS[0] + SNIPPETS[1] + _HANDLERS.replace("report('listening');", ""),
    needs=("documented-port",),
)
async def _(t: Trial) -> None:
    async with t.connect(host="localhost") as client:
        await t.expect("connection", "object")
        for message in ('"Hello"', '{"reading":21.5}', "not JSON"):
            await client.send(message)
            await client.expect_json("Reply message")
