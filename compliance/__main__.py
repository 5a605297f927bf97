"""The command: ``python -m compliance``."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from . import python27, suite
from .python27 import SUITE, SetupError
from .summary import Summary

_ALL = "1-7,9,10,12,13"
_QUICK = "1-7,10"


def main() -> int:
    """Run the suite; return the exit code: 0 unless a case FAILED (1) or it did not run (2)."""
    arguments = _parser().parse_args()
    try:
        cases = suite.patterns(arguments.cases or (_QUICK if arguments.quick else _ALL))
        return asyncio.run(_run(arguments, cases))
    except (ValueError, SetupError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compliance",
        description="Try the Autobahn test suite on our WebSocket server and client.",
        epilog="Exit code: 0 when nothing FAILED, 1 when something did, 2 when it did not run.",
    )
    parser.add_argument("--server", action="store_true", help="only our server")
    parser.add_argument("--client", action="store_true", help="only our client")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--cases", metavar="LIST", help=f"which cases; the default is {_ALL}")
    which.add_argument("--quick", action="store_true", help=f"the same as --cases {_QUICK}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the result")
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="where to keep the suite's own report"
    )
    parser.add_argument(
        "--python27", type=Path, metavar="PATH", help="interpreter, if not in pyenv or on PATH"
    )
    parser.add_argument(
        "--require", action="store_true", help="fail when there is no Python 2.7, else skip"
    )
    return parser


async def _run(arguments: argparse.Namespace, cases: list[str]) -> int:
    interpreter = await python27.find(arguments.python27)
    if interpreter is None:
        missing = "no Python 2.7 here, which the Autobahn test suite needs (see --python27)"
        if arguments.require or arguments.python27 is not None:
            raise SetupError(missing)
        print(f"skipped: {missing}")
        return 0
    python = await python27.with_suite(interpreter)
    both = arguments.server == arguments.client
    result: dict[str, object] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "suite": SUITE}
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.report or Path(temporary)
        for side, wanted, run in (
            ("server", arguments.server, suite.try_server),
            ("client", arguments.client, suite.try_client),
        ):
            if both or wanted:
                summary: Summary = await run(python, cases, folder / side)
                print(f"{side}: {summary}", flush=True)
                result[side] = summary.to_json()
                failed += summary.counts["FAILED"]
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
