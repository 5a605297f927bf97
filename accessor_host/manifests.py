"""Manifests: what modules there are, and where the parts of each lie.

A module is a folder with a ``package.json`` whose key ``accessorHost`` names its Python half, its
operations and its options (``schemas/module-manifest.schema.json``). The modules of this package
lie in ``modules/``. Another package adds one with an entry point of the group
``accessor_host.modules``: its name is the module's, its value the Python package that holds the
manifest. Both are read by the same code.
"""

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ManifestError
from .package_files import MODULES, SCHEMAS

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "ENTRY_POINTS",
    "HOST_OPERATIONS",
    "KEY",
    "OWN_PACKAGE",
    "Manifest",
    "Registry",
    "find_module",
    "find_owner",
    "module_name",
    "module_names",
    "own_modules",
    "read_manifest",
    "registry",
]

ENTRY_POINTS = "accessor_host.modules"
"""Group of the entry points by which other packages add modules."""

KEY = "accessorHost"
"""Key of a ``package.json`` that is for the host."""

OWN_PACKAGE = "accessor-host"
"""The package that the modules of this host belong to, in messages."""

HOST_OPERATIONS = frozenset(
    (
        "accessor",
        "asking",
        "call",
        "class",
        "continue",
        "error",
        "failure",
        "immediate",
        "invoke",
        "locate",
        "main",
        "modules",
        "print",
        "python",
        "result",
        "running",
        "timer",
        "warn",
    )
)
"""What the names of the host's own operations and questions begin with."""

_SCOPES = ("@modules", "@accessors-modules", "@accessors")
"""The specification's scope, and those of the existing hosts."""


class Manifest(NamedTuple):
    """Describe a module.

    Args:
        name: without its scope.
        package: name of the Python distribution that ships it.
        folder: where its ``package.json`` lies.
        main: path of the JavaScript half, or None.
        binding: module and class of the Python half, or None.
        operations: what the names of its operations and questions begin with.
        options: path of the JSON Schema of its options, or None.
        permissions: powers that it can ask for.
        requires: requirement without which it cannot work, or None.
        synchronous: whether it asks Python in the middle of an event.
        combines: names of modules whose exports together are its own.
        programs: names of the programs that it starts by itself.
    """

    name: str
    package: str
    folder: str
    main: str | None
    # A pair, as this file is read on the way to listening: "module:class" is taken apart once.
    binding: tuple[str, str] | None
    operations: tuple[str, ...]
    options: str | None
    permissions: tuple[str, ...]
    requires: str | None
    synchronous: bool
    combines: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    @property
    def is_requirable(self) -> bool:
        """Whether scripts can require it; a part of the host is built like a module, too."""
        return self.main is not None or bool(self.combines)


def module_name(request: str) -> str | None:
    """Return the name of the module that a request of ``require`` means, without its scope.

    Args:
        request: for example ``@modules/web-socket-server``; old scripts write
            ``@accessors-modules/webSocketServer``, the oldest ``webSocketServer`` or
            ``shell/shell``.

    Returns:
        The name, whether there is such a module or not; None where the request means a file, or a
        package of another scope.
    """
    scope, slash, name = request.rpartition("/")
    # Cordova's form of a name, which utilities/Exec uses everywhere: shell/shell.
    if (slash and scope not in _SCOPES and scope != name) or name.startswith("."):
        return None
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name) or None


@cache
def own_modules() -> tuple[str, ...]:
    """List the modules of this package, and the parts of the host that are built like one."""
    return tuple(sorted(entry.name for entry in os.scandir(MODULES) if entry.is_dir()))


def find_module(name: str) -> Manifest | None:
    """Return the manifest of a module, or None where there is none of that name.

    Args:
        name: without its scope.

    Raises:
        ManifestError: another package has such a module, and its manifest is wrong.
    """
    # Looking for other packages takes longer than reading a manifest of ours.
    if name in own_modules():
        return _own(name)
    return registry().find(name)


def module_names() -> list[str]:
    """List the modules that scripts can require, of this package and of others."""
    return registry().names()


def find_owner(operation: str) -> Manifest | None:
    """Return the manifest of the module that an operation or question belongs to.

    Args:
        operation: its name, for example ``server.start``.
    """
    owner = _own_owners().get(operation.partition(".")[0])
    return registry().owner(operation) if owner is None else owner


def read_manifest(folder: str, package: str) -> Manifest:
    """Read the ``package.json`` of a module, and trust what it says.

    Args:
        folder: of the module.
        package: name of the distribution that ships it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not JSON.
        KeyError: it has no name.
    """
    with open(os.path.join(folder, "package.json"), "rb") as file:
        content = json.load(file)
    own = content[KEY]
    module, _, kind = own.get("binding", "").partition(":")
    return Manifest(
        name=content["name"].rpartition("/")[2],
        package=package,
        folder=folder,
        main=_path(folder, content.get("main")),
        binding=(module, kind) if module else None,
        operations=tuple(own.get("operations", ())),
        options=_path(folder, own.get("options")),
        permissions=tuple(own.get("permissions", ())),
        requires=own.get("requires"),
        synchronous=own.get("synchronous", False),
        combines=tuple(own.get("combines", ())),
        programs=tuple(own.get("programs", ())),
    )


