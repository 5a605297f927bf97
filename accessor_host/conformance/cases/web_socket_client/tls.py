"""The options sslTls, trustAll and trustedCACertPath of Client."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ..common import CLIENT_OPTIONS, client

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_REPORTING = """
client.on('open', function () { report('open'); client.send('secret'); });
client.on('message', function (message) { report('message', String(message)); });
client.on('error', function () { report('error'); });
client.open();
"""

_ONCE = "sslTls: true, numberOfRetries: 0"


@suite.case(
    "tls/trusted",
    "must",
    "With sslTls, a certificate is accepted that the authority in trustedCACertPath signed.",
    CLIENT_OPTIONS,
    client(f"{_ONCE}, trustedCACertPath: AUTHORITY") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    server = await t.serve(ssl=t.certificates.server_context())
    await t.start()
    await t.expect("open")
    peer = await server.accept()
    await peer.expect_json("secret")
    await peer.send("17")
    await t.expect("message", "17")


@suite.case(
    "tls/stranger",
    "must",
    "With sslTls, a certificate that another authority signed is an error, and nothing is sent.",
    CLIENT_OPTIONS,
    client(f"{_ONCE}, trustedCACertPath: STRANGER") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await t.serve(ssl=t.certificates.server_context())
    await t.start()
    await t.expect("error")


@suite.case(
    "tls/trust-all",
    "must",
    "With sslTls and trustAll, any certificate is accepted.",
    CLIENT_OPTIONS,
    client(f"{_ONCE}, trustAll: true") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    server = await t.serve(ssl=t.certificates.server_context())
    await t.start()
    await t.expect("open")
    await (await server.accept()).expect_json("secret")


@suite.case(
    "tls/plain-server",
    "must",
    "With sslTls, a server without TLS is an error.",
    CLIENT_OPTIONS,
    client(f"{_ONCE}, trustAll: true") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await t.serve()
    await t.start()
    await t.expect("error")


@suite.case(
    "tls/missing-authority",
    "should",
    "A trustedCACertPath that is not there is an error.",
    CLIENT_OPTIONS,
    client(f"{_ONCE}, trustedCACertPath: '/nowhere/at/all.pem'") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await t.serve(ssl=t.certificates.server_context())
    await t.start()
    await t.expect("error")
