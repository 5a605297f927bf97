"""Where the JavaScript modules, schemas and runtime files of this package lie."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MODULES", "RUNTIME", "SCHEMAS"]

_PACKAGE = Path(__file__).resolve().parent

# A wheel carries the two folders inside the package; in a checkout they lie beside it.
_SHARE = _PACKAGE / "share" if (_PACKAGE / "share").is_dir() else _PACKAGE.parent

MODULES = _SHARE / "modules"
"""Folder of the modules that ship with the host, one npm-style folder each."""

SCHEMAS = _SHARE / "schemas"
"""Folder of the JSON Schemas, ``NAME.schema.json``."""

RUNTIME = _PACKAGE / "runtime"
"""Folder of the JavaScript that is evaluated in every engine."""
