"""The key and the certificates of a server or a client, from a PKCS#12 file or from PEM files.

Source: the module specification, section 1.2, for PKCS#12 (RFC 7292); PEM (RFC 7468) is ours.
"""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from ...errors import TlsError
from .settings import ClientNames, ClientTls, ServerNames, ServerTls

__all__ = ["LARGEST_FILE", "KeyMaterial", "load_key_material", "read_file"]

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes that are read of a key or certificate file; the largest CA bundles have a quarter."""

_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)

# What the library says of a damaged certificate, when it is loaded or only when it is read.
_DAMAGES = (ValueError, x509.InvalidVersion)

# What a PKCS#12 file holds first: version 3 (RFC 7292 section 4).
_PKCS12_VERSION = b"\x02\x01\x03"


@dataclass(frozen=True)
class KeyMaterial:
    """A private key, and the certificates that its owner shows.

    Args:
        source: setting and file, for messages.
        key: the private key.
        chain: the key's own certificate first, then those of its authorities.
    """

    source: str
    key: PrivateKeyTypes
    chain: tuple[x509.Certificate, ...]

    def check_dates(self, now: datetime) -> None:
        """Refuse a certificate that everybody would refuse.

        Args:
            now: the time, with a zone.

        Raises:
            TlsError: expired, or not valid yet.
        """
        certificate = self.chain[0]
        name = certificate.subject.rfc4514_string() or "without a subject"
        if now > certificate.not_valid_after_utc:
            raise TlsError(
                "ERR_TLS_CERT_EXPIRED",
                f"{self.source}: the certificate {name} expired on "
                f"{_date(certificate.not_valid_after_utc)}",
            )
        if now < certificate.not_valid_before_utc:
            raise TlsError(
                "ERR_TLS_CERT_NOT_YET_VALID",
                f"{self.source}: the certificate {name} is valid only from "
                f"{_date(certificate.not_valid_before_utc)}; is the clock right?",
            )

    def to_pem(self, password: bytes) -> bytes:
        """Return the key, encrypted, and the certificates.

        Args:
            password: for the key.
        """
        key = self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        return key + b"".join(one.public_bytes(Encoding.PEM) for one in self.chain)


def load_key_material(settings: ServerTls | ClientTls) -> KeyMaterial:
    """Read the files that the settings of a server, or a client, name.

    Args:
        settings: either a PKCS#12 file, or PEM files.

    Raises:
        TlsError: no file is named, or too many are; one cannot be read, is of another kind, needs
            another password, or has no key or no certificate for it.
    """
    names = settings.names
    if settings.pfx_path and (settings.pem_key_path or settings.pem_path):
        other = names.pem_key_path if settings.pem_key_path else names.pem_path
        raise TlsError(
            "ERR_TLS_TWO_KEYS", f"{names.pfx_path} and {other} are both given; give one of them"
        )
    if settings.pfx_path:
        with _no_panic(f"{names.pfx_path} {settings.pfx_path!r}"):
            return _from_pfx(settings)
    if settings.pem_path:
        with _no_panic(f"{names.pem_path} {settings.pem_path!r}"):
            return _from_pem(settings)
    if settings.pem_key_path:
        raise TlsError(
            "ERR_TLS_NO_CERTIFICATE",
            f"{names.pem_key_path} is given without {names.pem_path}, which it needs",
        )
    raise TlsError(
        "ERR_TLS_NO_KEY_FILE",
        f"{names.tls} needs a key and a certificate: give {names.pfx_path}, "
        f"or {names.pem_key_path} and {names.pem_path}",
    )


def read_file(setting: str, path: str) -> bytes:
    """Read a small file.

    Args:
        setting: name of the setting that gave the path, for messages.
        path: as given; a relative one starts at the current folder.

    Raises:
        TlsError: it is missing, unreadable, no regular file, or too large.
    """
    source = f"{setting} {path!r}"
    try:
        # Opening a pipe would wait for whoever writes to it.
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise TlsError("ERR_TLS_FILE_UNREADABLE", f"{source}: this is not a regular file")
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise TlsError("ERR_TLS_FILE_MISSING", f"{source}: there is no such file") from None
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL in it.
        reason = getattr(error, "strerror", None) or str(error)
        raise TlsError(
            "ERR_TLS_FILE_UNREADABLE", f"{source}: the file cannot be read: {reason}"
        ) from None
    if len(data) > LARGEST_FILE:
        raise TlsError(
            "ERR_TLS_FILE_UNREADABLE",
            f"{source}: the file has more than {LARGEST_FILE} bytes, which no key needs",
        )
    return data


@contextlib.contextmanager
def _no_panic(source: str) -> Iterator[None]:
    """Make an error of a panic of the library: no Exception, and it may quote a password."""
    try:
        yield
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        raise TlsError(
            "ERR_TLS_UNSUPPORTED", f"{source}: the TLS library failed on this file"
        ) from None


def _from_pfx(settings: ServerTls | ClientTls) -> KeyMaterial:
    names, path, password = settings.names, settings.pfx_path, settings.pfx_password
    source = f"{names.pfx_path} {path!r}"
    data = read_file(names.pfx_path, path)
    if not _is_pkcs12(data):
        hint = ""
        if b"-----BEGIN " in data:
            pem = f"{names.pem_key_path} and {names.pem_path}"
            hint = f"; it is a PEM file, for which there are {pem}"
        raise TlsError("ERR_TLS_NOT_PKCS12", f"{source}: this is no PKCS#12 file{hint}")
    if "\0" in password:
        # It ends the text in the file (RFC 7292 appendix B.1), and the library panics on it.
        raise TlsError(
            "ERR_TLS_BAD_PASSWORD",
            f"{source}: the password ({names.pfx_password}) has a NUL in it, "
            "which no password of a PKCS#12 file has",
        )
    try:
        key, own, others = pkcs12.load_key_and_certificates(data, password.encode() or None)
    except UnsupportedAlgorithm as error:
        raise _unsupported(source, error) from None
    except x509.InvalidVersion as error:
        raise _damaged(source, error) from None
    except ValueError:
        asked = "the password is wrong" if password else "it needs a password"
        raise TlsError(
            "ERR_TLS_BAD_PASSWORD",
            f"{source}: {asked} ({names.pfx_password}), or the file is damaged",
        ) from None
    if key is None:
        raise TlsError("ERR_TLS_NO_KEY", f"{source}: there is no private key inside")
    certificates = [*([] if own is None else [own]), *others]
    return _matched(source, source, key, certificates)


def _from_pem(settings: ServerTls | ClientTls) -> KeyMaterial:
    names, path = settings.names, settings.pem_path
    certificate_source, certificate_data = (
        f"{names.pem_path} {path!r}",
        read_file(names.pem_path, path),
    )
    if settings.pem_key_path:
        key_source = f"{names.pem_key_path} {settings.pem_key_path!r}"
        key_data = read_file(names.pem_key_path, settings.pem_key_path)
    else:
        # One file for both is common.
        key_source, key_data = certificate_source, certificate_data
    if b"-----BEGIN CERTIFICATE-----" not in certificate_data:
        raise TlsError(
            "ERR_TLS_NO_CERTIFICATE", f"{certificate_source}: there is no PEM certificate inside"
        )
    try:
        certificates = x509.load_pem_x509_certificates(certificate_data)
    except _DAMAGES as error:
        raise _damaged(certificate_source, error) from None
    key = _pem_key(key_source, key_data, settings.pem_password, names)
    return _matched(key_source, certificate_source, key, certificates)


def _pem_key(
    source: str, data: bytes, password: str, names: ServerNames | ClientNames
) -> PrivateKeyTypes:
    found = _PEM_KEY.search(data)
    if found is None:
        raise TlsError("ERR_TLS_NO_KEY", f"{source}: there is no PEM private key inside")
    encrypted = found[1].startswith(b"ENCRYPTED") or b"Proc-Type: 4,ENCRYPTED" in found[0]
    if encrypted and not password:
        raise TlsError(
            "ERR_TLS_BAD_PASSWORD",
            f"{source}: the key needs a password ({names.pem_password})",
        )
    try:
        # A password that nothing needs does no harm.
        return load_pem_private_key(found[0], password.encode() if encrypted else None)
    except UnsupportedAlgorithm as error:
        raise _unsupported(source, error) from None
    except ValueError:
        if encrypted:
            raise TlsError(
                "ERR_TLS_BAD_PASSWORD",
                f"{source}: the password is wrong ({names.pem_password}), or the file is damaged",
            ) from None
        raise TlsError("ERR_TLS_NO_KEY", f"{source}: the private key is damaged") from None


def _matched(
    key_source: str, source: str, key: PrivateKeyTypes, certificates: list[x509.Certificate]
) -> KeyMaterial:
    """Put the key's own certificate first."""
    if not certificates:
        raise TlsError("ERR_TLS_NO_CERTIFICATE", f"{source}: there is no certificate inside")
    wanted = _public_form(key)
    try:
        for index, certificate in enumerate(certificates):
            if _public_form(certificate) == wanted:
                _read_all(certificate)
                others = certificates[:index] + certificates[index + 1 :]
                return KeyMaterial(source, key, (certificate, *others))
    except _DAMAGES as error:
        raise _damaged(source, error) from None
    inside = "" if key_source == source else f" in {key_source}"
    raise TlsError(
        "ERR_TLS_KEY_MISMATCH", f"{source}: no certificate inside belongs to the key{inside}"
    )


def _read_all(certificate: x509.Certificate) -> None:
    """Read what ``check_dates`` needs: the library does so only when it is asked."""
    certificate.subject.rfc4514_string()
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _public_form(owner: PrivateKeyTypes | x509.Certificate) -> bytes | None:
    try:
        key = owner.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None  # an authority's key may be of a kind that we cannot read
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_pkcs12(data: bytes) -> bool:
    """Tell whether a file is one whole DER sequence that begins as PKCS#12 does."""
    if len(data) < 2 or data[0] != 0x30:
        return False
    size, start = data[1], 2
    if size == 0x80:
        return data[2:5] == _PKCS12_VERSION  # indefinite length (BER), as some exporters write
    if size > 0x80:
        start += size - 0x80
        size = int.from_bytes(data[2:start])
    return start + size <= len(data) and data[start : start + 3] == _PKCS12_VERSION


def _damaged(source: str, error: Exception) -> TlsError:
    return TlsError("ERR_TLS_NO_CERTIFICATE", f"{source}: a certificate is damaged: {error}")


def _unsupported(source: str, error: UnsupportedAlgorithm) -> TlsError:
    return TlsError("ERR_TLS_UNSUPPORTED", f"{source}: its encryption is not supported: {error}")


def _date(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
