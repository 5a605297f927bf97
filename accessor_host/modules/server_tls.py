"""From the options of a server to its key and certificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import OptionError

if TYPE_CHECKING:
    from ..net.tls.settings import ServerTls

__all__ = ["FILES", "ServerOptions", "server_tls"]

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


class ServerOptions(NamedTuple):
    """What servers differ in, by default as those of the web.

    Args:
        authorities: the option that names the authorities whose clients are trusted.
        request: the option that says whether clients are asked for a certificate.
        alpn: protocols to agree on (RFC 7301). A client that offers HTTP/2 too must not choose it.
    """

    authorities: str = "clientCACertPath"
    request: str = "requestClientCert"
    alpn: tuple[str, ...] = ("http/1.1",)


_WEB = ServerOptions()


def server_tls(values: Mapping[str, Any], options: ServerOptions = _WEB) -> ServerTls | None:
    """Return the key and certificate files that options name; None when they want no TLS.

    Args:
        values: resolved options of a server.
        options: what the server differs in.

    Raises:
        OptionError: certificates of clients are asked for, without TLS.
    """
    request = values[options.request]
    if not values["sslTls"]:
        if request != "none":
            # Not ignored: whoever asks for it believes that strangers do not get in.
            allowed = "'none' without sslTls: there are no certificates in plain text"
            raise OptionError(options.request, request, allowed)
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
        alpn=options.alpn,
        client_authorities=values[options.authorities],
        client_certificate=_REQUESTS[request],
        names=ServerNames("sslTls", *_IDENTITY, options.authorities, options.request),
    )
