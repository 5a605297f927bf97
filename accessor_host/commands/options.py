"""Options that several commands have, defined once."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..errors import AccessorHostError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "add_callback_timeout",
    "add_engine",
    "add_host_options",
    "add_library",
    "add_log",
    "host_settings",
    "library_folders",
    "log_settings",
]


def add_engine(parser: argparse.ArgumentParser) -> argparse.Action:
    """Add ``--engine``.

    Args:
        parser: of the command.
    """
    from ..engine import ENGINES

    return parser.add_argument(
        "--engine",
        choices=ENGINES,
        default="auto",
        help="JavaScript engine (default: auto, the fastest that is installed)",
    )


def add_callback_timeout(parser: argparse.ArgumentParser, what: str) -> argparse.Action:
    """Add ``--callback-timeout``.

    Args:
        parser: of the command.
        what: what is limited, for the help text.
    """
    return parser.add_argument(
        "--callback-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help=f"how long {what} may run (default: 10; 0: no limit)",
    )


def add_host_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options of a program that runs scripts; :func:`host_settings` has their meaning.

    Args:
        parser: of the command.
    """
    return [
        add_engine(parser),
        parser.add_argument(
            "--loop",
            choices=("auto", "asyncio", "uvloop"),
            default="auto",
            help="event loop (default: auto, uvloop where it is installed)",
        ),
        add_callback_timeout(parser, "one JavaScript callback"),
        parser.add_argument(
            "--memory-limit",
            type=_mebibytes,
            default=128,
            metavar="MIB",
            help="JavaScript heap in MiB, quickjs engine only (default: 128)",
        ),
    ]


def host_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments for :func:`accessor_host.run` and its companions.

    Args:
        options: with those of :func:`add_host_options`.
    """
    return {
        "engine": options.engine,
        "loop": options.loop,
        "callback_timeout": options.callback_timeout or None,
        "memory_limit": options.memory_limit * 1024 * 1024,
    }


def add_log(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options of the log; :func:`log_settings` has their meaning.

    Args:
        parser: of the command.
    """
    return [
        parser.add_argument(
            "--log-level",
            choices=("debug", "info", "warning", "error"),
            default="warning",
            help="what is logged: this and what is worse (default: warning)",
        ),
        parser.add_argument(
            "--log-format",
            choices=("text", "json"),
            default="text",
            help="of a line: text, or a JSON object (default: text)",
        ),
        parser.add_argument(
            "--log-file",
            metavar="FILE",
            help="where the log is added, instead of standard error; SIGHUP opens it again",
        ),
    ]


def log_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments for :func:`accessor_host.programs.logs.program_log`.

    Args:
        options: with those of :func:`add_log`.
    """
    return {"level": options.log_level, "form": options.log_format, "file": options.log_file}


def add_library(parser: argparse.ArgumentParser) -> argparse.Action:
    """Add ``--library``; :func:`library_folders` has its meaning.

    Args:
        parser: of the command.
    """
    # Imported late, here and below: not every command has a library.
    from pathlib import Path

    from ..scripts.library import LIBRARY_VARIABLE

    return parser.add_argument(
        "--library",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="folder with accessor classes, searched after the current directory; repeatable. "
        f"Those that {LIBRARY_VARIABLE} names come last",
    )


def library_folders(options: argparse.Namespace) -> list[Path]:
    """Return the folders to search for classes, in order.

    Args:
        options: with those of :func:`add_library`.

    Raises:
        AccessorHostError: a folder that was given is none.
    """
    from ..scripts.library import folders_from_environment

    for folder in options.library:
        if not folder.is_dir():
            raise AccessorHostError(f"there is no folder {folder}")
    return [*options.library, *folders_from_environment()]


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds, 0 or more, not {text!r}")
    return value


def _mebibytes(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected MiB, 1 or more, not {text!r}")
    return value
