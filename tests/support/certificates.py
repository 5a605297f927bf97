"""Certificates for tests, made on the fly: an authority, a server's, and bad ones."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey

PASSWORD = "changeit"
"""Of every encrypted file that is made here."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A key with its certificate.

    Args:
        key: private key.
        certificate: for that key.
        issuer: who signed it; None for an authority.
    """

    key: Any
    certificate: x509.Certificate
    issuer: Identity | None = None

    def pfx(self, password: str = PASSWORD, *, chain: bool = True) -> bytes:
        """Return a PKCS#12 file."""
        others = [self.issuer.certificate] if chain and self.issuer else None
        return pkcs12.serialize_key_and_certificates(
            b"server", self.key, self.certificate, others, _encryption(password)
        )

    def pem_key(self, password: str = "") -> bytes:
        """Return the private key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(password))

    def pem(self) -> bytes:
        """Return the certificate."""
        return self.certificate.public_bytes(Encoding.PEM)


def _encryption(password: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()


def authority(name: str = "Test Authority") -> Identity:
    """Make an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = (
        _dated(_builder(key, subject, subject), -DAY, 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=True), critical=True)
    )
    return Identity(key, builder.sign(key, hashes.SHA256()))


def server(
    issuer: Identity,
    *names: str,
    begins: timedelta = -DAY,
    ends: timedelta = 30 * DAY,
    key: Key | None = None,
) -> Identity:
    """Make a server's certificate.

    Args:
        issuer: signs it.
        names: host names and IP addresses that it is for; localhost unless given.
        begins: from now.
        ends: from now.
        key: private key; a new one unless given.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = names or ("localhost", "127.0.0.1", "::1")
    subject = _name(names[0])
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = (
        _dated(_builder(key, subject, issuer.certificate.subject), begins, ends)
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(authority_key, critical=False)
    )
    return Identity(key, builder.sign(issuer.key, hashes.SHA256()), issuer)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(key: Key, subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _dated(
    builder: x509.CertificateBuilder, begins: timedelta, ends: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return builder.not_valid_before(now + begins).not_valid_after(now + ends)


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign,
        crl_sign=sign,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Certificates:
    """Files with certificates.

    Args:
        folder: where they lie; a test may add its own.
        authority: whom clients are to trust.
        identity: of a good server on this machine.
    """

    folder: Path
    authority: Identity
    identity: Identity

    @property
    def ca(self) -> str:
        """Return the path of the authority's certificate in PEM."""
        return str(self.folder / "ca.pem")

    @property
    def options(self) -> dict[str, object]:
        """Return options of a server that speaks TLS."""
        return {
            "sslTls": True,
            "pfxKeyCertPath": str(self.folder / "server.pfx"),
            "pfxKeyCertPassword": PASSWORD,
        }

    def options_of(self, identity: Identity, name: str) -> dict[str, object]:
        """Write another identity to files, and return options of its server.

        Args:
            identity: key and certificate.
            name: start of the files' names.
        """
        return {
            "sslTls": True,
            "pemCertPath": self.write(f"{name}.pem", identity.pem()),
            "pemKeyPath": self.write(f"{name}.key", identity.pem_key()),
        }

    def write(self, name: str, data: bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(data)
        return str(path)


def make_certificates(folder: Path) -> Certificates:
    """Write the files of a good server: ca.pem, server.pfx, server.pem, server.key."""
    ca = authority()
    good = server(ca)
    certificates = Certificates(folder, ca, good)
    certificates.write("ca.pem", ca.pem())
    certificates.write("server.pfx", good.pfx())
    certificates.write("server.pem", good.pem())
    certificates.write("server.key", good.pem_key())
    return certificates
