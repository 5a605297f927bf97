"""A certificate that is damaged where nobody looks at first is refused like any other."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from accessor_host.errors import TlsError
from accessor_host.net.tls.contexts import server_context
from accessor_host.net.tls.key_material import load_key_material
from accessor_host.net.tls.settings import ServerTls

from ...support.certificates import DAY, Certificates, server

DAMAGES = {
    "subject that is no UTF-8": (b"\x0c\x09localhost", b"\x0c\x09\xff\xffcalhost"),
    "subject of another type": (b"\x0c\x09localhost", b"\x64\x09localhost"),
    "version that does not exist": (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03"),
    "month that does not exist": (b"\x17\x0d", b"\x17\x0d2699"),
}
"""What is looked for in the certificate, and what stands there instead."""


def damaged(der: bytes, old: bytes, new: bytes) -> bytes:
    at = der.index(old)
    pem: str = ssl.DER_cert_to_PEM_cert(der[:at] + new + der[at + len(new) :])
    return pem.encode()


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_certificate_is_refused(certificates: Certificates, what: str) -> None:
    identity = certificates.identity
    der = identity.certificate.public_bytes(Encoding.DER)
    content = identity.pem_key() + damaged(der, *DAMAGES[what])
    path = certificates.write("damaged.pem", content)
    with pytest.raises(TlsError) as caught:
        server_context(ServerTls(pem_path=path))
    assert caught.value.code == "ERR_TLS_NO_CERTIFICATE"
    assert caught.value.reason.startswith(f"pem_path {path!r}: a certificate is damaged: ")


@pytest.mark.parametrize("function", ["_read_all", "pkcs12.load_key_and_certificates"])
def test_a_certificate_of_a_pfx_is_looked_at_too(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    def refuse(*_: Any) -> None:
        raise x509.InvalidVersion("9 is not a valid X509 version", 9)

    monkeypatch.setattr(f"accessor_host.net.tls.key_material.{function}", refuse)
    path = certificates.write("version.pfx", certificates.identity.pfx())
    with pytest.raises(TlsError) as caught:
        load_key_material(ServerTls(pfx_path=path, pfx_password="changeit"))
    assert caught.value.code == "ERR_TLS_NO_CERTIFICATE"


def test_dates_are_told_without_a_subject(certificates: Certificates) -> None:
    expired = server(certificates.authority, ends=-DAY / 2)
    content = expired.pem_key() + expired.pem()
    material = load_key_material(ServerTls(pem_path=certificates.write("expired.pem", content)))
    with pytest.raises(TlsError, match="CN=localhost expired on"):
        material.check_dates(datetime.now(UTC))
