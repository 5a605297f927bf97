"""Messages of Auth and of entities, and the fields in them: read, or refused in words."""

from __future__ import annotations

from accessor_host.modules.iot_auth import messages
from accessor_host.modules.iot_auth.messages import Fields, IotAuthError, MessageReader, frame

__all__ = ["SEEDS", "run"]

_KEY = b"\0" * 20 + b"\x10" + bytes(16) + b"\x20" + bytes(32)

SEEDS = [
    frame(0, bytes(12)),
    frame(21, _KEY[14:]),
    frame(22, _KEY),
    frame(23, bytes(8) + b"\x02{}\0\0\0\x02" + _KEY * 2),
    frame(31, b"\x03" + bytes(16)),
    frame(33, bytes(200)),
]


def run(data: bytes) -> None:
    """Read messages, and the payload of each as everything that it might be.

    Args:
        data: what a peer sends.
    """
    try:
        found = list(MessageReader(100_000).feed(data))
    except IotAuthError:
        return
    for _, payload in found:
        for read in (
            messages.read_distribution_key,
            messages.read_handshake,
            lambda payload: messages.read_session_key(Fields(payload)),
            lambda payload: messages.read_key_response(payload, payload[:8]),
        ):
            try:
                read(payload)
            except IotAuthError:
                continue
