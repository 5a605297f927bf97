"""What encrypts, authenticates and signs: AES with HMAC or GCM, and RSA.

Source: module specification section 17.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .messages import IotAuthError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "PUBLIC_KEY_SPECS",
    "SYMMETRIC_SPECS",
    "decrypt",
    "encrypt",
    "private_key",
    "public_key",
    "rsa_open",
    "rsa_seal",
]

PUBLIC_KEY_SPECS: Sequence[str] = ("RSA/ECB/PKCS1PADDING:SHA256withRSA",)

_BLOCK = 16
_TAG = 16
_GCM_NONCE = 12
_MAC = 32
_PKCS1 = 11
"""Bytes that the padding takes at least."""

_MAX_FILE = 64 * 1024
"""Bytes of a file with a key: a chain of certificates has fewer."""

_MIN_RSA, _MAX_RSA = 2048, 16384
"""Bits of an RSA key."""


class Keys(Protocol):
    """Keys of a cipher and of its MAC."""

    @property
    def cipher(self) -> bytes:
        """Return the key of the cipher."""

    @property
    def mac(self) -> bytes:
        """Return the key of the MAC."""


class _Spec(NamedTuple):
    key_size: int
    is_gcm: bool


_SPECS = {
    "AES-128-CBC:HmacSHA256": _Spec(16, False),
    "AES-192-CBC:HmacSHA256": _Spec(24, False),
    "AES-128-GCM": _Spec(16, True),
}

SYMMETRIC_SPECS: Sequence[str] = tuple(_SPECS)


def _spec(name: str, keys: Keys) -> _Spec:
    if name not in _SPECS:
        raise IotAuthError(f"{name!r} is no crypto spec; expected one of {', '.join(_SPECS)}")
    spec = _SPECS[name]
    if len(keys.cipher) != spec.key_size:
        raise IotAuthError(f"{name} takes a key of {spec.key_size} bytes, not {len(keys.cipher)}")
    if not (spec.is_gcm or keys.mac):
        raise IotAuthError(f"{name} takes a key for its MAC")
    return spec


def encrypt(data: bytes, name: str, keys: Keys) -> bytes:
    """Encrypt, and authenticate what was encrypted.

    Args:
        data: plain text.
        name: of the crypto spec.
        keys: for it.

    Raises:
        IotAuthError: there is no such spec, or the keys are not for it.
    """
    if _spec(name, keys).is_gcm:
        nonce = os.urandom(_GCM_NONCE)
        return nonce + AESGCM(keys.cipher).encrypt(nonce, data, None)
    vector = os.urandom(_BLOCK)
    padder = padding.PKCS7(_BLOCK * 8).padder()
    encryptor = Cipher(algorithms.AES(keys.cipher), modes.CBC(vector)).encryptor()
    padded = padder.update(data) + padder.finalize()
    encrypted = vector + encryptor.update(padded) + encryptor.finalize()
    return encrypted + _mac(keys, encrypted).finalize()


def decrypt(data: bytes, name: str, keys: Keys) -> bytes:
    """Check that nobody has changed it, and then decrypt.

    Args:
        data: as :func:`encrypt` returns it.
        name: of the crypto spec.
        keys: for it.

    Raises:
        IotAuthError: it was changed, or is of other keys.
    """
    wrong = IotAuthError("a message is not authentic: its MAC does not match")
    if _spec(name, keys).is_gcm:
        if len(data) < _GCM_NONCE + _TAG:
            raise wrong
        try:
            return AESGCM(keys.cipher).decrypt(data[:_GCM_NONCE], data[_GCM_NONCE:], None)
        except InvalidTag:
            raise wrong from None
    encrypted, mac = data[:-_MAC], data[-_MAC:]
    if len(encrypted) < 2 * _BLOCK or len(encrypted) % _BLOCK:
        raise wrong
    try:
        _mac(keys, encrypted).verify(mac)
    except InvalidSignature:
        raise wrong from None
    vector, body = encrypted[:_BLOCK], encrypted[_BLOCK:]
    decryptor = Cipher(algorithms.AES(keys.cipher), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(_BLOCK * 8).unpadder()
    try:
        return unpadder.update(decryptor.update(body) + decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise IotAuthError("a message has no padding") from None


def _mac(keys: Keys, data: bytes) -> hmac.HMAC:
    made = hmac.HMAC(keys.mac, hashes.SHA256())
    made.update(data)
    return made


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise IotAuthError(f"{path}: {words}") from None
    if len(data) > _MAX_FILE:
        raise IotAuthError(f"{path}: it has more than {_MAX_FILE} bytes")
    return data


def public_key(path: str) -> rsa.RSAPublicKey:
    """Return the public key of a certificate in PEM.

    Raises:
        IotAuthError: the file cannot be read, or has none.
    """
    try:
        key = x509.load_pem_x509_certificate(_read(path)).public_key()
    except ValueError:
        raise IotAuthError(f"{path}: it has no certificate in PEM") from None
    if not isinstance(key, rsa.RSAPublicKey) or not _MIN_RSA <= key.key_size <= _MAX_RSA:
        raise IotAuthError(f"{path}: the certificate is not for an RSA key of 2048 bits or more")
    return key


def private_key(path: str) -> rsa.RSAPrivateKey:
    """Return a private key in PEM.

    Raises:
        IotAuthError: the file cannot be read, or has none.
    """
    try:
        key = serialization.load_pem_private_key(_read(path), None)
    except (ValueError, TypeError):
        raise IotAuthError(f"{path}: it has no private key in PEM without a password") from None
    if not isinstance(key, rsa.RSAPrivateKey) or not _MIN_RSA <= key.key_size <= _MAX_RSA:
        raise IotAuthError(f"{path}: it is no RSA key of 2048 bits or more")
    return key


def rsa_seal(data: bytes, to: rsa.RSAPublicKey, by: rsa.RSAPrivateKey) -> bytes:
    """Encrypt for somebody, and sign what was encrypted.

    Raises:
        IotAuthError: it is too long.
    """
    most = to.key_size // 8 - _PKCS1
    if len(data) > most:
        raise IotAuthError(f"name and purpose are too long by {len(data) - most} bytes")
    encrypted = to.encrypt(data, rsa_padding.PKCS1v15())
    return encrypted + by.sign(encrypted, rsa_padding.PKCS1v15(), hashes.SHA256())


def rsa_open(data: bytes, by: rsa.RSAPublicKey, to: rsa.RSAPrivateKey) -> bytes:
    """Check who has sealed something, and decrypt it.

    Args:
        data: as :func:`rsa_seal` returns it.
        by: who has signed it.
        to: whom it is for.

    Raises:
        IotAuthError: it is of somebody else, or for somebody else.
    """
    size = to.key_size // 8
    encrypted, signature = data[:size], data[size:]
    try:
        by.verify(signature, encrypted, rsa_padding.PKCS1v15(), hashes.SHA256())
        return to.decrypt(encrypted, rsa_padding.PKCS1v15())
    except (InvalidSignature, ValueError):
        raise IotAuthError("a distribution key is not signed by Auth, or not for us") from None
