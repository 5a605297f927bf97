"""Limits of one listener's or client's connections, in seconds and bytes.

The schemas of the options have the same defaults, and say what happens at the limit.
"""

from typing import NamedTuple

__all__ = ["LARGEST_CONTROL_FRAME", "Limits"]

LARGEST_CONTROL_FRAME = 125
"""Bytes that fit in the payload of a ping, pong or close frame (RFC 6455 section 5.5)."""

_LEAST_PACKED = 16
"""What does not compress grows by less than a part of so many: by 4 % with the smallest memory that
zlib takes."""


class Limits(NamedTuple):
    """Bound what one peer can make this process hold or wait for.

    Args:
        max_message_size: bytes of one incoming message.
        max_fragments: fragments of one incoming message, empty ones counted.
        opening_timeout: seconds for the opening handshake.
        ping_interval: seconds between keep-alive pings; 0 sends none.
        ping_timeout: seconds for the answer to a ping.
        closing_timeout: seconds for the closing handshake and the end of TCP.
        idle_timeout: seconds without a message in either direction; 0 is for ever.
        max_unsent_bytes: bytes that may wait for a peer that does not read.
        high_water_mark: bytes that wait from which on the peer is called slow.
        message_rate: messages that may come in a second; 0 is no limit.
        compression: whether messages may be compressed; limits count decompressed bytes.
    """

    max_message_size: int = 16 * 1024 * 1024
    max_fragments: int = 16 * 1024
    opening_timeout: float = 10.0
    ping_interval: float = 20.0
    ping_timeout: float = 20.0
    closing_timeout: float = 10.0
    idle_timeout: float = 0.0
    max_unsent_bytes: int = 16 * 1024 * 1024
    high_water_mark: int = 1024 * 1024
    message_rate: int = 0
    compression: bool = False

    @property
    def write_high_water(self) -> int:
        """Return the unsent bytes above which nothing more is read from the peer.

        A quarter of what may wait leaves room for answers to what was read already; the default,
        one MiB, is more than a fast network has in flight, so that a peer which does read is never
        slowed.
        """
        return min(self.high_water_mark, self.max_unsent_bytes // 4)

    @property
    def max_frame_size(self) -> int:
        """Return the largest payload of one frame; control frames always fit."""
        return max(self.max_message_size, LARGEST_CONTROL_FRAME)

    @property
    def max_packed_size(self) -> int:
        """Return the most bytes in the compressed frames of a message, and a control frame more."""
        size = self.max_message_size
        return size + size // _LEAST_PACKED + LARGEST_CONTROL_FRAME
