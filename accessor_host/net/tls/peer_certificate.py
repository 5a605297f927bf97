"""The certificate of a peer, in words that programs can compare."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

__all__ = ["describe"]


def describe(tls: ssl.SSLObject) -> dict[str, object] | None:
    """Return what a peer's certificate says, or None when it has shown none that was verified.

    Args:
        tls: of a connection whose TLS handshake is done.

    Returns:
        ``subject`` and ``issuer``, their attributes by name (``commonName``), an attribute that
        stands there twice as a list; ``subjectAltName``, a list such as ``["DNS:device-7"]``;
        ``serialNumber`` in hexadecimal; ``notBefore`` and ``notAfter`` as ISO 8601 in UTC;
        ``fingerprint256``, SHA-256 of the certificate in hexadecimal.
    """
    # Empty for a certificate that nobody has verified: what it says is worth nothing.
    found: dict[str, Any] | None = tls.getpeercert()
    if not found:
        return None
    return {
        "subject": _attributes(found.get("subject", ())),
        "issuer": _attributes(found.get("issuer", ())),
        "subjectAltName": [f"{kind}:{name}" for kind, name in found.get("subjectAltName", ())],
        "serialNumber": found["serialNumber"],
        "notBefore": _time(found["notBefore"]),
        "notAfter": _time(found["notAfter"]),
        "fingerprint256": sha256(tls.getpeercert(binary_form=True) or b"").hexdigest(),
    }


def _attributes(name: tuple[tuple[tuple[str, str], ...], ...]) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for part in name:
        for key, value in part:
            found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def _time(text: str) -> str:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC).isoformat()
