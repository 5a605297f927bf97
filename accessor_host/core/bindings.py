"""The Python halves of the modules that a host's scripts use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from ..errors import ManifestError
from ..manifests import KEY, Manifest, find_owner
from .services import Services

__all__ = ["AnsweringBinding", "Binding", "Bindings"]


class Binding(Protocol):
    """The Python half of one module, made anew for each host, with its :class:`Services`."""

    operations: Mapping[str, Callable[..., None]]
    """What its scripts can ask for, by the name of the operation."""

    async def stop(self) -> None:
        """Stop in order what the module has running."""


class AnsweringBinding(Binding, Protocol):
    """A binding whose module asks Python in the middle of an event and needs the answer there.

    The module's manifest declares it (``runtime/kit/questions.js``).
    """

    questions: Mapping[str, Callable[..., Any]]
    """What its scripts can ask, by the name of the question. The answer is a JSON value; an
    exception becomes an error of the script's, with the exception's ``code`` if it has one."""


class Bindings:
    """The bindings of one host.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._made: dict[str, tuple[Manifest, Any]] = {}
        self.operations: dict[str, Callable[..., None]] = _Table(
            lambda name: self._owner(name).operations
        )
        """Their operations; more may be added."""
        self.questions: dict[str, Callable[..., Any]] = _Table(
            lambda name: self._owner(name).questions
        )
        """Their questions; more may be added."""

    def __iter__(self) -> Iterator[Binding]:
        """Iterate over those that were made; what listens comes first, as it has to stop first."""
        made = sorted(self._made.values(), key=lambda one: "listen" not in one[0].permissions)
        return iter([binding for _, binding in made])

    def use(self, manifest: Manifest) -> None:
        """Make the binding of a module that a script requires, if it has one.

        Args:
            manifest: of the module.

        Raises:
            ManifestError: it cannot be imported or made, or names operations of another module.
        """
        if manifest.binding is None or manifest.name in self._made:
            return
        binding = _make(manifest, manifest.binding, self._services)
        self._made[manifest.name] = manifest, binding
        self.operations.update(binding.operations)
        self.questions.update(getattr(binding, "questions", {}))

    def _owner(self, name: str) -> Any:
        # A script has not required it: a part of the host, or an operation that was made up.
        manifest = find_owner(name)
        if manifest is None:
            raise KeyError(name)
        self.use(manifest)
        return self._made[manifest.name][1]


def _make(manifest: Manifest, place: tuple[str, str], services: Services) -> Any:
    module, kind = place
    try:
        binding = getattr(import_module(module), kind)(services)
        names = [*binding.operations, *getattr(binding, "questions", {})]
    except Exception as error:
        reason = f"'{module}:{kind}' cannot be used: {type(error).__name__}: {error}"
        if isinstance(error, ImportError) and manifest.requires is not None:
            reason += f"; try: pip install '{manifest.requires}'"
        raise ManifestError(manifest.package, f"{KEY}.binding", reason) from error
    for name in names:
        if name.partition(".")[0] not in manifest.operations:
            reason = f"'{name}' begins with none of {', '.join(manifest.operations) or 'its own'}"
            raise ManifestError(manifest.package, f"{KEY}.operations", reason)
    return binding


class _Table(dict[str, Callable[..., Any]]):
    """Functions by name, those of bindings from the first time on that one is looked up."""

    def __init__(self, find: Callable[[str], Mapping[str, Callable[..., Any]]]) -> None:
        self._find = find

    def __missing__(self, name: str) -> Callable[..., Any]:
        functions = self._find(name)
        self.update(functions)
        return functions[name]
