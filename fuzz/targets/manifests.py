"""Manifests of modules that other packages ship: taken, or refused by an error that says why."""

from __future__ import annotations

import importlib
import sys
import tempfile
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

from accessor_host.manifests import ENTRY_POINTS, Registry
from accessor_host.package_files import MODULES

__all__ = ["SEEDS", "run"]

_PACKAGE = "accessor_host_fuzzed_module"

SEEDS = [
    b'{"name": "@modules/fuzzed", "accessorHost": {}}',
    b'{"name": "@modules/fuzzed", "main": "../x.js", "accessorHost": {"operations": ["fuzzed"]}}',
    b'{"name": "@modules/fuzzed", "accessorHost": {"operations": ["server", "print"]}}',
    b'{"name": "@modules/fuzzed", "accessorHost": {"binding": "x:Y", "permissions": ["listen"]}}',
    *((MODULES / name / "package.json").read_bytes() for name in ("images", "local-storage")),
]


def run(data: bytes) -> None:
    """Read a manifest.

    Args:
        data: content of ``package.json``.
    """
    (_folder() / "package.json").write_bytes(data)
    entry_point = EntryPoint("fuzzed", _PACKAGE, ENTRY_POINTS)
    registry = Registry([entry_point])
    taken = registry.modules.get("fuzzed")
    if (taken is None) != (len(registry.problems) == 1):
        raise AssertionError(f"{taken} and {registry.problems}")


@cache
def _folder() -> Path:
    """Make the package, which lives as long as the process."""
    parent = tempfile.TemporaryDirectory(prefix="accessor-host-fuzz-")
    _parents.append(parent)
    folder = Path(parent.name, _PACKAGE)
    folder.mkdir()
    (folder / "__init__.py").touch()
    sys.path.append(parent.name)
    importlib.invalidate_caches()
    return folder


_parents: list[tempfile.TemporaryDirectory[str]] = []
