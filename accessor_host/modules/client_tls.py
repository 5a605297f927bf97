"""From the options of a client to whom it trusts and who it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..net.tls.settings import ClientTls

__all__ = ["client_tls", "client_tls_files"]

_FILES = ("trustedCACertPath", "pfxKeyCertPath", "pemKeyPath", "pemCertPath")

_IDENTITY = (
    "pfxKeyCertPath",
    "pfxKeyCertPassword",
    "pemKeyPath",
    "pemCertPath",
    "pemKeyPassword",
)


def client_tls(values: Mapping[str, Any], plain: str) -> ClientTls | None:
    """Return whom options trust, and with which certificate; None when they want no TLS.

    Args:
        values: resolved options of a client.
        plain: what messages call the protocol without TLS.
    """
    if not values["sslTls"]:
        return None
    # Imported late: clients without TLS do without.
    from ..net.tls.settings import ClientNames, ClientTls

    return ClientTls(
        values["trustAll"],
        values["trustedCACertPath"],
        ClientNames("trustAll", "trustedCACertPath", plain, "sslTls", *_IDENTITY),
        *(values[name] for name in _IDENTITY),
    )


def client_tls_files(values: Mapping[str, Any]) -> list[str]:
    """List the files that TLS reads.

    Args:
        values: resolved options of a client.
    """
    return [values[name] for name in _FILES if values["sslTls"] and values[name]]
