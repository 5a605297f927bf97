"""``accessor-host shell``: JavaScript typed line by line, while accessors run."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError, ScriptError
from ..programs.streams import run_with_streams
from .options import add_host_options, add_library, host_settings, library_folders
from .permissions import add_permissions, confine, permission_settings

if TYPE_CHECKING:
    from ..host import Host
    from ..programs.shell.lines import Lines

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``shell``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "shell",
        help="evaluate JavaScript line by line, with accessors",
        description="Evaluate the lines of standard input as JavaScript and print their values. "
        "Accessors that they start run on meanwhile; leaving wraps them up.",
    )
    add_library(parser)
    add_host_options(parser)
    add_permissions(parser)
    parser.set_defaults(command=lambda options: run_with_streams(lambda: _run(options)))


def _run(options: argparse.Namespace) -> int:
    from ..programs.loop import run_in_loop

    settings = host_settings(options)
    folders = library_folders(options)
    loop = settings.pop("loop")
    with permission_settings(options) as permissions:

        def hold() -> None:
            # The prompter is a process of its own, which has to be signalled.
            has_prompter = sys.stdin.isatty()
            here = [Path.cwd()]
            confine(options, permissions, scripts=here, library=folders, signals=not has_prompter)

        return run_in_loop(loop, lambda: _shell(settings | permissions, folders, hold), sys.stderr)


async def _shell(settings: dict[str, Any], folders: list[Path], hold: Callable[[], None]) -> int:
    from ..host import Host
    from ..programs.exit_codes import FAILED
    from ..programs.until_signal import until_signal

    code = 0
    async with (
        Host(**settings, library=folders) as host,
        until_signal(_converse(host, folders, hold)) as ending,
    ):
        try:
            if ending.is_done:
                ending.result()
        except EngineError as error:
            sys.stderr.write(f"accessor-host: {error}\n")
            code = FAILED
        await _wrap_up(host)
        await host.stop()
    return ending.exit_code(code)


async def _converse(host: Host, folders: list[Path], hold: Callable[[], None]) -> None:
    from ..programs.shell import Session
    from ..scripts.library import Library

    async with _lines() as lines:
        # Not before: a terminal's lines come from a program that has to be started.
        hold()
        session = Session(host, Library(folders), lines, sys.stdout)
        if sys.stdin.isatty():
            session.greet()
        await session.run()


@asynccontextmanager
async def _lines() -> AsyncIterator[Lines]:
    from ..programs.shell.lines import PipedLines
    from ..programs.shell.terminal import TerminalLines, history_file

    if sys.stdin.isatty():
        async with TerminalLines(history_file()) as lines:
            yield lines
    else:
        yield PipedLines(sys.stdin.fileno(), asyncio.get_running_loop())


async def _wrap_up(host: Host) -> None:
    """Wrap up every accessor that was started, whatever the others do."""
    is_one_left = True
    while is_one_left:
        try:
            is_one_left = await host.accessors.control("wrapUpNext")
        except ScriptError:
            # It was stopped, which has been reported.
            continue
        except EngineError:
            return
