"""Which addresses this machine has, and which machines of a network answer.

A machine answers a connection to any TCP port, be it with a refusal. So neither rights of an
administrator nor another program are needed; who drops it silently is not found, unless the system
has learned the address of its card (RFC 826).
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address

__all__ = ["MAX_PROBES", "PROBE_PORT", "PROBE_TIMEOUT", "card_addresses", "own_addresses", "sweep"]

PROBE_PORT = 7
"""TCP port that is asked for: echo (RFC 862), which harms nobody where somebody listens."""

PROBE_TIMEOUT = 0.5
"""Seconds in which a machine must answer: on a local network it takes milliseconds."""

MAX_PROBES = 128
"""Connections that are under way at once: a sweep of 254 addresses takes two timeouts at most."""

_SIOCGIFADDR = 0x8915
_INCOMPLETE = "00:00:00:00:00:00"


def own_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine that others can reach."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if sys.platform == "linux":
            # Imported late: there is none elsewhere.
            import fcntl

            for _, name in socket.if_nameindex():
                with suppress(OSError):
                    request = struct.pack("256s", name.encode()[:15])
                    answer = fcntl.ioctl(sock.fileno(), _SIOCGIFADDR, request)
                    found.append(socket.inet_ntoa(answer[20:24]))
        else:
            with suppress(OSError):
                # Nothing is sent: the system only chooses from where it would be.
                sock.connect(("192.0.2.1", PROBE_PORT))
                found.append(str(sock.getsockname()[0]))
    return [one for one in found if _is_reachable(IPv4Address(one))]


async def sweep(addresses: Sequence[str]) -> list[str]:
    """Return those of some addresses where a machine answers, in the same order.

    Args:
        addresses: IPv4 addresses, each of which may be connected to.
    """
    limit = asyncio.Semaphore(MAX_PROBES)

    async def probe(address: str) -> bool:
        async with limit:
            return await _answers(address)

    answers = await asyncio.gather(*map(probe, addresses))
    return [address for address, is_there in zip(addresses, answers, strict=True) if is_there]


def card_addresses() -> dict[str, str]:
    """Return the addresses of network cards that the system has learned, by IPv4 address."""
    with suppress(OSError), open("/proc/net/arp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
        return {row[0]: row[3] for row in rows if len(row) > 3 and row[3] != _INCOMPLETE}
    return {}


async def _answers(address: str) -> bool:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                await loop.sock_connect(sock, (address, PROBE_PORT))
        except OSError as error:
            return error.errno == errno.ECONNREFUSED
    return True


def _is_reachable(address: IPv4Address) -> bool:
    return not (address.is_loopback or address.is_multicast or address.is_unspecified)
