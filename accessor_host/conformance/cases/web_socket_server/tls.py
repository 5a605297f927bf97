"""The options sslTls, pfxKeyCertPath and pfxKeyCertPassword of Server."""

from __future__ import annotations

from ...case import Suite
from ...trial import Skipped, Trial
from ...wire import Deviation, request
from ..common import SERVER_OPTIONS

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")


def _script(path: str, password: str) -> str:
    return f"""
var webSocket = require('@modules/web-socket-server');
var server;
// A host without TLS may say so, in either way; it must not serve plain text instead.
try {{
  server = new webSocket.Server({{
    port: PORT, hostInterface: '127.0.0.1', sendType: 'text/plain',
    sslTls: true, pfxKeyCertPath: {path}, pfxKeyCertPassword: {password}
  }});
  server.on('listening', function () {{ report('listening'); }});
  server.on('error', function (error) {{ report('refused', String(error)); }});
  server.on('connection', function (socket) {{
    socket.send('secret');
    socket.on('message', function () {{ socket.send('reply'); }});
  }});
  server.start();
}} catch (error) {{
  report('refused', String(error));
}}
settle(function () {{ report('settled'); }});
"""


_GOOD = _script("PFX", "PASSWORD")


async def _available(t: Trial) -> None:
    """Take the reports of a host that is about to serve, or skip: it says that it has no TLS."""
    while (report := await t.next("settled")).name != "settled":
        if report.name == "refused":
            text = str(report.values[0])
            if "TLS" in text and ("not available" in text or "not supported" in text):
                raise Skipped(f"this host says that it has no TLS: {text}")
            raise Deviation(f"it did not start with a good file and password: {text}")


@suite.case(
    "tls/serves",
    "must",
    "With sslTls, the Server speaks wss with the key and certificate of the PFX file.",
    SERVER_OPTIONS,
    _GOOD,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await _available(t)
    async with t.connect(ssl=t.certificates.client_context()) as client:
        await client.expect_text("secret")
        for _ in range(3):
            await client.send("1")
            await client.expect_text("reply")


@suite.case(
    "tls/no-plain-text",
    "must",
    "With sslTls, the Server does not speak plain ws, nor tell a plain client anything.",
    SERVER_OPTIONS,
    _GOOD,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await _available(t)
    async with t.connect_raw() as raw:
        raw.write(request())
        answer = await raw.some()
        if b" 101 " in answer or b"secret" in answer:
            raise Deviation("a plain client is served although sslTls is true")


for name, path, password, clause in (
    ("wrong-password", "PFX", "'wrong'", "A wrong password"),
    ("missing-file", "'/nowhere/at/all.pfx'", "PASSWORD", "A PFX file that is not there"),
    ("not-a-pfx", "AUTHORITY", "PASSWORD", "A file that is no PFX"),
    ("no-file", "''", "''", "sslTls without a file"),
):

    @suite.case(
        f"tls/{name}",
        "should",
        f"{clause} is an error, and nothing listens.",
        SERVER_OPTIONS,
        _script(path, password),
        needs=("tls",),
    )
    async def _(t: Trial) -> None:
        report = await t.next("refused")
        while report.name == "settled":
            report = await t.next("refused")
        if report.name == "listening":
            raise Deviation("it listens all the same")
        text = str(report.values[0])
        if "TLS" in text and ("not available" in text or "not supported" in text):
            raise Skipped(f"this host says that it has no TLS: {text}")
