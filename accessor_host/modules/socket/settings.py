"""From the options of ``socket`` to the settings of clients and servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...net.tuning import Tuning

__all__ = ["StreamSettings", "stream_settings"]


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
