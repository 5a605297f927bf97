"""TLS under @modules/socket: both ends, whom they trust, and who they are."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
from typing import Any

import pytest

from accessor_host.modules.socket.framing import frame

from ...support import certificates as made
from ...support.certificates import Certificates
from ...support.peers import missing
from ...support.scripts import running
from ...support.server_scripts import within
from ...support.tcp import client_script, server_script

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

ECHO = "socket.on('data', (data) => socket.send(data));"


def written(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in options.items())


def exchange(engine: str, server: dict[str, Any], client: dict[str, Any]) -> str:
    """Let a client send a text to a server that sends it back; return what the client printed."""
    printed: list[str] = []

    async def main() -> None:
        async with running(engine, server_script(options=written(server), each=ECHO)) as one:
            body = """
              client.on('error', (error) => console.log(error.message));
              client.on('data', () => client.close());
              client.send('secret');
              client.open();
            """
            more = {"sslTls": True, "reconnectAttempts": 0, **client}
            source = client_script(await one.port(), body, written(more))
            async with running(engine, source) as other:
                await other.ended()
            printed.append(other.stdout.text)

    within(main())
    return printed[0]


def test_both_ends(engine: str, certificates: Certificates) -> None:
    printed = exchange(engine, certificates.options, {"trustedCACertPath": certificates.ca})
    assert printed == 'client open\nclient data "secret"\nclient close\n'


def test_a_server_that_is_not_trusted(engine: str, certificates: Certificates) -> None:
    first, second = exchange(engine, certificates.options, {}).splitlines()
    assert first == "client error ERR_TLS"
    assert "an authority that is not trusted" in second
    assert "trustedCACertPath names the file" in second
    printed = exchange(engine, certificates.options, {"trustAll": True})
    assert printed.startswith('client open\nclient data "secret"\n')


def test_a_server_without_tls(engine: str) -> None:
    first, second = exchange(engine, {}, {"connectTimeout": 2000}).splitlines()[:2]
    assert first.startswith("client error")
    assert "is it a plain TCP port?" in second or "no connection within" in second


def test_clients_that_show_who_they_are(engine: str, certificates: Certificates) -> None:
    asks = {
        **certificates.options,
        "clientAuth": "required",
        "trustedCACertPath": certificates.ca,
    }
    trust = {"trustedCACertPath": certificates.ca}
    identity = {
        "pfxKeyCertPath": certificates.options["pfxKeyCertPath"],
        "pfxKeyCertPassword": made.PASSWORD,
    }
    printed = exchange(engine, asks, {**trust, **identity})
    assert printed.startswith('client open\nclient data "secret"\n')
    assert 'data "secret"' not in exchange(engine, asks, trust)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"clientAuth": "required"}, "ERR_INVALID_ARG_VALUE"),
        ({"sslTls": True}, "ERR_TLS_"),
        ({"sslTls": True, "pfxKeyCertPath": "/nowhere.pfx"}, "ERR_TLS_"),
    ],
)
def test_a_server_that_cannot_start(engine: str, options: dict[str, Any], code: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=written(options))) as run:
            assert (await run.stdout.until("server error")).startswith(code)
            await run.ended()

    within(main())


def test_openssl_gets_what_a_server_says_first(engine: str, certificates: Certificates) -> None:
    program = shutil.which("openssl")
    if program is None:
        missing("openssl is not installed")

    async def main() -> None:
        each = "socket.send('first'); " + ECHO
        options = written(certificates.options) + ", rawBytes: false"
        async with running(engine, server_script(options=options, each=each)) as run:
            process = await asyncio.create_subprocess_exec(
                str(program), "s_client", "-connect", f"127.0.0.1:{await run.port()}",
                "-CAfile", certificates.ca, "-quiet", "-verify_return_error",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            stdin, stdout = process.stdin, process.stdout
            assert stdin is not None
            assert stdout is not None
            assert await stdout.readexactly(6) == frame(b"first")
            stdin.write(frame(b"hello"))
            assert await stdout.readexactly(6) == frame(b"hello")
            stdin.close()
            process.terminate()
            await process.wait()
            assert await run.stdout.until("socket close") == ""

    within(main())


def test_an_end_without_tls_end_is_an_end(engine: str, certificates: Certificates) -> None:
    async def main() -> None:
        options = written(certificates.options)
        async with running(engine, server_script(options=options, each=ECHO)) as run:
            context = ssl.create_default_context(cafile=certificates.ca)
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", await run.port(), ssl=context
            )
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            writer.transport.abort()
            assert await run.stdout.until("socket close") == ""

    within(main())
