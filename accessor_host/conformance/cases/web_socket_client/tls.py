"""The options sslTls, trustAll and trustedCACertPath of Client."""

from __future__ import annotations

import ssl

from ...case import Suite
from ...trial import Trial
from ...wire import Deviation
from ..common import CLIENT_OPTIONS, DECISION, client

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


@suite.case(
    "tls/server-name",
    "extra",
    "The option serverName is what the certificate has to be for, and what TLS asks for (SNI).",
    DECISION,
    client(f"{_ONCE}, trustedCACertPath: AUTHORITY, serverName: 'localhost'") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    asked: list[object] = []
    context = t.certificates.server_context()
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    await t.serve(ssl=context)
    await t.start()
    await t.expect("open")
    if asked != ["localhost"]:
        raise Deviation(f"it asked for {asked}")


@suite.case(
    "tls/other-server-name",
    "extra",
    "A certificate that is not for serverName is an error, though it is for the host.",
    DECISION,
    client(f"{_ONCE}, trustedCACertPath: AUTHORITY, serverName: 'other.invalid'") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await t.serve(ssl=t.certificates.server_context())
    await t.start()
    await t.expect("error")


_CERTIFIED = f"{_ONCE}, trustedCACertPath: AUTHORITY, pfxKeyCertPath: PFX"


@suite.case(
    "tls/client-certificate",
    "extra",
    "With pfxKeyCertPath, the Client shows its certificate to a server that wants one.",
    DECISION,
    client(f"{_CERTIFIED}, pfxKeyCertPassword: PASSWORD") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    context = t.certificates.server_context()
    context.load_verify_locations(t.certificates.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    server = await t.serve(ssl=context)
    await t.start()
    await t.expect("open")
    peer = await server.accept()
    if not peer.connection.transport.get_extra_info("peercert"):
        raise Deviation("it showed no certificate")


@suite.case(
    "tls/client-certificate-password",
    "extra",
    "A wrong pfxKeyCertPassword is an error.",
    DECISION,
    client(f"{_CERTIFIED}, pfxKeyCertPassword: 'wrong'") + _REPORTING,
    needs=("tls",),
)
async def _(t: Trial) -> None:
    await t.serve(ssl=t.certificates.server_context())
    await t.start()
    await t.expect("error")
