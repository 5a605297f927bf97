"""Where the JavaScript modules, schemas and runtime files of this package lie."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["MODULES", "RUNTIME", "SCHEMAS", "read"]

_PACKAGE = Path(__file__).resolve().parent

# A wheel carries the two folders inside the package; in a checkout they lie beside it.
_SHARE = _PACKAGE / "share" if (_PACKAGE / "share").is_dir() else _PACKAGE.parent

MODULES = _SHARE / "modules"
"""Folder of the modules that ship with the host, one npm-style folder each."""

SCHEMAS = _SHARE / "schemas"
"""Folder of the JSON Schemas, ``NAME.schema.json``."""

RUNTIME = _PACKAGE / "runtime"
"""Folder of the JavaScript that is evaluated in every engine."""


def read(folder: Path, *names: str) -> str:
    """Read a file of the package.

    Args:
        folder: one of those above.
        names: of the file, and of folders before it.
    """
    # Not pathlib: it takes longer to walk to a file than to read it.
    with open(os.path.join(folder, *names), "rb", buffering=0) as file:
        return file.read().decode()
