"""The command line: ``accessor-host run FILE`` and its companions."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version

from .errors import AccessorHostError

__all__ = ["main"]

BAD_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: words after the program's name; ``None`` takes them from the process.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except AccessorHostError as error:
        sys.stderr.write(f"accessor-host: {error}\n")
        return BAD_USAGE
    return code


def _parser() -> argparse.ArgumentParser:
    from .conformance.cli import add_command as add_conformance
    from .engine import ENGINES

    parser = argparse.ArgumentParser(
        prog="accessor-host", description="Run accessor JavaScript in Python."
    )
    parser.add_argument(
        "--version", action="version", version=f"accessor-host {version('accessor-host')}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    engine = argparse.ArgumentParser(add_help=False)
    engine.add_argument(
        "--engine",
        choices=ENGINES,
        default="auto",
        help="JavaScript engine (default: auto, the fastest that is installed)",
    )

    run = commands.add_parser("run", parents=[engine], help="run a script file")
    run.add_argument("file", metavar="FILE", help="the script")
    run.add_argument(
        "--loop",
        choices=("auto", "asyncio", "uvloop"),
        default="auto",
        help="event loop (default: auto, uvloop where it is installed)",
    )
    run.add_argument(
        "--callback-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long one JavaScript callback may run (default: 10; 0: no limit)",
    )
    run.add_argument(
        "--memory-limit",
        type=_mebibytes,
        default=128,
        metavar="MIB",
        help="JavaScript heap in MiB, quickjs engine only (default: 128)",
    )
    run.set_defaults(command=_run)

    types = commands.add_parser("types", help="list the MIME types that messages can have")
    types.set_defaults(command=_types)

    schema = commands.add_parser("schema", help="print the JSON Schema of a module's options")
    schema.add_argument("name", nargs="?", metavar="NAME", help="the schema; without it, a list")
    schema.set_defaults(command=_schema)

    demo = commands.add_parser(
        "demo", parents=[engine], help="run the documented server and talk to it"
    )
    demo.add_argument("--keep", action="store_true", help="go on serving until Ctrl-C")
    demo.add_argument(
        "--port", type=int, default=8082, help="TCP port (default: 8082, as documented)"
    )
    demo.set_defaults(command=_demo)

    add_conformance(commands)
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("expected seconds, 0 or more")
    return value


def _mebibytes(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected MiB, 1 or more")
    return value


def _run(options: argparse.Namespace) -> int:
    from .runner import run

    return run(
        options.file,
        engine=options.engine,
        loop=options.loop,
        callback_timeout=options.callback_timeout or None,
        memory_limit=options.memory_limit * 1024 * 1024,
    )


def _types(_options: argparse.Namespace) -> int:
    from .codecs import supported_receive_types, supported_send_types
    from .mime_types import IMAGES_EXTRA, aliases, missing_types

    receive = supported_receive_types()
    send = supported_send_types()
    for name in dict.fromkeys((*receive, *send)):
        directions = [
            word for word, names in (("receive", receive), ("send", send)) if name in names
        ]
        alias = f"   same as {aliases()[name]}" if name in aliases() else ""
        print(f"{name:25} {', '.join(directions)}{alias}")
    print("Any other text/TYPE works like text/plain.")
    if missing_types():
        print(f"Images need more: {IMAGES_EXTRA}")
    return 0


def _schema(options: argparse.Namespace) -> int:
    from .options import load_schema, schema_names

    names = schema_names()
    if options.name is None:
        for name in names:
            print(f"{name:24} {load_schema(name)['title']}")
        return 0
    if options.name not in names:
        raise AccessorHostError(
            f"there is no schema {options.name!r}; there are {', '.join(names)}"
        )
    print(json.dumps(load_schema(options.name), indent=2))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from .demo import demo

    return asyncio.run(demo(engine=options.engine, port=options.port, keep=options.keep))


if __name__ == "__main__":
    sys.exit(main())
