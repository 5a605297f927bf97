"""The Python halves of the JavaScript modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .images import Images
from .local_storage import LocalStorage
from .resources import Resources
from .web_socket_client import WebSocketClients
from .web_socket_server import WebSocketServers

if TYPE_CHECKING:
    from ..host import Host

__all__ = ["BINDINGS", "AnsweringBinding", "Binding"]


class Binding(Protocol):
    """The Python half of one module, made anew for each host."""

    operations: Mapping[str, Callable[..., None]]
    """What its scripts can ask for, by the name of the operation."""

    async def stop(self) -> None:
        """Stop in order what the module has running."""


@runtime_checkable
class AnsweringBinding(Binding, Protocol):
    """A binding whose module asks Python in the middle of an event and needs the answer there.

    The module's ``package.json`` declares it (``runtime/internal/questions.js``).
    """

    questions: Mapping[str, Callable[..., Any]]
    """What its scripts can ask, by the name of the question. The answer is a JSON value; an
    exception becomes an error of the script's, with the exception's ``code`` if it has one."""


BINDINGS: tuple[Callable[[Host], Binding], ...] = (
    WebSocketServers,
    WebSocketClients,
    Images,
    LocalStorage,
    Resources,
)
"""Every binding; a host makes one of each."""
