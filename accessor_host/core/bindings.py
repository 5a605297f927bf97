"""The Python halves of the modules that a host's scripts use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, NoReturn, Protocol, runtime_checkable

from ..errors import AccessDeniedError, AccessorHostError, ManifestError
from ..manifests import KEY, OWN_PACKAGE, Manifest, find_owner
from .services import Services
from .signatures import signature_of

__all__ = [
    "MAX_REFUSALS",
    "AnsweringBinding",
    "Binding",
    "Bindings",
    "ReloadingBinding",
    "TellingBinding",
]

logger = logging.getLogger("accessor_host.host")

MAX_REFUSALS = 250
"""Names of refused requests that are logged: twice what all modules serve, few for a log."""

_SHOWN = 80
"""Characters of such a name that are shown."""


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


@runtime_checkable
class ReloadingBinding(Protocol):
    """A binding of a module that depends on files which others replace while it runs."""

    def reload(self) -> None:
        """Read them again; nothing that is under way is disturbed."""


@runtime_checkable
class TellingBinding(Protocol):
    """A binding that can tell an administrator what it has under way."""

    def state(self) -> list[str]:
        """Return lines for people, not too many, with nothing in them that a terminal obeys."""


class Bindings:
    """The bindings of one host.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._made: dict[str, tuple[Manifest, Any]] = {}
        refusals = _Refusals()
        self.operations = _Requests(
            lambda name: self._functions(name, "operations"),
            refusals.operation,
            refusals.unknown_operation,
        )
        """What scripts can ask for; more may be added."""
        self.questions = _Requests(
            lambda name: self._functions(name, "questions"),
            refusals.question,
            refusals.unknown_question,
        )
        """What scripts can ask in the middle of an event; more may be added."""

    def __iter__(self) -> Iterator[Binding]:
        """Iterate over those that were made; what listens comes first, as it has to stop first."""
        made = sorted(self._made.values(), key=lambda one: "listen" not in one[0].permissions)
        return iter([binding for _, binding in made])

    def reload(self) -> None:
        """Have those that can read again what others replace while they run."""
        for binding in self:
            if isinstance(binding, ReloadingBinding):
                binding.reload()

    def state(self) -> list[str]:
        """Describe what those have under way that can tell."""
        told = [binding.state() for binding in self if isinstance(binding, TellingBinding)]
        return [line for lines in told for line in lines]

    def use(self, manifest: Manifest) -> None:
        """Make the binding of a module that a script requires, if it has one.

        Args:
            manifest: of the module.

        Raises:
            ManifestError: it cannot be imported or made, or names operations of another module.
            AccessDeniedError: scripts may not use it.
        """
        permissions = self._services.permissions
        if permissions is not None:
            permissions.check_module(manifest.name, is_own=manifest.package == OWN_PACKAGE)
        if manifest.binding is None or manifest.name in self._made:
            return
        binding = _make(manifest, manifest.binding, self._services)
        self._made[manifest.name] = manifest, binding
        self.operations.add(binding.operations)
        self.questions.add(getattr(binding, "questions", {}))

    def _functions(self, name: str, kind: str) -> Mapping[str, Callable[..., Any]]:
        # A script has not required it: a part of the host, or a request that was made up.
        manifest = find_owner(name)
        if manifest is None or manifest.binding is None:
            return {}
        try:
            self.use(manifest)
        except (AccessDeniedError, ManifestError):
            # Whoever requires the module is told why it cannot be used.
            return {}
        functions: Mapping[str, Callable[..., Any]] = getattr(
            self._made[manifest.name][1], kind, {}
        )
        return functions


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


class _Requests(dict[str, Callable[..., Any]]):
    """Functions by the names of requests; each checks the signature of its request first.

    Those of bindings are added when one is looked up for the first time. An unknown name gets a
    function that refuses.

    Args:
        find: returns the functions of the binding that a request belongs to.
        check: makes the function that checks, of a name and the function that serves.
        refuse: called with a name that is unknown.
    """

    def __init__(
        self,
        find: Callable[[str], Mapping[str, Callable[..., Any]]],
        check: Callable[[str, Callable[..., Any]], Callable[..., Any]],
        refuse: Callable[[str], Any],
    ) -> None:
        self._find = find
        self._check = check
        self._refuse = refuse

    def add(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Serve more requests.

        Args:
            functions: what serves them, by their names.
        """
        for name, function in functions.items():
            self[name] = self._check(name, function)

    def __missing__(self, name: str) -> Callable[..., Any]:
        functions = self._find(name)
        if name not in functions:
            # Not kept: scripts may make up as many names as they like.
            return lambda *_details: self._refuse(name)
        self.add(functions)
        return self[name]


class _Refusals:
    """What is done with a request that does not fit: it is logged once for each name."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def operation(self, name: str, function: Callable[..., None]) -> Callable[..., None]:
        """Return a function that does nothing for details that do not fit."""
        accepted = signature_of(function)

        def call(*details: Any) -> None:
            if accepted is not None and tuple(map(type, details)) not in accepted:
                self.log(name, _misfit(details))
                return
            try:
                function(*details)
            except (AccessorHostError, ValueError) as error:
                # The module's JavaScript half checks what it hands over, and says what is wrong.
                self.log(name, str(error))

        return call

    def question(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that raises for details that do not fit."""
        accepted = signature_of(function)

        def call(*details: Any) -> Any:
            if accepted is not None and tuple(map(type, details)) not in accepted:
                self.fail(name, _misfit(details))
            return function(*details)

        return call

    def unknown_operation(self, name: str) -> None:
        """Take an operation that does not exist."""
        self.log(name, "there is no such operation")

    def unknown_question(self, name: str) -> NoReturn:
        """Take a question that does not exist."""
        self.fail(name, "there is no such question")

    def fail(self, name: str, reason: str) -> NoReturn:
        """Log a refusal, and raise it.

        Raises:
            AccessorHostError: always.
        """
        self.log(name, reason)
        raise AccessorHostError(f"the request {name[:_SHOWN]!r} is refused: {reason}")

    def log(self, name: str, reason: str) -> None:
        """Log a refusal, unless one of that name was logged, or too many."""
        if name not in self._logged and len(self._logged) < MAX_REFUSALS:
            self._logged.add(name)
            logger.warning("a script's request %r is refused: %s", name[:_SHOWN], reason)


def _misfit(details: tuple[Any, ...]) -> str:
    given = ", ".join(type(detail).__name__ for detail in details) or "nothing"
    return f"its details do not fit: {given}"
