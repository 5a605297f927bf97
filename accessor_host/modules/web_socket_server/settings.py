"""From the options of ``web-socket-server`` to the settings of a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...websocket.limits import Limits
from ...websocket.settings import ServerSettings

if TYPE_CHECKING:
    from ...net.permits import ListenPermit
    from ...net.tls.settings import ServerTls
    from ...websocket.opening import Verifier

__all__ = ["server_settings", "server_tls"]


def server_settings(
    values: Mapping[str, Any],
    permit: ListenPermit | None = None,
    verifier: Verifier | None = None,
) -> ServerSettings:
    """Return the settings that options ask for.

    Args:
        values: resolved options of ``web-socket-server``; times are milliseconds.
        permit: decides where to listen; None is anywhere.
        verifier: decides who may connect, if the options want that; None admits all.
    """
    return ServerSettings(
        values["hostInterface"],
        values["port"],
        limits=Limits(
            max_message_size=values["maxMessageSize"],
            max_fragments=values["maxFragments"],
            opening_timeout=values["openingTimeout"] / 1000,
            ping_interval=values["pingInterval"] / 1000,
            ping_timeout=values["pingTimeout"] / 1000,
            closing_timeout=values["closingTimeout"] / 1000,
            idle_timeout=values["idleTimeout"] / 1000,
            max_unsent_bytes=values["maxUnsentBytes"],
            compression=values["compression"],
        ),
        allowed_origins=values["allowedOrigins"],
        max_connections=values["maxConnections"],
        path=values["path"],
        subprotocols=values["subprotocols"],
        verifier=verifier,
        tls=server_tls(values),
        permit=permit,
    )


def server_tls(values: Mapping[str, Any]) -> ServerTls | None:
    """Return the key and certificate files that options name; None when they want no TLS.

    Args:
        values: resolved options of ``web-socket-server``.
    """
    if not values["sslTls"]:
        return None
    # Imported late: servers without TLS do without.
    from ...net.tls.settings import ServerNames, ServerTls

    return ServerTls(
        values["pfxKeyCertPath"],
        values["pfxKeyCertPassword"],
        values["pemKeyPath"],
        values["pemCertPath"],
        values["pemKeyPassword"],
        # A client that offers HTTP/2 too must not choose it.
        alpn=("http/1.1",),
        names=ServerNames(
            "sslTls",
            "pfxKeyCertPath",
            "pfxKeyCertPassword",
            "pemKeyPath",
            "pemCertPath",
            "pemKeyPassword",
        ),
    )
