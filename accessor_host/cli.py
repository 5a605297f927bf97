"""The command line: ``accessor-host run FILE`` and its companions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .commands.formatting import HelpFormatter
from .commands.permissions import AUDIT
from .errors import AccessorHostError
from .programs.exit_codes import BAD_USAGE, after_signal

__all__ = ["main"]

_PROGRAM = "accessor-host"

_COMMANDS = {
    "run": ".commands.run",
    "invoke": ".commands.invoke",
    "types": ".commands.types",
    "modules": ".commands.modules",
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
    try:
        return _run(words)
    except BrokenPipeError:
        return _output_closed()


def _run(words: Sequence[str]) -> int:
    try:
        options = _parser(words[0] if words else "").parse_args(words)
        code: int = options.command(options)
    except AccessorHostError as error:
        sys.stderr.write(f"accessor-host: {error}\n")
        return BAD_USAGE
    except KeyboardInterrupt:
        from signal import SIGINT

        return after_signal(SIGINT)
    finally:
        # Now, while an error can still be caught; --help and --version leave through here too.
        print(end="", flush=True)
    return code


def _output_closed() -> int:
    """Return the exit code of a program whose reader has gone: ``accessor-host types | head``."""
    import os
    from signal import SIGPIPE

    # Python flushes once more at exit, and would report the same error again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return after_signal(SIGPIPE)


def _parser(first: str) -> argparse.ArgumentParser:
    """Make a parser: for the command that a command line begins with, else for every command."""
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Run accessor JavaScript in Python.",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", prog=_PROGRAM, parser_class=_CommandParser
    )
    for name in [first] if first in _COMMANDS else _COMMANDS:
        import_module(_COMMANDS[name], __package__).add_command(commands)
    return parser


class _CommandParser(argparse.ArgumentParser):
    """Parse the words of a command; of words that it does not know it shows its own usage."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        # It has a value only after "=": the next word is none.
        words = [f"{AUDIT}=-" if word == AUDIT else word for word in args or ()]
        options, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


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
