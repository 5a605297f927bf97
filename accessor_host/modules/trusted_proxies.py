"""From the option ``trustedProxies`` of a server to the proxies that it names."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import OptionError
from ..net.forwarding import Proxies

__all__ = ["trusted_proxies"]


def trusted_proxies(networks: Sequence[str]) -> Proxies:
    """Return the proxies whose word about their clients is taken.

    Args:
        networks: IP addresses, networks, or ``unix:``.

    Raises:
        OptionError: one is none of these.
    """
    try:
        return Proxies(networks)
    except ValueError as error:
        allowed = "IP addresses, networks such as '10.0.0.0/8', or 'unix:'"
        raise OptionError("trustedProxies", str(error), allowed) from None
