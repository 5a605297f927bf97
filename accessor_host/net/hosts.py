"""How many connections one host has, and how fast it opens them.

A host is an address of IPv4, or a network /64 of IPv6: that is what one customer gets at least, and
whoever has one has 2^64 addresses.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from enum import Enum

from .buckets import Bucket

__all__ = ["MAX_HOSTS", "HostLimits", "Surplus", "host_of", "read_address"]

MAX_HOSTS = 10_000
"""Hosts of which it is remembered how fast they connect: about 3 MB.

Each is remembered for a second. Where more connect in a second, the ones that were longest away are
forgotten, and may then connect once more than they should: many hosts are what the number of all
connections is limited for.
"""

_MAPPED = 0xFFFF
"""First bits of an address of IPv6 that stands for one of IPv4 (RFC 4291 section 2.5.5.2)."""


class Surplus(Enum):
    """What a host has too much of."""

    CONNECTIONS = "connections at a time"
    RATE = "new connections in a second"


def read_address(text: str) -> tuple[int, int] | None:
    """Return the bits that an IP address has, 32 or 128, and its value; None for anything else.

    Args:
        text: without brackets or port. A zone is ignored; an address of IPv6 that stands for one of
            IPv4 is that one.
    """
    # Not ipaddress, which takes longer to import than anything here.
    for family, bits in ((socket.AF_INET, 32), (socket.AF_INET6, 128)):
        try:
            value = int.from_bytes(socket.inet_pton(family, text.partition("%")[0]))
        except (OSError, ValueError):
            continue
        if bits == 128 and value >> 32 == _MAPPED:
            return 32, value & 0xFFFF_FFFF
        return bits, value
    return None


def host_of(address: str) -> str:
    """Return what names the host of a peer.

    Args:
        address: of the peer; what is no IP address is a host by itself.
    """
    found = read_address(address)
    if found is None:
        return address or "unknown"
    bits, value = found
    return f"{value >> 64:x}/64" if bits == 128 else f"{value:x}"


class HostLimits:
    """Count the connections of each host.

    Args:
        max_connections: that a host may have at a time; 0 is no limit.
        rate: that a host may open in a second; 0 is no limit.
        clock: loop time in seconds.
    """

    def __init__(self, max_connections: int, rate: int, clock: Callable[[], float]) -> None:
        self._max_connections = max_connections
        self._rate = rate
        self._clock = clock
        self._counts: Counter[str] = Counter()
        # In the order in which they were used: the first may be forgotten first.
        self._buckets: dict[str, Bucket] = {}

    def enter(self, host: str) -> Surplus | None:
        """Count one more connection of a host, unless it has too many.

        Args:
            host: see :func:`host_of`.

        Returns:
            None once it is counted; otherwise what there is too much of.
        """
        if self._max_connections and self._counts[host] >= self._max_connections:
            return Surplus.CONNECTIONS
        if self._rate and not self._opens(host):
            return Surplus.RATE
        self._counts[host] += 1
        return None

    def leave(self, host: str) -> None:
        """Take that a connection that was counted is gone.

        Args:
            host: of the connection.
        """
        self._counts[host] -= 1
        if not self._counts[host]:
            del self._counts[host]

    def _opens(self, host: str) -> bool:
        now, rate, buckets = self._clock(), self._rate, self._buckets
        bucket = buckets.pop(host, None) or Bucket(rate, now)
        # After a second it is full again, as is a new one.
        while buckets:
            first = next(iter(buckets))
            if buckets[first].used_at + 1 > now and len(buckets) < MAX_HOSTS:
                break
            del buckets[first]
        buckets[host] = bucket
        return bucket.take(1, rate, now) == 1
