"""A resolver that tests fill in."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

__all__ = ["fill_in"]


def fill_in(patch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Let names lead where a test says.

    Args:
        patch: undoes it.

    Returns:
        Addresses by name, to be filled in; under ``looked up``, the names that were.
    """
    known: dict[str, list[str]] = {"looked up": []}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *details: Any, **named: Any) -> Any:
        if host not in known:
            return real(host, port, *details, **named)
        known["looked up"].append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]
        ]

    async def look_up_in_loop(_loop: Any, host: Any, port: Any, **named: Any) -> Any:
        return look_up(host, port, **named)

    patch.setattr(socket, "getaddrinfo", look_up)
    patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up_in_loop)
    return known
