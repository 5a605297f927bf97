"""From the options of ``mqtt`` to the settings of a client."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from ...net.connect import ascii_host
from ..client_tls import client_tls
from .topics import MAX_TEXT, topic_fault

if TYPE_CHECKING:
    from ...net.permits import ConnectPermit
    from ...net.tls.settings import ClientTls

__all__ = ["ClientSettings", "Will", "client_settings"]

_WILL_KEYS = frozenset(("topic", "message", "qos", "retain"))

_ALLOWED_WILL = (
    "an object with a topic without wildcards, and perhaps a message (text), a qos of 0, 1 or 2 "
    "and retain (true or false)"
)


@dataclass(frozen=True)
class Will:
    """What the broker publishes when it loses a client.

    Args:
        topic: where.
        payload: what.
        qos: 0, 1 or 2.
        retain: whether the broker keeps it for later subscribers.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True)
class ClientSettings:
    """Settings of one client; times are seconds.

    Args:
        host: name or address of the broker, in ASCII.
        port: its TCP port.
        client_id: who the client is.
        username: empty for none.
        password: empty for none.
        will: published for a client that is lost; None is none.
        clean: whether the broker forgets the client when the connection ends.
        keepalive: whole seconds between signs of life; 0 needs none.
        connect_timeout: of one attempt; 0 is no limit.
        closing_timeout: for what is not acknowledged yet when the client ends.
        reconnect: whether to connect again after a failure or a loss.
        min_delay: before the first attempt to reconnect.
        max_delay: before the last ones.
        max_inflight: messages that wait for their acknowledgement.
        max_queued_messages: messages that wait to be sent.
        max_queued_bytes: bytes of these.
        max_packet_size: bytes of one incoming packet.
        tls: whom to trust; None speaks plain text.
        server_name: the broker's name in TLS; empty for the host.
        permit: decides where to connect; None is anywhere.
    """

    host: str
    port: int
    client_id: str
    username: str
    password: str
    will: Will | None
    clean: bool
    keepalive: int
    connect_timeout: float
    closing_timeout: float
    reconnect: bool
    min_delay: float
    max_delay: float
    max_inflight: int
    max_queued_messages: int
    max_queued_bytes: int
    max_packet_size: int
    tls: ClientTls | None
    server_name: str
    permit: ConnectPermit | None

    @property
    def url(self) -> str:
        """Return the address of the broker."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtt' if self.tls is None else 'mqtts'}://{host}:{self.port}"


def client_settings(
    host: str, port: int, values: Mapping[str, Any], permit: ConnectPermit | None = None
) -> ClientSettings:
    """Return the settings that options ask for.

    Args:
        host: name or address of the broker.
        port: its TCP port.
        values: resolved options of ``mqtt``.
        permit: decides where to connect; None is anywhere.

    Raises:
        OptionError: options contradict each other, or the will is none.
    """
    if not 0 < port < 65536:
        raise OptionError("port", port, "an integer from 1 to 65535")
    if not values["clean"] and not values["clientId"]:
        raise OptionError("clean", False, "true without a clientId: the broker knows nobody else")
    if values["password"] and not values["username"]:
        raise OptionError("username", "", "a name, as there is a password")
    if values["reconnectMaxDelay"] < values["reconnectMinDelay"]:
        raise OptionError(
            "reconnectMaxDelay", values["reconnectMaxDelay"], "no less than reconnectMinDelay"
        )
    return ClientSettings(
        ascii_host(host),
        port,
        # As Cape Code names its clients, in the 23 bytes that every broker takes.
        values["clientId"] or f"mqttpt_{secrets.token_hex(8)}",
        values["username"],
        values["password"],
        _will(values["will"]),
        values["clean"],
        values["keepalive"],
        values["connectTimeout"] / 1000,
        values["closingTimeout"] / 1000,
        values["reconnect"],
        values["reconnectMinDelay"] / 1000,
        values["reconnectMaxDelay"] / 1000,
        values["maxInflight"],
        values["maxQueuedMessages"],
        values["maxQueuedBytes"],
        values["maxPacketSize"],
        client_tls(values, "mqtt"),
        ascii_host(values["serverName"]),
        permit,
    )


def _will(given: Mapping[str, Any] | None) -> Will | None:
    if given is None:
        return None
    topic, message = given.get("topic"), given.get("message", "")
    qos, retain = given.get("qos", 0), given.get("retain", False)
    if (
        given.keys() - _WILL_KEYS
        or not isinstance(topic, str)
        or topic_fault(topic) is not None
        or not isinstance(message, str)
        or len(payload := message.encode("utf-8", "replace")) > MAX_TEXT
        or qos not in (0, 1, 2)
        or isinstance(qos, bool)
        or not isinstance(retain, bool)
    ):
        raise OptionError("will", given, _ALLOWED_WILL)
    return Will(topic, payload, int(qos), retain)
