"""From the options of ``web-socket-server`` to the settings of a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...websocket.limits import Limits
from ...websocket.settings import ServerSettings
from ..server_tls import server_tls

if TYPE_CHECKING:
    from ...net.forwarding import Proxies
    from ...net.handover import Guest
    from ...net.permits import ListenPermit
    from ...websocket.opening import Verifier

__all__ = ["server_settings"]


def server_settings(
    values: Mapping[str, Any],
    permit: ListenPermit | None = None,
    verifier: Verifier | None = None,
    guest: Guest | None = None,
) -> ServerSettings:
    """Return the settings that options ask for.

    Args:
        values: resolved options of ``web-socket-server``; times are milliseconds.
        permit: decides where to listen; None is anywhere.
        verifier: decides who may connect, if the options want that; None admits all.
        guest: takes the connections of another server; None has sockets of its own.

    Raises:
        OptionError: a value is not allowed, as only Python can tell.
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
            high_water_mark=values["highWaterMark"],
            message_rate=values["messageRate"],
            compression=values["compression"],
        ),
        allowed_origins=values["allowedOrigins"],
        max_connections=values["maxConnections"],
        max_connections_per_host=values["maxConnectionsPerHost"],
        connection_rate=values["connectionRate"],
        proxies=_proxies(values["trustedProxies"]),
        path=values["path"],
        subprotocols=values["subprotocols"],
        verifier=verifier,
        tls=server_tls(values),
        permit=permit,
        reuse_port=values["reusePort"],
        socket_mode=values["socketMode"],
        health_path=_health_path(values["healthPath"]),
        guest=guest,
    )


def _health_path(path: str) -> str:
    return f"/{path.removeprefix('/')}" if path else ""


def _proxies(networks: Sequence[str] | None) -> Proxies | None:
    if not networks:
        return None
    # Imported late: most servers are not behind proxies.
    from ..trusted_proxies import trusted_proxies

    return trusted_proxies(networks)