class Registry:
    """Every module that is installed, of this package and of others.

    A module of another package whose manifest is wrong is left out, and ``problems`` says why.

    Args:
        entry_points: of the group :data:`ENTRY_POINTS`.
    """

    def __init__(self, entry_points: "list[EntryPoint]") -> None:
        self.modules = {name: _own(name) for name in own_modules()}
        """The manifests by name."""
        self.problems: list[ManifestError] = []
        """Why modules were left out, in the order of their entry points."""
        self._left_out: dict[str, ManifestError] = {}
        self._owners = dict(_own_owners())
        # Sorted, so that it does not depend on the installation who comes first.
        for entry_point in sorted(entry_points, key=lambda entry: (entry.name, entry.value)):
            try:
                self._add(entry_point)
            except ManifestError as error:
                self.problems.append(error)
                self._left_out.setdefault(entry_point.name, error)

    def find(self, name: str) -> Manifest | None:
        """Return the manifest of a module, or None; see :func:`find_module`."""
        if name in self._left_out and name not in self.modules:
            raise self._left_out[name]
        return self.modules.get(name)

    def owner(self, operation: str) -> Manifest | None:
        """Return the module that an operation belongs to; see :func:`find_owner`."""
        return self._owners.get(operation.partition(".")[0])

    def names(self) -> list[str]:
        """List the modules that scripts can require, without their scope."""
        return sorted(name for name, manifest in self.modules.items() if manifest.is_requirable)

    def _add(self, entry_point: "EntryPoint") -> None:
        package = entry_point.dist.name if entry_point.dist is not None else entry_point.value
        folder = _folder_of(entry_point.value, package)
        _check(folder, package)
        manifest = read_manifest(folder, package)
        if manifest.name != entry_point.name:
            raise ManifestError(
                package,
                "name",
                f"'{manifest.name}' is not the name of its entry point, '{entry_point.name}'",
            )
        taken = self.modules.get(manifest.name)
        if taken is not None:
            raise ManifestError(
                package, "name", f"'{manifest.name}' is a module of '{taken.package}' already"
            )
        for operation in manifest.operations:
            owner = self._owners.get(operation)
            if operation in HOST_OPERATIONS:
                raise ManifestError(package, f"{KEY}.operations", f"'{operation}' is the host's")
            if owner is not None:
                raise ManifestError(
                    package,
                    f"{KEY}.operations",
                    f"'{operation}' belongs to the module '{owner.name}' of '{owner.package}'",
                )
        self._owners |= dict.fromkeys(manifest.operations, manifest)
        self.modules[manifest.name] = manifest


@cache
def registry() -> Registry:
    """Return every module that is installed, as found when this is called first."""
    # Imported late: a script that requires nothing but modules of ours does without.
    from importlib.metadata import entry_points

    return Registry(list(entry_points(group=ENTRY_POINTS)))


@cache
def _own_owners() -> dict[str, Manifest]:
    manifests = map(_own, own_modules())
    return {operation: one for one in manifests for operation in one.operations}


@cache
def _own(name: str) -> Manifest:
    return read_manifest(os.path.join(MODULES, name), OWN_PACKAGE)


def _path(folder: str, name: str | None) -> str | None:
    return None if name is None else os.path.normpath(os.path.join(folder, name))


def _folder_of(module: str, package: str) -> str:
    from importlib.util import find_spec

    try:
        # It imports the packages around this one, but not this one.
        spec = find_spec(module)
    except (ImportError, ValueError) as error:
        raise ManifestError(package, "entry point", f"cannot find '{module}': {error}") from None
    folders = None if spec is None else spec.submodule_search_locations
    if not folders:
        raise ManifestError(package, "entry point", f"'{module}' is not an installed package")
    return str(next(iter(folders)))


def _check(folder: str, package: str) -> None:
    """Check the manifest of another package: its shape, and that what it names is there."""
    from jsonschema import Draft202012Validator

    try:
        with open(os.path.join(folder, "package.json"), "rb") as file:
            content = json.load(file)
    except OSError as error:
        raise ManifestError(package, "package.json", str(error.strerror).lower()) from None
    except ValueError as error:
        raise ManifestError(package, "package.json", f"not JSON: {error}") from None
    with open(os.path.join(SCHEMAS, "module-manifest.schema.json"), "rb") as file:
        validator = Draft202012Validator(json.load(file))
    for fault in validator.iter_errors(content):
        raise ManifestError(package, _key(fault), fault.message)
    for key, name in (("main", content.get("main")), ("options", content[KEY].get("options"))):
        path = _path(folder, name)
        if path is not None and not os.path.isfile(path):
            where = key if key == "main" else f"{KEY}.{key}"
            raise ManifestError(package, where, f"there is no file '{path}'")


def _key(fault: Any) -> str:
    return ".".join(str(part) for part in fault.absolute_path) or "package.json"
