"""``accessor-host demo``: the documented server, and a client that talks to it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Coroutine
from typing import Any

from .options import add_engine

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``demo``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser("demo", help="run the documented server and talk to it")
    add_engine(parser)
    parser.add_argument("--keep", action="store_true", help="go on serving until Ctrl-C")
    parser.add_argument(
        "--port", type=_port, default=8082, help="TCP port (default: 8082, as documented)"
    )
    parser.set_defaults(command=_run)


def _port(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if not 1 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"expected a port, 1 to 65535, not {text!r}")
    return value


def _run(options: argparse.Namespace) -> int:
    from ..programs.demo import demo
    from ..programs.loop import run_in_loop

    def main() -> Coroutine[Any, Any, int]:
        return demo(engine=options.engine, port=options.port, keep=options.keep)

    return run_in_loop("asyncio", main, sys.stderr)
