"""The Python halves of the JavaScript modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..host import Host

__all__ = ["AnsweringBinding", "Binding", "Bindings"]


class Binding(Protocol):
    """The Python half of one module, made anew for each host."""

    operations: Mapping[str, Callable[..., None]]
    """What its scripts can ask for, by the name of the operation."""

    async def stop(self) -> None:
        """Stop in order what the module has running."""


class AnsweringBinding(Binding, Protocol):
    """A binding whose module asks Python in the middle of an event and needs the answer there.

    The module's ``package.json`` declares it (``runtime/kit/questions.js``).
    """

    questions: Mapping[str, Callable[..., Any]]
    """What its scripts can ask, by the name of the question. The answer is a JSON value; an
    exception becomes an error of the script's, with the exception's ``code`` if it has one."""


_BINDINGS = {
    "server": ("..modules.web_socket_server.binding", "WebSocketServers"),
    "socket": ("..modules.web_socket_server.binding", "WebSocketServers"),
    "client": ("..modules.web_socket_client.binding", "WebSocketClients"),
    "image": ("..modules.images.binding", "Images"),
    "storage": ("..modules.local_storage.binding", "LocalStorage"),
    "resource": ("..modules.resources.binding", "Resources"),
    "http": ("..modules.resources.binding", "Resources"),
}
"""Every binding, by what its operations and questions begin with."""


class Bindings:
    """The bindings of one host.

    Each is imported and made when a script first needs it, as hardly any script needs all.

    Args:
        host: the host.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._made: dict[str, Any] = {}
        self.operations: dict[str, Callable[..., None]] = _Table(
            lambda name: self._find(name).operations
        )
        """Their operations; more may be added."""
        self.questions: dict[str, Callable[..., Any]] = _Table(
            lambda name: self._find(name).questions
        )
        """Their questions; more may be added."""

    def __iter__(self) -> Iterator[Binding]:
        """Iterate over those that were made, servers first."""
        kinds = dict.fromkeys(kind for _, kind in _BINDINGS.values())
        return iter([self._made[kind] for kind in kinds if kind in self._made])

    def _find(self, name: str) -> Any:
        module, kind = _BINDINGS[name.partition(".")[0]]
        if kind not in self._made:
            self._made[kind] = getattr(import_module(module, __package__), kind)(self._host)
        return self._made[kind]


class _Table(dict[str, Callable[..., Any]]):
    """Functions by name, those of bindings from the first time on that one is looked up."""

    def __init__(self, find: Callable[[str], Mapping[str, Callable[..., Any]]]) -> None:
        self._find = find

    def __missing__(self, name: str) -> Callable[..., Any]:
        functions = self._find(name)
        self.update(functions)
        return functions[name]
