"""Modules as the runtime takes them: the JavaScript half, and the schema of the options."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ManifestError
from ..manifests import KEY, OWN_PACKAGE, Manifest
from ..options import add_schema, schema_for_scripts
from .files import ModuleFile

__all__ = ["read_module"]


def read_module(manifest: Manifest) -> ModuleFile:
    """Read the JavaScript half of a module.

    Args:
        manifest: of a module that has one.

    Raises:
        ManifestError: a file of it is not as it must be.
    """
    if manifest.main is None:
        raise ManifestError(manifest.package, "main", "it has no JavaScript half")
    try:
        with open(manifest.main, "rb", buffering=0) as file:
            source = file.read().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(manifest.package, "main", str(error)) from None
    return {
        "module": manifest.name,
        "source": source,
        "options": None if manifest.options is None else _schema(manifest, manifest.options),
        "synchronous": manifest.synchronous,
    }


def _schema(manifest: Manifest, path: str) -> str:
    if manifest.package != OWN_PACKAGE:
        add_schema(manifest.name, path)
    try:
        properties: dict[str, Any] = schema_for_scripts(manifest.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"'{path}' is no schema of options: {type(error).__name__}: {error}"
        raise ManifestError(manifest.package, f"{KEY}.options", reason) from None
    for name, schema in properties.items():
        if "default" not in schema:
            reason = f"'{path}': the option '{name}' has no default"
            raise ManifestError(manifest.package, f"{KEY}.options", reason)
    return json.dumps(properties)
