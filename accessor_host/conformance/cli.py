"""``accessor-host conformance``: the kit's command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AccessorHostError

if TYPE_CHECKING:
    from .case import Case
    from .hosts import HostCommand
    from .runner import Result

__all__ = ["add_command"]

_FORMATS = ("table", "json", "junit", "html")


def add_command(commands: Any) -> None:
    """Add the command ``conformance``.

    Args:
        commands: what ``add_subparsers`` of the program's parser returned.
    """
    from ..engine import ENGINES
    from .case import LEVELS
    from .cases import case_modules

    modules = [module.name for module in case_modules()]
    parser = commands.add_parser(
        "conformance",
        help="judge an accessor host by the module specification",
        description="Run the conformance cases with a host. The exit code is 0 when no case of the "
        "levels must and should fails, and any case has a verdict; else 1. A host without a module "
        "is not judged for it.",
        epilog="To begin: --modules names what can be judged, --module NAME judges one, --list and "
        "--show say what is expected. Without any option, all cases are run with this host.",
    )
    parser.add_argument(
        "--module",
        action="append",
        choices=modules,
        metavar="MODULE",
        help="only the cases of a module; repeatable; --modules names them",
    )
    parser.add_argument(
        "--case", action="append", metavar="GLOB", help="only cases with such a name; repeatable"
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="no cases with such a name; repeatable",
    )
    parser.add_argument(
        "--level", action="append", choices=LEVELS, help="only cases of a level; repeatable"
    )
    parser.add_argument(
        "--last-failed",
        "--lf",
        action="store_true",
        help="only cases that failed when the host was last judged in this directory; "
        "all if none did",
    )
    parser.add_argument(
        "--host",
        help="python (default), python/ENGINE, node, or a command with {script} in it",
    )
    parser.add_argument(
        "--accessors",
        metavar="COMMAND",
        help="how the command of --host runs an accessor, with {script} in it; "
        "without it, cases for accessors are skipped",
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
        "--modules", action="store_true", help="only list the modules, with their numbers of cases"
    )
    parser.add_argument(
        "--show", metavar="GLOB", help="show cases: clause, script, driver and expected values"
    )
    parser.add_argument(
        "--check-schema",
        action="store_true",
        help="check the option schemas, their defaults and examples instead",
    )
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    if options.check_schema:
        return _check_schemas()
    if options.modules:
        _list_modules()
        return 0
    if options.show is not None:
        return _show(options.show)
    from .selection import select_cases

    cases = select_cases(
        options.module, options.case, levels=options.level, exclude=options.exclude
    )
    hosts = [] if options.list and not options.last_failed else _hosts(options)
    if options.last_failed:
        cases = _last_failed(cases, hosts)
    if options.list:
        _list(cases)
        return 0
    if options.output is not None:
        _check_writable(options.output)
    # Imported late: they take longer than the rest of the command line.
    from .interruption import Interrupted, run_until_signal
    from .progress import Progress
    from .reports import FORMATS
    from .reports.summary import is_conformant
    from .runner import run_cases

    progress = Progress(len(cases) * len(hosts), sys.stderr)
    try:
        with progress:
            run = run_cases(
                cases, hosts, jobs=options.jobs, timeout=options.timeout, progress=progress.count
            )
            results = run_until_signal(run)
    except Interrupted as error:
        return error.exit_code
    finally:
        _remember(progress.results)
    report = FORMATS[options.format](results)
    if options.output is not None:
        options.output.write_text(report, encoding="utf-8")
    else:
        sys.stdout.write(report)
    return 0 if is_conformant(results) else 1


def _list(cases: list[Case]) -> None:
    several = len({case.module for case in cases}) > 1
    module = ""
    for case in cases:
        if several and case.module != module:
            print(f"{'' if not module else chr(10)}{case.module}:")
            module = case.module
        print(f"{case.level:6}  {case.id}\n        {case.clause}")


def _list_modules() -> None:
    from .cases import case_modules

    modules = {module.name: len(module.cases()) for module in case_modules()}
    width = max(map(len, modules))
    for name, number in modules.items():
        print(f"{name:{width}}  {number:4} cases")


def _show(pattern: str) -> int:
    from .explanation import explanation
    from .selection import named_cases

    print("\n".join(map(explanation, named_cases(pattern))), end="")
    return 0


def _hosts(options: argparse.Namespace) -> list[HostCommand]:
    from .hosts import find_host

    if options.compare and options.host:
        raise AccessorHostError("--host and --compare exclude each other")
    names = options.compare or [options.host or "python"]
    hosts = [
        find_host(
            name,
            engine=options.engine,
            node_modules=options.node_modules,
            accessors=options.accessors,
        )
        for name in names
    ]
    if len({host.name for host in hosts}) < len(hosts):
        raise AccessorHostError("the hosts to compare must differ")
    return hosts


def _last_failed(cases: list[Case], hosts: list[HostCommand]) -> list[Case]:
    from .last_failed import failed_before

    known = set().union(*(failed_before(host.name) for host in hosts))
    failed = [case for case in cases if case.id in known]
    if not failed:
        sys.stderr.write("--last-failed: none of these cases failed before, so all are run\n")
    # As pytest has it: after the last failure is mended, everything is run again.
    return failed or cases


def _remember(results: list[Result]) -> None:
    from .last_failed import remember

    try:
        remember(results)
    except OSError as error:
        sys.stderr.write(f"--last-failed will not know these results: {error}\n")


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
