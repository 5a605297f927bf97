"""From the options of a server to its key and certificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import OptionError

if TYPE_CHECKING:
    from ..net.tls.settings import ServerTls

__all__ = ["FILES", "server_tls"]

FILES = ("pfxKeyCertPath", "pemKeyPath", "pemCertPath", "clientCACertPath")
"""Options that name files of TLS."""


def server_tls(values: Mapping[str, Any]) -> ServerTls | None:
    """Return the key and certificate files that options name; None when they want no TLS.

    Args:
        values: resolved options of a server.

    Raises:
        OptionError: certificates of clients are asked for, without TLS.
    """
    if not values["sslTls"]:
        if values["requestClientCert"] != "none":
            # Not ignored: whoever asks for it believes that strangers do not get in.
            allowed = "'none' without sslTls: there are no certificates in plain text"
            raise OptionError("requestClientCert", values["requestClientCert"], allowed)
        return None
    # Imported late: servers without TLS do without.
    from ..net.tls.settings import ServerNames, ServerTls

    return ServerTls(
        values["pfxKeyCertPath"],
        values["pfxKeyCertPassword"],
        values["pemKeyPath"],
        values["pemCertPath"],
        values["pemKeyPassword"],
        # A client that offers HTTP/2 too must not choose it.
        alpn=("http/1.1",),
        client_authorities=values["clientCACertPath"],
        client_certificate=values["requestClientCert"],
        names=ServerNames(
            "sslTls",
            "pfxKeyCertPath",
            "pfxKeyCertPassword",
            "pemKeyPath",
            "pemCertPath",
            "pemKeyPassword",
            "clientCACertPath",
            "requestClientCert",
        ),
    )
