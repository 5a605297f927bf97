"""The Python packages that hold the engines: what to install, and which version is installed."""

from __future__ import annotations

import os
from collections.abc import Iterable

__all__ = ["IMPORTS", "REQUIREMENTS", "find_version", "has_version"]

# Best first: "auto" takes the first that can be imported.
IMPORTS = {"quickjs": "_quickjs", "dukpy": "dukpy"}
"""What is imported of each engine's package."""

REQUIREMENTS = {"quickjs": "quickjs-ng>=0.17,<0.18", "dukpy": "dukpy==0.6.0"}
"""What pip installs for each engine: the requirements of ``pyproject.toml``."""

_METADATA = ".dist-info"


def has_version(folder: str, project: str, versions: Iterable[str]) -> bool:
    """Tell whether one of some versions of a project is installed in a folder.

    To look for the folder of its metadata takes microseconds; to import ``importlib.metadata``
    takes as long as a third of the start.

    Args:
        folder: holds the project's packages.
        project: its name as in file names, with ``_`` for ``-``.
        versions: each as the project writes it.
    """
    return any(
        os.path.isdir(os.path.join(folder, f"{project}-{version}{_METADATA}"))
        for version in versions
    )


def find_version(folder: str, project: str) -> str | None:
    """Return the version of a project that is installed in a folder, or None.

    Args:
        folder: holds the project's packages.
        project: its name as in file names, with ``_`` for ``-``.
    """
    for name in os.listdir(folder):
        if name.startswith(f"{project}-") and name.endswith(_METADATA):
            return name.removeprefix(f"{project}-").removesuffix(_METADATA)
    return None
