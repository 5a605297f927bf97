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

_REQUESTS = {"none": "none", "request": "request", "require": "require", "required": "require"}

_IDENTITY = (
    "pfxKeyCertPath",
    "pfxKeyCertPassword",
    "pemKeyPath",
    "pemCertPath",
    "pemKeyPassword",
)


def server_tls(
    values: Mapping[str, Any],
    *,
    authorities: str = "clientCACertPath",
    request: str = "requestClientCert",
    alpn: tuple[str, ...] = ("http/1.1",),
) -> ServerTls | None:
    """Return the key and certificate files that options name; None when they want no TLS.

    Args:
        values: resolved options of a server.
        authorities: the option that names the authorities whose clients are trusted.
        request: the option that says whether clients are asked for a certificate.
        alpn: protocols to agree on (RFC 7301). A client that offers HTTP/2 too must not choose it.

    Raises:
        OptionError: certificates of clients are asked for, without TLS.
    """
    if not values["sslTls"]:
        if values[request] != "none":
            # Not ignored: whoever asks for it believes that strangers do not get in.
            allowed = "'none' without sslTls: there are no certificates in plain text"
            raise OptionError(request, values[request], allowed)
        return None
    # Imported late: servers without TLS do without.
    from ..net.tls.settings import ServerNames, ServerTls

    pfx_path, pfx_password, pem_key_path, pem_path, pem_password = (
        values[name] for name in _IDENTITY
    )
    return ServerTls(
        pfx_path,
        pfx_password,
        pem_key_path,
        pem_path,
        pem_password,
        alpn=alpn,
        client_authorities=values[authorities],
        client_certificate=_REQUESTS[values[request]],
        names=ServerNames("sslTls", *_IDENTITY, authorities, request),
    )
