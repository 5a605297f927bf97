"""Who a client is that comes through proxies: what of ``X-Forwarded-For`` can be believed.

Each proxy adds, at the right, the address that it was connected from. A client may write whatever
it likes before that. So the list is walked from the right, as long as the one who wrote an entry is
trusted.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

from .hosts import read_address

__all__ = ["MAX_PROXIES", "UNIX", "Proxies"]

MAX_PROXIES = 32
"""Trusted proxies that one request may have come through; the entries beyond are not looked at."""

UNIX = "unix:"
"""Stands for whoever connects to a Unix socket, and has no address."""


class Proxies:
    """The proxies whose word about their clients is taken.

    Args:
        networks: IP addresses, networks such as ``10.0.0.0/8``, or :data:`UNIX`.

    Raises:
        ValueError: one is none of these; it is the argument of the error.
    """

    def __init__(self, networks: Sequence[str]) -> None:
        self._trusts_unix = UNIX in networks
        self._networks = [_read_network(text) for text in networks if text != UNIX]

    def trusts(self, address: str) -> bool:
        """Tell whether an address is a proxy's.

        Args:
            address: of a peer; empty for one of a Unix socket.
        """
        if not address:
            return self._trusts_unix
        found = read_address(address)
        return found is not None and self._has(*found)

    def client_of(self, peer: str, port: int, forwarded: str) -> tuple[str, int]:
        """Return address and port of the client that a proxy speaks for.

        Args:
            peer: address of the proxy, which is trusted.
            port: of the proxy.
            forwarded: the fields ``X-Forwarded-For``, joined with commas.

        Returns:
            The proxy's own where it names nobody. An entry that is no address ends the walk. The
            port is 0 where the entry has none, as most.
        """
        client = peer, port
        for _ in range(MAX_PROXIES):
            forwarded, _, entry = forwarded.rpartition(",")
            text, number = _split(entry.strip(" \t"))
            found = read_address(text)
            if found is None:
                break
            client = _written(*found), number
            if not forwarded or not self._has(*found):
                break
        return client

    def _has(self, bits: int, value: int) -> bool:
        return any(
            bits == size and value >> shift == network for size, shift, network in self._networks
        )


def _read_network(text: str) -> tuple[int, int, int]:
    """Return bits of its addresses, bits that do not count, and the value of those that do."""
    address, slash, prefix = text.partition("/")
    found = read_address(address)
    if found is None or "%" in address:
        raise ValueError(text)
    bits, value = found
    # Not what int() takes beside digits.
    if slash and not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 3):
        raise ValueError(text)
    length = int(prefix) if slash else bits
    if bits == 32 and ":" in address and slash:
        length -= 96  # ::ffff:10.0.0.0/104
    if not 0 <= length <= bits:
        raise ValueError(text)
    return bits, bits - length, value >> (bits - length)


def _split(entry: str) -> tuple[str, int]:
    """Return address and port of an entry; some proxies write the port, too."""
    if entry.startswith("["):
        address, _, port = entry[1:].partition("]")
        port = port.removeprefix(":")
    elif entry.count(":") == 1:
        address, _, port = entry.partition(":")
    else:
        address, port = entry, ""
    if port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 0xFFFF:
        return address, int(port)
    return address, 0


def _written(bits: int, value: int) -> str:
    family = socket.AF_INET if bits == 32 else socket.AF_INET6
    return socket.inet_ntop(family, value.to_bytes(bits // 8))
