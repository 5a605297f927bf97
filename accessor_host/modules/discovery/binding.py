"""The Python half of ``@modules/discovery``: this machine's address, and its neighbours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from ...errors import AccessDeniedError
from ...net.sweep import PROBE_PORT, card_addresses, own_addresses, sweep
from ..failures import ModuleError
from ..payloads import missing_permission

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_SWEEPS", "Discovery", "DiscoveryError"]

MAX_SWEEPS = 1
"""Sweeps of one host at once: a network is swept for people, who wait for one."""

_PREFIX = 24
_UNKNOWN = "Unknown"


class DiscoveryError(ModuleError):
    """Report to a script why there is no answer; it never gets to a Python program.

    Args:
        code: stable machine-readable name.
        reason: one sentence.
    """


class Discovery:
    """All that the scripts of one host look for.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sweeps = 0
        self.operations: Mapping[str, Callable[..., None]] = {
            "discovery.sweep": self._sweep,
            "discovery.forget": self._forget,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {"discovery.address": _address}

    async def stop(self) -> None:
        """Sweeps are cancelled with what else was spawned."""

    def _sweep(self, target: int, address: str) -> None:
        try:
            addresses = self._checked(address)
        except (DiscoveryError, AccessDeniedError) as error:
            missing = missing_permission(error)
            self._services.post((target, "failed", error.code, error.reason, *missing))
            self._services.post((target, "idle", 1))
            return
        self._sweeps += 1
        self._services.spawn(self._find(target, addresses))

    def _forget(self, target: int) -> None:
        """Nothing is kept for a sweep that is over."""

    def _checked(self, text: str) -> list[str]:
        if self._services.is_stopping:
            raise DiscoveryError("ERR_HOST_STOPPING", "the host is stopping; nothing is looked for")
        if self._sweeps >= MAX_SWEEPS:
            raise DiscoveryError("ERR_DISCOVERY_BUSY", "another sweep of this host is under way")
        try:
            address = IPv4Address(text)
        except ValueError:
            reason = f"{text[:80]!r} is no IPv4 address"
            raise DiscoveryError("ERR_DISCOVERY_ADDRESS", reason) from None
        if not address.is_private or address.is_loopback or address.is_unspecified:
            reason = f"{address} is in no private network: the networks of strangers are not swept"
            raise DiscoveryError("ERR_DISCOVERY_ADDRESS", reason)
        network = IPv4Network((address, _PREFIX), strict=False)
        addresses = [str(one) for one in network.hosts()]
        permissions = self._services.permissions
        if permissions is not None:
            for one in addresses:
                permissions.check_connect(one, PROBE_PORT, [one])
        return addresses

    async def _find(self, target: int, addresses: list[str]) -> None:
        try:
            there = set(await sweep(addresses))
            cards, own = card_addresses(), set(own_addresses())
            devices = [
                {
                    "IPAddress": address,
                    "name": "Host machine" if address in own else _UNKNOWN,
                    "mac": cards.get(address, _UNKNOWN),
                }
                for address in addresses
                if address in there or address in cards or address in own
            ]
            self._services.post((target, "discovered", json.dumps(devices)))
            self._services.post((target, "idle", 1))
        finally:
            self._sweeps -= 1


def _address() -> str:
    addresses = own_addresses()
    if not addresses:
        raise DiscoveryError(
            "ERR_DISCOVERY_NO_ADDRESS", "this machine has no IPv4 address that others can reach"
        )
    return addresses[0]
