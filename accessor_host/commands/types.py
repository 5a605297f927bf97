"""``accessor-host types``: the MIME types that messages can have."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command ``types``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    parser = commands.add_parser("types", help="list the MIME types that messages can have")
    parser.set_defaults(command=_run)


def _run(_options: argparse.Namespace) -> int:
    from ..codecs.mime_types import ALIASES
    from ..codecs.values import supported_receive_types, supported_send_types

    receive = supported_receive_types()
    send = supported_send_types()
    for name in dict.fromkeys((*receive, *send)):
        directions = [
            word for word, names in (("receive", receive), ("send", send)) if name in names
        ]
        alias = f"   same as {ALIASES[name]}" if name in ALIASES else ""
        print(f"{name:25} {', '.join(directions)}{alias}")
    print("Any other text/TYPE works like text/plain.")
    return 0
