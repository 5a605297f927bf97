"""Modules that tests add to the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from accessor_host import manifests
from accessor_host.scripts import loader


def write_module(folder: Path, name: str, source: str, **own: Any) -> Path:
    """Write the folder of a module, and return it.

    Args:
        folder: to be made.
        name: of the module, without its scope.
        source: its JavaScript half.
        own: what its manifest says to the host.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "name": f"@modules/{name}",
        "version": "1.0.0",
        "description": "A module of a test.",
        "main": "main.js",
        "accessorHost": own,
    }
    (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "main.js").write_text(source, encoding="utf-8")
    return folder


def add_module(patch: pytest.MonkeyPatch, folder: Path, name: str, source: str) -> None:
    """Let scripts require a module that is JavaScript alone.

    Args:
        patch: undoes it.
        folder: for its files.
        name: of the module, without its scope.
        source: its JavaScript half.
    """
    added = manifests.read_manifest(str(write_module(folder, name, source)), "test")
    find_module = manifests.find_module

    def find(wanted: str) -> manifests.Manifest | None:
        return added if wanted == name else find_module(wanted)

    patch.setattr(loader, "find_module", find)
