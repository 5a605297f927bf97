"""The Python halves of the JavaScript modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from .images import Images
from .web_socket_client import WebSocketClients
from .web_socket_server import WebSocketServers

if TYPE_CHECKING:
    from ..host import Host

__all__ = ["BINDINGS", "Binding"]


class Binding(Protocol):
    """The Python half of one module, made anew for each host."""

    operations: Mapping[str, Callable[..., None]]
    """What its scripts can ask for, by the name of the operation."""

    async def stop(self) -> None:
        """Stop in order what the module has running."""


BINDINGS: tuple[Callable[[Host], Binding], ...] = (
    WebSocketServers,
    WebSocketClients,
    Images,
)
"""Every binding; a host makes one of each."""
