"""What it takes to listen or to connect, written as rules that would allow it."""

from __future__ import annotations

from collections.abc import Sequence

from .addresses import LOCALHOST, AddressRule, IPAddress, address_of, is_guarded, written

__all__ = ["is_covered", "parsed", "plain", "reached", "to_connect", "to_listen", "with_udp"]


def plain(host: str) -> str:
    """Return a host name as rules have it: in lower case, without a dot at its end."""
    return host.lower().rstrip(".")


def parsed(address: str) -> IPAddress:
    """Return the address that a text is.

    Raises:
        ValueError: it is none.
    """
    parsed = address_of(address)
    if parsed is None:
        raise ValueError(f"{address!r} is no address")
    return parsed


def reached(address: IPAddress) -> IPAddress:
    """Return the address that is reached by connecting to one."""
    return LOCALHOST[address.version == 6] if address.is_unspecified else address


def is_covered(name: str, address: IPAddress, rules: Sequence[AddressRule]) -> bool:
    """Tell whether rules allow an address, or a name that leads there."""
    return any(
        rule.means(address) or (rule.has_name(name) and not is_guarded(address)) for rule in rules
    )


def with_udp(value: str, udp: bool) -> str:
    """Write a value as a rule for TCP or UDP has it."""
    return f"udp:{value}" if udp else value


def to_listen(host: str, port: int, address: IPAddress, udp: bool) -> str:
    """Return the rule that allows to listen."""
    if address.is_unspecified:
        return with_udp(f"*:{port}", udp)
    return with_udp(str(port) if address.is_loopback else written(host, port), udp)


def to_connect(
    host: str, port: int, addresses: Sequence[IPAddress], udp: bool
) -> list[tuple[str, list[IPAddress]]]:
    """Return the rules that allow to connect, each with the addresses that it allows."""
    literal = address_of(host)
    if literal is not None and literal.is_unspecified:
        host = str(reached(literal))
    if literal is not None or (
        plain(host) == "localhost" and all(one in LOCALHOST for one in addresses)
    ):
        return [(with_udp(written(host, port), udp), list(addresses))]
    rest = [one for one in addresses if not is_guarded(one)]
    by_name = [(with_udp(written(host, port), udp), rest)] if rest else []
    guarded = dict.fromkeys(one for one in addresses if is_guarded(one))
    return by_name + [(with_udp(written(str(one), port), udp), [one]) for one in guarded]
