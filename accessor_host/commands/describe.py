"""``accessor-host describe``: what an accessor looks like from outside."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from ..errors import AccessorHostError
from .options import add_callback_timeout, add_engine, add_library, library_folders

__all__ = ["add_command"]

_FORMATS = ("text", "json", "dot", "svg")


def add_command(commands: Any) -> None:
    """Add the command ``describe``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "describe",
        help="show the interface of an accessor",
        description="Show the ports, parameters and documentation of an accessor and, for a "
        "composite, its graph. The accessor is set up, not run. The exit code is 1 when it could "
        "not be set up.",
    )
    parser.add_argument("accessor", metavar="ACCESSOR", help="class of the library, or file")
    add_library(parser)
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        default="text",
        help="text (default), json (accessor-host schema accessor-interface), dot (Graphviz), svg",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where it goes")
    add_engine(parser)
    add_callback_timeout(parser, "loading and setting up")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from ..inspection.document import document
    from ..inspection.formats import FORMATS
    from ..inspection.inspection import inspect

    inspection = asyncio.run(
        inspect(
            options.accessor,
            library=library_folders(options),
            engine=options.engine,
            callback_timeout=options.callback_timeout or None,
        )
    )
    for problem in inspection.problems:
        sys.stderr.write(f"{problem}\n")
    if inspection.interface is None:
        return 1
    _write(FORMATS[options.format](document(inspection)), options.output)
    return 1 if inspection.interface.get("incomplete") else 0


def _write(text: str, path: Path | None) -> None:
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AccessorHostError(f"cannot write '{path}': {error.strerror}") from None
