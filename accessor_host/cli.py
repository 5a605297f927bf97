"""The command line: ``accessor-host run FILE`` and its companions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .errors import AccessorHostError
from .programs.light_start import import_argparse

import_argparse()
import argparse  # noqa: E402

from .commands.formatting import HelpFormatter  # noqa: E402

__all__ = ["main"]

BAD_USAGE = 2

_PROGRAM = "accessor-host"

_COMMANDS = {
    "run": ".commands.run",
    "invoke": ".commands.invoke",
    "types": ".commands.types",
    "schema": ".commands.schema",
    "demo": ".commands.demo",
    "shell": ".commands.shell",
    "describe": ".commands.describe",
    "check": ".commands.check",
    "conformance": ".conformance.cli",
}
"""Where each command is, in the order of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: words after the program's name; ``None`` takes them from the process.
    """
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(words[0] if words else "").parse_args(words)
    try:
        code: int = options.command(options)
    except AccessorHostError as error:
        sys.stderr.write(f"accessor-host: {error}\n")
        return BAD_USAGE
    return code


def _parser(first: str) -> argparse.ArgumentParser:
    """Make a parser: for the command that a command line begins with, else for every command."""
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Run accessor JavaScript in Python.",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", prog=_PROGRAM)
    for name in [first] if first in _COMMANDS else _COMMANDS:
        import_module(_COMMANDS[name], __package__).add_command(commands)
    return parser


class _Version(argparse.Action):
    """Print the version, looked up only then: that takes longer than parsing everything."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *_details: object) -> None:
        from importlib.metadata import version

        print(f"accessor-host {version('accessor-host')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
