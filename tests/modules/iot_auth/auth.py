"""A small Auth: the other end of requests for session keys, written apart from the module.

It uses nothing of the module, so that both must agree on every byte.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

SPEC = "AES-128-CBC:HmacSHA256"


def digits(size: int) -> bytes:
    """Write a length in base 128."""
    out = b""
    while size > 127:
        out += bytes([size % 128 + 128])
        size //= 128
    return out + bytes([size])


def message(kind: int, payload: bytes) -> bytes:
    """Frame a message."""
    return bytes([kind]) + digits(len(payload)) + payload


async def read_message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read a message: its type and its payload."""
    (kind,) = await reader.readexactly(1)
    size = place = 0
    while True:
        (digit,) = await reader.readexactly(1)
        size += (digit & 127) << place
        place += 7
        if digit < 128:
            return kind, await reader.readexactly(size)


def seal(data: bytes, cipher_key: bytes, mac_key: bytes) -> bytes:
    """Encrypt with AES-CBC, then authenticate with HMAC-SHA256."""
    padder = padding.PKCS7(128).padder()
    vector = os.urandom(16)
    encryptor = Cipher(algorithms.AES(cipher_key), modes.CBC(vector)).encryptor()
    padded = padder.update(data) + padder.finalize()
    sealed = vector + encryptor.update(padded) + encryptor.finalize()
    made = hmac.HMAC(mac_key, hashes.SHA256())
    made.update(sealed)
    return sealed + made.finalize()


def unseal(data: bytes, cipher_key: bytes, mac_key: bytes) -> bytes:
    """Check and decrypt what :func:`seal` made."""
    sealed, mac = data[:-32], data[-32:]
    made = hmac.HMAC(mac_key, hashes.SHA256())
    made.update(sealed)
    made.verify(mac)
    decryptor = Cipher(algorithms.AES(cipher_key), modes.CBC(sealed[:16])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    padded = decryptor.update(sealed[16:]) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


@dataclass
class Key:
    """A session key."""

    id: int
    cipher: bytes = field(default_factory=lambda: os.urandom(16))
    mac: bytes = field(default_factory=lambda: os.urandom(32))
    expires: float = field(default_factory=lambda: time.time() + 3600)
    validity: float = 3600.0

    @property
    def wire(self) -> bytes:
        """The key as Auth writes it."""
        return b"".join(
            (
                self.id.to_bytes(8),
                int(self.expires * 1000).to_bytes(6),
                int(self.validity * 1000).to_bytes(6),
                bytes([len(self.cipher)]) + self.cipher,
                bytes([len(self.mac)]) + self.mac,
            )
        )


def make_identity(folder: Path, name: str) -> rsa.RSAPrivateKey:
    """Write NAME.pem, a certificate, and NAME.key, its private key."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key


@dataclass
class Auth:
    """Gives session keys to one entity.

    Args:
        key: its own.
        entity: of the entity.
        is_older: whether requests have no length before their purpose.
    """

    key: rsa.RSAPrivateKey
    entity: rsa.RSAPublicKey
    is_older: bool = False
    keys: list[Key] = field(default_factory=list)
    cipher: bytes = field(default_factory=lambda: os.urandom(16))
    mac: bytes = field(default_factory=lambda: os.urandom(32))
    expires: float = field(default_factory=lambda: time.time() + 3600)
    seen: list[tuple[int, str, object, int]] = field(default_factory=list)
    """Type, name, purpose and count of each request."""
    distort: Callable[[int, bytes], bytes] = field(default=message)
    """Makes the answer of its type and payload; a hostile Auth has another."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            nonce = os.urandom(8)
            writer.write(message(0, b"\0\0\0\x65" + nonce))
            kind, payload = await read_message(reader)
            plain = self._open(kind, payload)
            assert plain[8:16] == nonce
            name, purpose = self._names(plain[20:])
            count = int.from_bytes(plain[16:20])
            self.seen.append((kind, name, json.loads(purpose), count))
            writer.write(self._answer(kind, plain[:8], count))
            await reader.read()
        writer.close()

    def _open(self, kind: int, payload: bytes) -> bytes:
        if kind == 22:
            return unseal(payload[1 + payload[0] :], self.cipher, self.mac)
        assert kind == 20
        assert len(payload) == 512
        self.entity.verify(payload[256:], payload[:256], rsa_padding.PKCS1v15(), hashes.SHA256())
        return self.key.decrypt(payload[:256], rsa_padding.PKCS1v15())

    def _names(self, data: bytes) -> tuple[str, str]:
        name, rest = data[1 : 1 + data[0]], data[1 + data[0] :]
        if not self.is_older:
            assert rest[0] == len(rest) - 1
            rest = rest[1:]
        return name.decode(), rest.decode()

    def _answer(self, kind: int, nonce: bytes, count: int) -> bytes:
        spec = b'{"cipher":"AES-128-CBC","mac":"SHA256"}'
        keys = b"".join(key.wire for key in self.keys[:count])
        number = min(count, len(self.keys)).to_bytes(4)
        sealed = seal(nonce + digits(len(spec)) + spec + number + keys, self.cipher, self.mac)
        if kind == 22:
            return self.distort(23, sealed)
        distribution = (
            int(self.expires * 1000).to_bytes(6)
            + bytes([len(self.cipher)])
            + self.cipher
            + bytes([len(self.mac)])
            + self.mac
        )
        encrypted = self.entity.encrypt(distribution, rsa_padding.PKCS1v15())
        signature = self.key.sign(encrypted, rsa_padding.PKCS1v15(), hashes.SHA256())
        return self.distort(21, encrypted + signature + sealed)
