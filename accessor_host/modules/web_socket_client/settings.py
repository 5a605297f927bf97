"""From the options of ``web-socket-client`` to the settings of a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...net.connect import ascii_host
from ...websocket.limits import Limits
from ...websocket.settings import ClientNames, ClientSettings
from ..client_tls import client_tls
from .handshake import header_fields

if TYPE_CHECKING:
    from ...net.permits import ConnectPermit

__all__ = ["client_settings"]


def client_settings(
    values: Mapping[str, Any], permit: ConnectPermit | None = None
) -> ClientSettings:
    """Return the settings that options ask for.

    Args:
        values: resolved options of ``web-socket-client``; times are milliseconds.
        permit: decides where to connect; None is anywhere.

    Raises:
        OptionError: a field of ``headers`` is not allowed.
    """
    return ClientSettings(
        ascii_host(values["host"]),
        values["port"],
        values["path"],
        # What is left out, a server alone has.
        limits=Limits(
            max_message_size=values["maxMessageSize"],
            max_fragments=values["maxFragments"],
            ping_interval=values["pingInterval"] / 1000,
            ping_timeout=values["pingTimeout"] / 1000,
            closing_timeout=values["closingTimeout"] / 1000,
            max_unsent_bytes=values["maxUnsentBytes"],
            compression=values["compression"],
        ),
        connect_timeout=values["connectTimeout"] / 1000,
        retries=values["numberOfRetries"],
        retry_pause=values["timeBetweenRetries"] / 1000,
        throttle=values["throttleFactor"] / 1000,
        discards=values["discardMessagesBeforeOpen"],
        max_queued_messages=values["maxQueuedMessages"],
        tls=client_tls(values, "ws"),
        names=ClientNames("sslTls", "maxQueuedMessages", "maxUnsentBytes"),
        permit=permit,
        headers=header_fields(values["headers"]),
        subprotocols=values["subprotocols"] or (),
        proxy=values["proxy"],
        server_name=ascii_host(values["serverName"]),
    )
