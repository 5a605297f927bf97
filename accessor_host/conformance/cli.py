"""``accessor-host conformance``: the kit's command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AccessorHostError

if TYPE_CHECKING:
    from .case import Case
    from .hosts import HostCommand
    from .runner import Result

__all__ = ["add_command", "select_cases"]

_FORMATS = ("table", "json", "junit", "html")


def add_command(commands: Any) -> None:
    """Add the command ``conformance``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    from ..engine import ENGINES
    from .cases import case_modules

    modules = [module.name for module in case_modules()]
    parser = commands.add_parser(
        "conformance",
        help="judge an accessor host by the module specification",
        description="Run the conformance cases with a host. The exit code is 0 when every case "
        "of the levels must and should passes, else 1.",
    )
    parser.add_argument("--module", choices=modules, help="only the cases of one module")
    parser.add_argument(
        "--case", action="append", metavar="GLOB", help="only cases with such a name; repeatable"
    )
    parser.add_argument(
        "--host",
        help="python (default), python/ENGINE, node, or a command with {script} in it",
    )
    parser.add_argument("--compare", nargs="+", metavar="HOST", help="several hosts, side by side")
    parser.add_argument("--engine", choices=ENGINES, help="JavaScript engine of the host python")
    parser.add_argument("--node-modules", metavar="FOLDER", help="npm packages of the host node")
    parser.add_argument(
        "--format", choices=_FORMATS, default="table", help="of the report (default: table)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where the report goes")
    parser.add_argument(
        "--jobs", type=_count, metavar="N", help="cases at a time (default: two per processor)"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=5.0, metavar="S", help="seconds per case (default: 5)"
    )
    parser.add_argument("--list", action="store_true", help="only list the cases")
    parser.add_argument(
        "--check-schema",
        action="store_true",
        help="check the option schemas, their defaults and examples instead",
    )
    parser.set_defaults(command=_run)


def select_cases(module: str | None = None, patterns: Sequence[str] | None = None) -> list[Case]:
    """Return the cases of a module whose names match one of some patterns.

    Args:
        module: one module; None takes all.
        patterns: as for a shell; None takes all.

    Raises:
        AccessorHostError: there is none.
    """
    from .cases import all_cases

    found = [
        case
        for case in all_cases()
        if module in (None, case.module)
        and (patterns is None or any(fnmatchcase(case.id, pattern) for pattern in patterns))
    ]
    if not found:
        raise AccessorHostError(f"no case is called {' or '.join(patterns or ())}")
    return found


def _run(options: argparse.Namespace) -> int:
    if options.check_schema:
        return _check_schemas()
    cases = select_cases(options.module, options.case)
    if options.list:
        for case in cases:
            print(f"{case.level:6}  {case.id}\n        {case.clause}")
        return 0
    hosts = _hosts(options)
    if options.output is not None:
        _check_writable(options.output)
    # Imported late: they take longer than the rest of the command line.
    from .interruption import Interrupted, run_until_signal
    from .reports import FORMATS
    from .reports.summary import is_conformant
    from .runner import run_cases

    with _Progress(len(cases) * len(hosts)) as progress:
        run = run_cases(
            cases, hosts, jobs=options.jobs, timeout=options.timeout, progress=progress.count
        )
        try:
            results = run_until_signal(run)
        except Interrupted as error:
            return error.exit_code
    report = FORMATS[options.format](results)
    if options.output is not None:
        options.output.write_text(report, encoding="utf-8")
    else:
        sys.stdout.write(report)
    return 0 if is_conformant(results) else 1


def _hosts(options: argparse.Namespace) -> list[HostCommand]:
    from .hosts import find_host

    if options.compare and options.host:
        raise AccessorHostError("--host and --compare exclude each other")
    names = options.compare or [options.host or "python"]
    hosts = [
        find_host(name, engine=options.engine, node_modules=options.node_modules) for name in names
    ]
    if len({host.name for host in hosts}) < len(hosts):
        raise AccessorHostError("the hosts to compare must differ")
    return hosts


def _check_schemas() -> int:
    from .schemas import check_schemas

    found = check_schemas()
    for name, faults in found.items():
        print(f"{name}: {'ok' if not faults else f'{len(faults)} faults'}")
        for fault in faults:
            print(f"  {fault}")
    return 1 if any(found.values()) else 0


def _check_writable(path: Path) -> None:
    # Before minutes of work rather than after them.
    if not path.parent.is_dir():
        raise AccessorHostError(f"there is no folder {path.parent}")


class _Progress:
    """One line on a terminal that counts verdicts; nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._verdicts = {"pass": 0, "fail": 0, "skip": 0}
        self._visible = sys.stderr.isatty()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._visible:
            sys.stderr.write("\r\x1b[K")

    def count(self, result: Result) -> None:
        self._verdicts[result.verdict] += 1
        if self._visible:
            done = sum(self._verdicts.values())
            failed = self._verdicts["fail"]
            sys.stderr.write(f"\r\x1b[K{done} of {self._total}, {failed} failed  {result.case.id}")
            sys.stderr.flush()


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("expected seconds, more than 0")
    return value
