"""The certificate of a client, as scripts and programs see it."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from websockets.asyncio.client import connect

from accessor_host.net.tls.peer_certificate import describe

from ...support.certificates import Certificates, Identity, server
from ...support.scripts import running
from ...support.server_scripts import script, within
from ...support.wire import Running, run, serving


def asking(certificates: Certificates) -> dict[str, Any]:
    """Return options of a server that asks clients for a certificate, and takes those without."""
    authority = str(certificates.ca)
    return {
        **certificates.options,
        "clientCACertPath": authority,
        "requestClientCert": "request",
    }


def client_context(
    certificates: Certificates, folder: Path, identity: Identity | None
) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.ca)
    if identity is not None:
        (folder / "client.pem").write_bytes(identity.pem() + identity.pem_key())
        context.load_cert_chain(folder / "client.pem")
    return context


def check(found: Any, identity: Identity) -> None:
    certificate = identity.certificate
    assert found == {
        "subject": {"commonName": "device-7"},
        "issuer": {"commonName": "Test Authority"},
        "subjectAltName": ["DNS:device-7", "IP Address:10.0.0.7"],
        "serialNumber": found["serialNumber"],
        "notBefore": certificate.not_valid_before_utc.isoformat(),
        "notAfter": certificate.not_valid_after_utc.isoformat(),
        "fingerprint256": certificate.fingerprint(hashes.SHA256()).hex(),
    }
    assert int(found["serialNumber"], 16) == certificate.serial_number


def test_a_script_gets_what_the_certificate_says(
    engine: str, certificates: Certificates, tmp_path: Path
) -> None:
    device = server(certificates.authority, "device-7", "10.0.0.7")

    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket, request) => {
              console.log('connection', JSON.stringify(request.clientCertificate), request.secure);
            });
            """,
            json.dumps(asking(certificates))[1:-1] + ", verifyClient: (request) => { "
            "console.log('hook', JSON.stringify(request.clientCertificate)); return true; }",
        )
        async with running(engine, source) as run:
            url = f"wss://localhost:{await run.port()}"
            for identity in (device, None):
                async with connect(url, ssl=client_context(certificates, tmp_path, identity)):
                    said = json.loads(await run.stdout.until("hook"))
                    again = await run.stdout.until("connection")
                    assert again == f"{json.dumps(said, separators=(',', ':'))} true"
                if identity is None:
                    assert said is None
                else:
                    check(said, identity)

    within(main())


def test_a_program_gets_what_the_certificate_says(
    certificates: Certificates, tmp_path: Path
) -> None:
    device = server(certificates.authority, "device-7", "10.0.0.7")

    async def test() -> None:
        seen: list[Any] = []
        running: Running
        async with serving(
            hostInterface="localhost",
            verifyClient=lambda request: seen.append(request.client_certificate) or True,
            **asking(certificates),
        ) as running:
            url = f"wss://localhost:{running.port}"
            for identity in (device, None):
                async with connect(url, ssl=client_context(certificates, tmp_path, identity)):
                    pass
        check(seen[0], device)
        assert seen[1] is None

    run(test())


def test_an_attribute_that_stands_there_twice_is_a_list() -> None:
    class Tls:
        def getpeercert(self, binary_form: bool = False) -> Any:
            if binary_form:
                return b"DER"
            unit = "organizationalUnitName"
            return {
                "subject": (((unit, "a"),), ((unit, "b"), ("commonName", "c"))),
                "serialNumber": "0A",
                "notBefore": "Jan  1 00:00:00 2026 GMT",
                "notAfter": "Jan  1 00:00:00 2027 GMT",
            }

    found = describe(Tls())  # type: ignore[arg-type]
    assert found is not None
    assert found["subject"] == {"organizationalUnitName": ["a", "b"], "commonName": "c"}
    assert (found["issuer"], found["subjectAltName"]) == ({}, [])
    assert found["notBefore"] == "2026-01-01T00:00:00+00:00"


def test_what_nobody_has_verified_is_no_certificate() -> None:
    class Tls:
        def getpeercert(self, binary_form: bool = False) -> Any:
            return b"DER" if binary_form else {}

    assert describe(Tls()) is None  # type: ignore[arg-type]
