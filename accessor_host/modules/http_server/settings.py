"""From the options of ``http-server`` to the settings of a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...http.server.settings import HttpLimits, HttpServerSettings
from ..server_tls import server_tls

if TYPE_CHECKING:
    from ...net.forwarding import Proxies
    from ...net.handover import Door
    from ...net.permits import ListenPermit

__all__ = ["http_server_settings"]


def http_server_settings(
    values: Mapping[str, Any], permit: ListenPermit | None = None, door: Door | None = None
) -> HttpServerSettings:
    """Return the settings that options ask for.

    Args:
        values: resolved options of ``http-server``; times are milliseconds.
        permit: decides where to listen; None is anywhere.
        door: where web sockets go; None is nowhere.

    Raises:
        OptionError: a value is not allowed, as only Python can tell.
    """
    return HttpServerSettings(
        values["hostInterface"],
        values["port"],
        limits=HttpLimits(
            max_head_size=values["maxHeadSize"],
            max_fields=values["maxHeaders"],
            max_body_size=values["maxBodySize"],
            max_held_bytes=max(values["maxBodySize"], values["maxHeldBytes"]),
            head_timeout=values["headTimeout"] / 1000,
            body_timeout=values["bodyTimeout"] / 1000,
            answer_timeout=values["timeout"] / 1000,
            idle_timeout=values["idleTimeout"] / 1000,
            max_unsent_bytes=values["maxUnsentBytes"],
        ),
        max_connections=values["maxConnections"],
        max_connections_per_host=values["maxConnectionsPerHost"],
        connection_rate=values["connectionRate"],
        tls=server_tls(values),
        permit=permit,
        reuse_port=values["reusePort"],
        socket_mode=values["socketMode"],
        door=door,
        proxies=_proxies(values["trustedProxies"]),
    )


def _proxies(networks: Sequence[str] | None) -> Proxies | None:
    if not networks:
        return None
    # Imported late: most servers are not behind proxies.
    from ..trusted_proxies import trusted_proxies

    return trusted_proxies(networks)
