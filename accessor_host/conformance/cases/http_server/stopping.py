"""The end of a server, whatever it does."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ._scripts import DECISION, FUNCTIONS, answering, server

__all__ = ["suite"]

suite = Suite("http-server", "http-server")

_STOPPING = "attempt('stop', function () { server.stop(); return true; });"


@suite.case(
    "stop/before-start",
    "should",
    "stop() before start() does nothing.",
    FUNCTIONS,
    server() + f"{_STOPPING}\nserver.start();",
)
async def _(t: Trial) -> None:
    await t.expect("stop", "returned", True)
    await t.listening()


@suite.case(
    "stop/before-listening",
    "should",
    "stop() before the server listens leaves the port closed.",
    FUNCTIONS,
    server() + f"server.start();\n{_STOPPING}\nsettle();",
)
async def _(t: Trial) -> None:
    await t.expect("stop", "returned", True)
    await t.expect("settled")
    await t.refused()


@suite.case(
    "stop/listening",
    "must",
    "stop() closes the port.",
    FUNCTIONS,
    server() + f"server.on('listening', function () {{ {_STOPPING} }});\nserver.start();",
)
async def _(t: Trial) -> None:
    await t.expect("stop", "returned", True)
    await t.refused()


@suite.case(
    "stop/twice",
    "should",
    "A second stop() does nothing.",
    FUNCTIONS,
    server()
    + f"""
server.on('listening', function () {{
  server.stop();
  {_STOPPING}
  settle();
}});
server.start();
""",
)
async def _(t: Trial) -> None:
    await t.expect("stop", "returned", True)
    await t.expect("settled")
    await t.refused()


@suite.case(
    "stop/answered",
    "must",
    "An answer that was given before stop() is delivered.",
    FUNCTIONS,
    answering("server.respond(id, 'bye'); server.stop();"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(200, body=b"bye")
        peer.end()
    await t.refused()


@suite.case(
    "stop/idle-connection",
    "extra",
    "stop() ends connections that wait for no answer.",
    DECISION,
    answering("server.respond(id, 'ok'); settle(function () { server.stop(); });"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(200, body=b"ok")
        await peer.ended()


@suite.case(
    "stop/waiting",
    "extra",
    "A request that waits for its answer while the server stops gets status 503.",
    DECISION,
    answering("server.stop();"),
)
async def _(t: Trial) -> None:
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(503)
        await peer.ended()


@suite.case(
    "stop/again",
    "extra",
    "After stop(), start() listens again.",
    DECISION,
    server()
    + """
var count = 0;
server.on('listening', function () {
  count += 1;
  report('listening');
  if (count === 1) {
    server.stop();
    server.start();
  }
});
server.on('request', function (request) { server.respond(request.requestID, 'again'); });
server.start();
""",
)
async def _(t: Trial) -> None:
    await t.expect("listening")
    await t.expect("listening")
    async with t.connect_http() as peer:
        await peer.ask("GET")
        await peer.expect_response(200, body=b"again")
