"""``accessor-host invoke``: accessors of a library, started in the order of the command line.

The other accessor hosts write their options with one dash or with two, and take all words one after
another. The parser of the standard library can do neither by itself: it gets one option at a time.

Source: accessor host reference section 8.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..programs.streams import run_with_streams
from .options import (
    add_host_options,
    add_library,
    add_log,
    host_settings,
    library_folders,
    log_settings,
)
from .permissions import add_permissions, confine, permission_settings

if TYPE_CHECKING:
    from ..programs.invoke import Step

__all__ = ["Command", "add_command", "parse"]

_NO_DASH = "\0"
"""No word of a command line begins with it, so that argparse takes none for an option."""

_OPTION = re.compile(r"--?([^-=][^=]*)(?:=(.*))?", re.DOTALL)


@dataclass
class Command:
    """What a command line asks for."""

    steps: list[Step] = field(default_factory=list)
    """What to do, in this order."""
    options: argparse.Namespace = field(default_factory=argparse.Namespace)
    """Options that hold for the whole run, wherever they stand."""


def add_command(commands: Any) -> None:
    """Add the command ``invoke``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "invoke", help="run accessors of a library", add_help=False, prefix_chars=_NO_DASH
    )
    parser.add_argument("words", nargs=argparse.REMAINDER)
    parser.set_defaults(command=lambda options: run_with_streams(lambda: _run(options.words)))


def parse(words: Sequence[str]) -> Command:
    """Read the words after ``accessor-host invoke``, from left to right.

    Args:
        words: options and names of accessor classes.

    Raises:
        SystemExit: bad usage, with exit code 2; it was said.
    """
    from ..programs.invoke import EndAfter, RunScript, Say, Start

    parser, actions = _parser()
    command = Command(options=parser.parse_args([]))
    options = command.options
    rest = iter(words)
    for word in rest:
        if word == "--":
            command.steps += [Start(class_name) for class_name in rest]
            break
        match = _OPTION.fullmatch(word)
        if match is None:
            command.steps.append(Start(word))
            continue
        action = actions.get(match[1])
        if action is None:
            parser.error(f"there is no option {word.partition('=')[0]}")
        # A value that may be left out is not the next word.
        takes_next = match[2] is None and action.nargs not in (0, "?")
        value = next(rest, None) if takes_next else match[2]
        name = action.option_strings[-1].removeprefix("--")
        parser.parse_args([f"--{name}" if value is None else f"--{name}={value}"], options)
        if name == "echo":
            command.steps.append(Say(f"[ {', '.join(map(repr, words))} ]"))
        elif name == "js":
            command.steps.append(RunScript(options.js))
        elif name == "timeout":
            command.steps.append(EndAfter(options.timeout))
        elif name == "help":
            command.steps.append(Say(parser.format_help().rstrip("\n")))
            break
        elif name == "version":
            command.steps.append(Say(_version()))
            break
    return command


def _parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.Action]]:
    """Return the parser of single options, and its actions by all their names, without dashes."""
    parser = argparse.ArgumentParser(
        prog="accessor-host invoke",
        usage="%(prog)s [OPTION | ACCESSOR]...",
        description="Make and initialize accessors, by the names of their classes, and run them "
        "until all have wrapped up. Words are taken from left to right; every option may be "
        "written with one dash or two.",
        add_help=False,
        allow_abbrev=False,
    )
    actions = [
        add_library(parser),
        parser.add_argument(
            "-t", "--timeout", type=_milliseconds, metavar="MS", help="wrap up everything after MS"
        ),
        parser.add_argument(
            "-j",
            "--js",
            type=Path,
            metavar="FILE",
            help="run a plain script, with instantiate(name, class) and its companions as globals",
        ),
        parser.add_argument(
            "--set",
            action="append",
            type=_parameter,
            default=[],
            metavar="NAME.param=VALUE",
            help="set a parameter, or the default of an input, of an accessor or of one inside: "
            "JSON, or else a text; repeatable",
        ),
        parser.add_argument(
            "-k", "--keepalive", help="run on without any accessor", action="store_true"
        ),
        parser.add_argument("-e", "--echo", help="print the words", action="store_true"),
        *add_host_options(parser),
        *add_log(parser),
        *add_permissions(parser),
        parser.add_argument(
            "-v", "--version", help="print the version and stop here", action="store_true"
        ),
        parser.add_argument("-h", "--help", help="print this and stop here", action="store_true"),
    ]
    return parser, {
        name.lstrip("-"): action for action in actions for name in action.option_strings
    }


def _milliseconds(text: str) -> int:
    from ..programs.invoke import MAX_TIMEOUT

    value = int(text) if text.isdecimal() else -1
    if not 0 <= value <= MAX_TIMEOUT:
        raise argparse.ArgumentTypeError(f"expected 0 to {MAX_TIMEOUT} milliseconds, not {text!r}")
    return value


def _parameter(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    name, _, parameter = path.rpartition(".")
    if not (name and parameter and equals):
        raise argparse.ArgumentTypeError(f"expected NAME.param=VALUE, not {text!r}")
    return path, value


def _version() -> str:
    from importlib.metadata import version

    return f"accessor-host {version('accessor-host')}"


def _run(words: Sequence[str]) -> int:
    from ..programs.invoke import NOTHING_TO_RUN, named, run_accessors
    from ..programs.logs import program_log

    if not words:
        _parser()[0].print_usage(sys.stderr)
    try:
        command = parse(words)
    except SystemExit:
        print(NOTHING_TO_RUN)
        raise
    options = command.options
    library = library_folders(options)
    log = log_settings(options)
    with program_log(**log), permission_settings(options) as permissions:
        scripts = named(command.steps, library)
        confine(options, permissions, scripts=scripts, library=library, log=log["file"])
        return run_accessors(
            command.steps,
            parameters=options.set,
            keep_alive=options.keepalive,
            library=library,
            **host_settings(options),
            **permissions,
        )
