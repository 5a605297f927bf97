"""``accessor-host schema``: the JSON Schemas that ship with the host."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..errors import AccessorHostError

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``schema``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "schema", help="print the JSON Schema of a module's options, or of what describe prints"
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the schema; without it, a list")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from ..options import all_schema_names, load_schema

    names = all_schema_names()
    if options.name is None:
        for name in names:
            print(f"{name:24} {load_schema(name)['title']}")
        return 0
    if options.name not in names:
        raise AccessorHostError(
            f"there is no schema {options.name!r}; there are {', '.join(names)}"
        )
    print(json.dumps(load_schema(options.name), indent=2))
    return 0
