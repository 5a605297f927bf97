"""Who may connect, how often, and how fast: decisions of accessor-host."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import ANYTHING, an_error
from ...wire import TEXT, Deviation, request
from ..common import DECISION, server

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_REPORTING = """
server.on('connection', function (socket) {
  report('connection', socket.remoteHost());
  socket.on('error', function (error) { report('error', error); });
  socket.on('close', function (code) { report('close', code); });
});
server.start();
"""


async def _status(t: Trial, *fields: str) -> str:
    """Return the status line that a handshake is answered with, and leave."""
    async with t.connect_raw() as raw:
        raw.write(request("/", *fields))
        return (await raw.head()).decode("latin-1")


@suite.case(
    "limits/per-host",
    "extra",
    "With maxConnectionsPerHost, one connection too many of a host is answered with HTTP 429.",
    DECISION,
    server("maxConnectionsPerHost: 2") + _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as one, t.connect_raw() as two:
        await one.handshake()
        await two.handshake()
        head = await _status(t)
        if not head.startswith("HTTP/1.1 429 "):
            raise Deviation(f"the third connection was answered with {head!r}")


@suite.case(
    "limits/connection-rate",
    "extra",
    "With connectionRate, a host that connects too fast is answered with HTTP 429 and Retry-After.",
    DECISION,
    server("connectionRate: 1") + _REPORTING,
)
async def _(t: Trial) -> None:
    heads = [await _status(t) for _ in range(10)]
    refused = [head for head in heads if head.startswith("HTTP/1.1 429 ")]
    if not refused:
        raise Deviation("ten connections at once were all accepted, with connectionRate 1")
    if "\r\nretry-after: " not in refused[0].lower():
        raise Deviation(f"the refusal has no Retry-After: {refused[0]!r}")


@suite.case(
    "limits/message-rate",
    "extra",
    "With messageRate, a client that sends too fast is closed with 1008 and an error WS_RATE.",
    DECISION,
    server("messageRate: 2") + _REPORTING,
)
async def _(t: Trial) -> None:
    async with t.connect_raw() as raw:
        await raw.handshake()
        await t.expect("connection", "127.0.0.1")
        for _ in range(50):
            raw.send_frame(TEXT, b"1")
        await raw.expect_close(1008)
        await raw.finish()
    await t.expect("error", an_error(code="WS_RATE"))
    await t.expect("close", ANYTHING)


for _name, _proxies, _field, _host, _clause in (
    (
        "trusted",
        "['127.0.0.1', '10.0.0.0/8']",
        "198.51.100.1, 192.0.2.7, 10.1.2.3",
        "192.0.2.7",
        "Behind trusted proxies, remoteHost() is the address at which X-Forwarded-For leaves them.",
    ),
    (
        "stranger",
        "['10.0.0.0/8']",
        "192.0.2.7",
        "127.0.0.1",
        "X-Forwarded-For of a client that is no trusted proxy is ignored.",
    ),
    (
        "garbage",
        "['127.0.0.1']",
        "192.0.2.7, <nonsense>",
        "127.0.0.1",
        "What is no address in X-Forwarded-For is not taken for one.",
    ),
):

    @suite.case(
        f"limits/forwarded-{_name}",
        "extra",
        _clause,
        DECISION,
        server(f"trustedProxies: {_proxies}") + _REPORTING,
    )
    async def _(t: Trial, field: str = _field, host: str = _host) -> None:
        async with t.connect_raw() as raw:
            raw.write(request("/", f"X-Forwarded-For: {field}"))
            await raw.head()
            await t.expect("connection", host)


suite.reports(
    "limits/forwarded-no-network",
    "extra",
    "A trusted proxy that is no address or network is an error event, and nothing listens.",
    DECISION,
    server("trustedProxies: ['10.0.0.0/33']")
    + """
server.on('listening', reporter('listening'));
server.on('error', function (error) { report('error', error); settle(); });
server.start();
""",
    ("error", an_error(says="trustedProxies")),
    ("settled",),
)

for _asks, _certificate in (("require", True), ("require", False), ("request", False)):

    @suite.case(
        f"limits/certificate-{_asks}-{'shown' if _certificate else 'none'}",
        "extra",
        f"With requestClientCert '{_asks}', a client "
        + ("with a good certificate gets in." if _certificate else "without one ")
        + ("" if _certificate else ("gets in." if _asks == "request" else "is refused.")),
        DECISION,
        server(
            "sslTls: true, pfxKeyCertPath: PFX, pfxKeyCertPassword: PASSWORD, "
            f"clientCACertPath: AUTHORITY, requestClientCert: '{_asks}'"
        )
        + _REPORTING,
        needs=("tls",),
    )
    async def _(t: Trial, asks: str = _asks, certificate: bool = _certificate) -> None:
        context = t.certificates.client_context()
        if certificate:
            context.load_cert_chain(t.certificates.chain)
        gets_in = False
        try:
            async with t.connect(ssl=context) as client:
                await client.send("1")
                await t.expect("connection", "127.0.0.1")
                gets_in = True
        except (Deviation, OSError):
            if certificate or asks == "request":
                raise
        if gets_in != (certificate or asks == "request"):
            raise Deviation("a client without a certificate was served")
