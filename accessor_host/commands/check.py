"""``accessor-host check``: what is wrong with accessors, found without running them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .options import add_callback_timeout, add_engine, add_library, library_folders

if TYPE_CHECKING:
    from ..inspection.inspection import Problem

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``check``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "check",
        help="look for errors in accessors without running them",
        description="Load accessors and set them up, and report what is wrong, a line each: "
        "errors of the scripts, missing modules and classes, connections to ports that do not "
        "exist, types that cannot be converted, loops. The exit code is 0 when nothing was found "
        "but warnings, else 1.",
    )
    parser.add_argument(
        "accessors", nargs="+", metavar="FILE_OR_CLASS", help="file, or class of the library"
    )
    add_library(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="of the report (default: text)"
    )
    add_engine(parser)
    add_callback_timeout(parser, "loading and setting up one accessor")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    problems = asyncio.run(_check(options))
    if options.format == "json":
        json.dump([asdict(problem) for problem in problems], sys.stdout, indent=2)
        print()
    else:
        for problem in problems:
            print(problem)
    return 1 if any(problem.severity == "error" for problem in problems) else 0


async def _check(options: argparse.Namespace) -> list[Problem]:
    from ..inspection.inspection import find_class, inspect, unique

    library = library_folders(options)
    # Before any work: a name that is misspelt is no finding.
    for name in options.accessors:
        find_class(name, library)
    problems: list[Problem] = []
    for name in options.accessors:
        inspection = await inspect(
            name,
            library=library,
            engine=options.engine,
            callback_timeout=options.callback_timeout or None,
        )
        problems += inspection.problems
    # A class that several composites contain is seen with each.
    return unique(problems)
