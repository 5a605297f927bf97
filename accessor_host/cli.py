"""The command line: ``accessor-host run FILE`` and its companions."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

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
    from .commands.check import add_command as add_check
    from .commands.describe import add_command as add_describe
    from .commands.invoke import add_command as add_invoke
    from .commands.options import add_engine, add_host_options
    from .commands.shell import add_command as add_shell
    from .conformance.cli import add_command as add_conformance

    parser = argparse.ArgumentParser(
        prog="accessor-host", description="Run accessor JavaScript in Python."
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a script file")
    run.add_argument("file", metavar="FILE", help="the script")
    add_host_options(run)
    run.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="processes that run the script, each with its own state, and share its ports "
        "(default: 1)",
    )
    run.set_defaults(command=_run)

    add_invoke(commands)

    types = commands.add_parser("types", help="list the MIME types that messages can have")
    types.set_defaults(command=_types)

    schema = commands.add_parser(
        "schema", help="print the JSON Schema of a module's options, or of what describe prints"
    )
    schema.add_argument("name", nargs="?", metavar="NAME", help="the schema; without it, a list")
    schema.set_defaults(command=_schema)

    demo = commands.add_parser("demo", help="run the documented server and talk to it")
    add_engine(demo)
    demo.add_argument("--keep", action="store_true", help="go on serving until Ctrl-C")
    demo.add_argument(
        "--port", type=int, default=8082, help="TCP port (default: 8082, as documented)"
    )
    demo.set_defaults(command=_demo)

    add_shell(commands)
    add_describe(commands)
    add_check(commands)
    add_conformance(commands)
    return parser


class _Version(argparse.Action):
    """Print the version, looked up only then: that takes longer than parsing everything."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *_details: object) -> None:
        from importlib.metadata import version

        print(f"accessor-host {version('accessor-host')}")
        parser.exit()


def _workers(text: str) -> int:
    from .workers.supervisor import MAX_WORKERS

    value = int(text)
    if not 1 <= value <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"expected 1 to {MAX_WORKERS} processes")
    return value


def _run(options: argparse.Namespace) -> int:
    from .commands.options import host_settings

    settings = host_settings(options)
    if options.workers > 1:
        # Not by way of the runner: a supervisor needs neither host nor engine.
        from .workers.supervisor import supervise

        return supervise(options.file, options.workers, settings)
    from .light_start import import_lightly

    import_lightly()
    from .runner import run

    return run(options.file, **settings)


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
    from .options import all_schema_names, load_schema

    names = all_schema_names()
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
