"""``accessor-host run``: a script, until nothing is left to happen."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import AccessorHostError
from ..programs.streams import run_with_streams
from .formatting import HelpFormatter
from .options import add_host_options, add_log, host_settings, log_settings
from .permissions import add_permissions, confine, permission_settings

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``run``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser(
        "run",
        help="run a script file",
        description="Run a script file until nothing is left to happen: no server, no timer.",
        epilog="Exit code: 0 when the script ended by itself, 1 after an error that nobody caught, "
        "or if a server could not listen and no later one did, 2 for bad usage or a file that "
        "cannot be read, 130 after Ctrl-C, 143 after SIGTERM. Any other error that the script "
        "takes itself, with a listener for 'error' for example, leaves 0.",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the script")
    add_host_options(parser)
    add_log(parser)
    add_permissions(parser)
    parser.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="processes that run the script, each with its own state, and share its ports "
        "(default: 1)",
    )
    parser.set_defaults(command=lambda options: run_with_streams(lambda: _run(options)))


def _workers(text: str) -> int:
    from ..programs.workers.supervisor import MAX_WORKERS

    value = int(text) if text.isdecimal() else 0
    if not 1 <= value <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"expected 1 to {MAX_WORKERS} processes, not {text!r}")
    return value


def _run(options: argparse.Namespace) -> int:
    settings, log = host_settings(options), log_settings(options)
    if options.workers > 1:
        # Not by way of the runner: a supervisor needs neither host nor engine.
        from ..programs.logs import program_log
        from ..programs.workers.supervisor import supervise

        if options.permissions_audit is not None:
            raise AccessorHostError("--permissions-audit watches one process; leave --workers out")
        with program_log(**log), permission_settings(options) as permissions:
            settings |= permissions
            return supervise(
                options.file, options.workers, settings, confine=options.confine, log=log
            )
    from ..programs.light_start import import_lazily

    import_lazily(options.loop)
    from ..programs.logs import program_log
    from ..programs.script import run

    with program_log(**log), permission_settings(options) as permissions:
        confine(options, permissions, scripts=[options.file], log=log["file"])
        return run(options.file, **settings, **permissions)
