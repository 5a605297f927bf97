"""Certificates for the cases with TLS, made anew for each run: nothing secret, nothing expired."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

__all__ = ["PASSWORD", "Certificates", "make_certificates"]

PASSWORD = "changeit"  # noqa: S105 - of a key that lives as long as a run
"""Password of the PKCS#12 file."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """Files of one run.

    Args:
        pfx: key and certificate of a server on localhost, as PKCS#12.
        authority: who signed that certificate, as PEM.
        stranger: another authority, as PEM.
        chain: key and certificate of the same server, as PEM.
    """

    pfx: Path
    authority: Path
    stranger: Path
    chain: Path

    def client_context(self) -> ssl.SSLContext:
        """Return what a client needs that trusts the authority alone."""
        return ssl.create_default_context(cafile=self.authority)

    def server_context(self) -> ssl.SSLContext:
        """Return what a server with the certificate needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make an authority, a server's certificate, and an authority that has not signed it.

    Args:
        folder: where the files go.
    """
    # Imported late: no other case needs it.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def certificate(
        subject: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        signer: ec.EllipticCurvePrivateKey,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + 30 * _DAY)
            .add_extension(x509.BasicConstraints(subject == issuer, None), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(signed_by, critical=False)
        )
        if subject == issuer:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(signer, hashes.SHA256())

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    authority_key, stranger_key, server_key = keys
    authority = certificate("Conformance", authority_key, "Conformance", authority_key)
    stranger = certificate("Stranger", stranger_key, "Stranger", stranger_key)
    server = certificate("localhost", server_key, "Conformance", authority_key)
    pem = form.Encoding.PEM
    plain_key = server_key.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption())
    encryption = form.BestAvailableEncryption(PASSWORD.encode())
    files = Certificates(
        *(folder / file for file in ("server.pfx", "authority.pem", "stranger.pem", "server.pem"))
    )
    files.pfx.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"server", server_key, server, [authority], encryption
        )
    )
    files.authority.write_bytes(authority.public_bytes(pem))
    files.stranger.write_bytes(stranger.public_bytes(pem))
    files.chain.write_bytes(plain_key + server.public_bytes(pem))
    return files
