"""Finds cases: a package with a folder for each module, and in it a file for each topic.

A folder ``web_socket_server`` holds the cases for ``@modules/web-socket-server``. Each of its files
defines ``suite``; files and folders whose names begin with ``_`` are helpers. Two names in the
``__init__.py`` of a folder set the order of the reports:

``RANK``
    a number; modules come in this order. Those without one follow, by name.
``TOPICS``
    names of files; they come in this order. All others follow, by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ..errors import AccessorHostError
from .case import Case, Suite

__all__ = ["CaseModule", "find_case_modules"]


@dataclass(frozen=True)
class CaseModule:
    """The cases for one module.

    Args:
        name: of the module, as scripts require it.
        package: Python package with the cases.
    """

    name: str
    package: ModuleType

    def cases(self) -> list[Case]:
        """Return the cases, topic by topic.

        Raises:
            AccessorHostError: a file has no suite, or one for another module; or ``TOPICS`` names
                a file that does not exist. The message names the file.
        """
        files = {path.stem: path for path in _entries(self.package) if path.suffix == ".py"}
        topics: tuple[str, ...] = getattr(self.package, "TOPICS", ())
        if missing := [name for name in topics if name not in files]:
            raise AccessorHostError(
                f"{self.package.__file__}: TOPICS names {missing[0]!r}, but there is no such file"
            )
        others = sorted(files.keys() - set(topics))
        return [case for name in (*topics, *others) for case in self._suite(name, files[name])]

    def _suite(self, topic: str, path: Path) -> Suite:
        suite = getattr(import_module(f"{self.package.__name__}.{topic}"), "suite", None)
        if not isinstance(suite, Suite):
            raise AccessorHostError(
                f"{path}: expected a Suite named 'suite'; a helper's name begins with '_'"
            )
        if suite.module != self.name:
            raise AccessorHostError(
                f"{path}: its suite is for {suite.module!r}, but its folder is for {self.name!r}"
            )
        return suite


def find_case_modules(package: ModuleType) -> list[CaseModule]:
    """Find the modules that a package holds cases for.

    Args:
        package: the package with the folders: the kit's own ``cases``, or anybody's.
    """
    found = [
        CaseModule(path.name.replace("_", "-"), import_module(f"{package.__name__}.{path.name}"))
        for path in _entries(package)
        if path.is_dir()
    ]
    return sorted(found, key=lambda each: (getattr(each.package, "RANK", math.inf), each.name))


def _entries(package: ModuleType) -> list[Path]:
    return [
        path
        for folder in package.__path__
        for path in Path(folder).iterdir()
        if not path.name.startswith(("_", "."))
    ]
