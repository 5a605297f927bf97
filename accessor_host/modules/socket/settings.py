"""From the options of ``socket`` to the settings of clients and servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import OptionError
from ...net.tuning import Tuning

if TYPE_CHECKING:
    from ...net.tls.settings import ClientTls, ServerTls

__all__ = ["FILES", "StreamSettings", "client_tls", "server_tls", "stream_settings"]

FILES = ("pfxKeyCertPath", "pemKeyPath", "pemCertPath", "trustedCACertPath")
"""Options that name files, which are read for TLS."""

_CLIENT_AUTH = {"none": "none", "request": "request", "required": "require"}


class StreamSettings(NamedTuple):
    """Settings of a connection.

    Args:
        is_raw: whether bytes go as they are, instead of behind their length.
        idle_timeout: seconds without a byte in either direction, after which it is closed; 0 is
            never.
        max_unsent_bytes: bytes that may wait for the peer.
        tuning: what the system is told.
    """

    is_raw: bool
    idle_timeout: float
    max_unsent_bytes: int
    tuning: Tuning


def stream_settings(values: Mapping[str, Any]) -> StreamSettings:
    """Return the settings of connections that options ask for.

    Args:
        values: resolved options of ``socket``.
    """
    return StreamSettings(
        values["rawBytes"],
        values["idleTimeout"],
        values["maxUnsentBytes"],
        Tuning(
            values["keepAlive"],
            values["noDelay"],
            values["receiveBufferSize"],
            values["sendBufferSize"],
        ),
    )


def client_tls(values: Mapping[str, Any]) -> ClientTls | None:
    """Return whom options trust, and with which certificate; None when they want no TLS.

    Args:
        values: resolved options of ``socket``.
    """
    if not values["sslTls"]:
        return None
    # Imported late: clients without TLS do without.
    from ...net.tls import settings as tls

    names = tls.ClientNames("trustAll", "trustedCACertPath", "TCP", "sslTls", *_IDENTITY)
    return tls.ClientTls(
        values["trustAll"],
        values["trustedCACertPath"],
        names,
        *(values[name] for name in _IDENTITY),
    )


def server_tls(values: Mapping[str, Any]) -> ServerTls | None:
    """Return the key and certificate files that options name; None when they want no TLS.

    Args:
        values: resolved options of ``socket``.

    Raises:
        OptionError: certificates of clients are asked for, without TLS.
    """
    if not values["sslTls"]:
        if values["clientAuth"] != "none":
            # Not ignored: whoever asks for it believes that strangers do not get in.
            allowed = "'none' without sslTls: there are no certificates in plain text"
            raise OptionError("clientAuth", values["clientAuth"], allowed)
        return None
    # Imported late: servers without TLS do without.
    from ...net.tls import settings as tls

    pfx_path, pfx_password, pem_key_path, pem_path, pem_password = (
        values[name] for name in _IDENTITY
    )
    return tls.ServerTls(
        pfx_path,
        pfx_password,
        pem_key_path,
        pem_path,
        pem_password,
        client_authorities=values["trustedCACertPath"],
        client_certificate=_CLIENT_AUTH[values["clientAuth"]],
        names=tls.ServerNames("sslTls", *_IDENTITY, "trustedCACertPath", "clientAuth"),
    )


_IDENTITY = (
    "pfxKeyCertPath",
    "pfxKeyCertPassword",
    "pemKeyPath",
    "pemCertPath",
    "pemKeyPassword",
)
