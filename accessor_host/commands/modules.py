"""``accessor-host modules``: the modules that scripts can require, and where they come from."""

from __future__ import annotations

import argparse
import sys
from typing import Any

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``modules``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "modules",
        help="list the modules that scripts can require",
        description="List the modules that scripts can require, each with the package that ships "
        "it, and those that accessors ask for and that are not available, each with the reason; "
        "say what is wrong with modules of other packages that were left out. The exit code is 1 "
        "if there are any.",
    )
    parser.set_defaults(command=_run)


def _run(_options: argparse.Namespace) -> int:
    from ..manifests import module_name, registry
    from ..scripts.absent import ABSENT

    found = registry()
    for name in found.names():
        print(f"{f'@modules/{name}':30} {found.modules[name].package}")
    for name, reason in sorted(ABSENT.items(), key=lambda one: one[0].lower()):
        # A package may bring what this host has not.
        if module_name(name) not in found.modules:
            print(f"{_shown(name):30} not available: {reason}")
    for problem in found.problems:
        sys.stderr.write(f"accessor-host: {problem}\n")
    return 1 if found.problems else 0


def _shown(name: str) -> str:
    return name if name.startswith("@") else f"@modules/{name}"
