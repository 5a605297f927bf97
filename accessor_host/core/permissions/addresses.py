"""Rules of the powers ``listen`` and ``connect``: which addresses and ports they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple, TypeAlias

from ...net.addresses import UNIX
from .patterns import TextRule, parse_path

__all__ = [
    "LOCALHOST",
    "MAX_PORT",
    "AddressRule",
    "IPAddress",
    "address_of",
    "is_guarded",
    "parse_address",
    "parse_listen",
    "written",
]

IPAddress: TypeAlias = IPv4Address | IPv6Address

MAX_PORT = 65_535

_RULE = re.compile(
    r"""
    (?P<udp>udp:)?
    (?: (?P<port>\d+(?:-\d+)?)
      | (?P<host>\[[^][]+\]|[^][:\s]+|[0-9A-Fa-f:.]+(?:/\d+)?)
        (?: : (?P<ports>\d+(?:-\d+)?|\*) )?
    )
    """,
    re.VERBOSE,
)
_NAME = re.compile(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)*")

# Addresses of IPv6 that stand for one of IPv4 (RFC 6052 section 2.1, RFC 4291 section 2.5.5.2).
_TRANSLATED = IPv6Network("64:ff9b::/96")

LOCALHOST = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
"""What ``localhost`` means (RFC 6761 section 6.3)."""


class AddressRule(NamedTuple):
    """One rule.

    Args:
        text: as it was written.
        udp: whether it is for UDP rather than TCP.
        name: the host name that it means, or the end of the names; None when it means addresses.
        means: tells whether it means an address.
        low: lowest port.
        high: highest port.
    """

    text: str
    udp: bool
    name: str | None
    means: Callable[[IPAddress], bool]
    low: int
    high: int

    def has_port(self, port: int, udp: bool) -> bool:
        """Tell whether it means a port."""
        return self.udp == udp and self.low <= port <= self.high

    @property
    def is_for_all(self) -> bool:
        """Tell whether it means every host."""
        return self.means is _means_all

    def has_name(self, host: str) -> bool:
        """Tell whether it means a host name, in lower case and without a dot at its end."""
        if self.name is None:
            return False
        return host.endswith(self.name) if self.name.startswith(".") else host == self.name


def parse_address(text: str) -> AddressRule:
    """Read a rule.

    Args:
        text: ``8082`` (on loopback), ``HOST``, ``HOST:PORT``, ``HOST:LOW-HIGH`` or ``HOST:*``, and
            before it ``udp:`` if it is for UDP. HOST is a name, ``*.example.com``, an address or
            network (``10.0.0.0/8``), ``localhost``, ``public``, ``private``, ``loopback`` or
            ``*``. One of IPv6 with a port has brackets.

    Raises:
        ValueError: it is no such rule.
    """
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError("it is neither a port nor a host with or without a port")
    low, high = _ports(match["port"] or match["ports"])
    if match["port"]:
        return AddressRule(text, bool(match["udp"]), None, _CLASSES["loopback"], low, high)
    host = match["host"].strip("[]").lower().rstrip(".")
    name, means = _meaning(host)
    return AddressRule(text, bool(match["udp"]), name, means, low, high)


def parse_listen(text: str) -> AddressRule | TextRule:
    """Read a rule of ``listen``.

    Args:
        text: as for :func:`parse_address`, or ``unix:`` and the path of a Unix socket, or of a
            folder with all sockets below.

    Raises:
        ValueError: it is no such rule.
    """
    if not text.startswith(UNIX):
        return parse_address(text)
    return TextRule(text, parse_path(text.removeprefix(UNIX)).means)


def address_of(text: str) -> IPAddress | None:
    """Return the address that a text is; None for a name.

    An address of IPv6 that stands for one of IPv4 is that one.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_guarded(address: IPAddress) -> bool:
    """Tell whether a name that is allowed may not lead there: to this machine, or to its link."""
    return address.is_loopback or address.is_link_local


def written(host: str, port: int) -> str:
    """Write a host and a port as a rule has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _ports(text: str | None) -> tuple[int, int]:
    if text is None or text == "*":
        return 0, MAX_PORT
    first, _, last = text.partition("-")
    low, high = int(first), int(last or first)
    if not 0 <= low <= high <= MAX_PORT:
        raise ValueError(f"{text} is no port, nor a range of ports")
    return low, high


def _meaning(host: str) -> tuple[str | None, Callable[[IPAddress], bool]]:
    if host in _CLASSES:
        return None, _CLASSES[host]
    try:
        network = ip_network(host, strict=False)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise ValueError(f"{host!r} is neither a host name nor an address") from None
        return host.removeprefix("*"), lambda _address: False
    if network.num_addresses == 1:
        only = address_of(str(network.network_address))
        return None, lambda address: address == only
    return None, lambda address: _is_in(address, network)


def _is_in(address: IPAddress, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def _is_public(address: IPAddress) -> bool:
    return address.is_global and not address.is_multicast


def _is_private(address: IPAddress) -> bool:
    others = (_is_public(address), is_guarded(address), address.is_multicast)
    return not (any(others) or address.is_unspecified)


def _means_all(_address: IPAddress) -> bool:
    return True


_CLASSES: dict[str, Callable[[IPAddress], bool]] = {
    "*": _means_all,
    "localhost": lambda address: address in LOCALHOST,
    "loopback": lambda address: address.is_loopback,
    "private": _is_private,
    "public": _is_public,
}
"""Words that mean addresses."""
