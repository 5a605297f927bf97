"""The command: ``python -m fuzz.differential``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .cases import load, make, save
from .comparison import DIFFERENCES, describe
from .frames import split
from .ours import ENGINES
from .running import Disagreement, play
from .theirs import judge

_FOUND = Path("build/fuzz/differential")


def main() -> int:
    """Run the command; return the exit code: 1 when there is a disagreement."""
    arguments = _parser().parse_args()
    if arguments.files:
        cases = ((path.stem, load(path)) for path in arguments.files)
    else:
        seed = arguments.seed
        cases = ((f"{seed}-{number}", make(seed, number)) for number in range(arguments.cases))
    began = time.perf_counter()
    result = play(arguments.engine, cases)
    seconds = time.perf_counter() - began
    print(
        f"engine {arguments.engine}, seed {arguments.seed}: {result.cases} cases, "
        f"{result.accepted} accepted, {result.repeated} repeated, "
        f"{len(result.disagreements)} disagreements; "
        f"{seconds:.0f} s, {result.cases / seconds:.0f} cases/s"
    )
    for difference in DIFFERENCES:
        print(f"  {difference.name}: {result.differences[difference.name]}")
    for disagreement in result.disagreements:
        _report(disagreement)
    return 1 if result.disagreements else 0


def _report(found: Disagreement) -> None:
    _FOUND.mkdir(parents=True, exist_ok=True)
    path = _FOUND / f"{found.name}.json"
    save(found.case, path)
    print(f"\n{path}: compression {found.case.compression}, cuts {found.case.cuts}")
    print(f"  {found.case.head!r}\n{describe(list(split(found.case.stream)))}")
    print(f"  ours:   {found.answer}\n  theirs: {judge(found.case)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.differential",
        description="Send the same bytes to our server and to the websockets library, and compare.",
        epilog=f"Exit code: 0 when they agree, 1 when not. Found cases go to {_FOUND}.",
    )
    parser.add_argument("--cases", type=int, default=10_000, help="how many; 10,000 by default")
    parser.add_argument("--seed", type=int, default=0, help="to make them from; 0 by default")
    parser.add_argument(
        "--engine", choices=ENGINES, default="none", help="of a script behind our server"
    )
    parser.add_argument("files", nargs="*", type=Path, help="kept cases to play instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
