"""The command: ``python -m bench``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from . import guard, machine, picture, table
from .errors import BenchError, SkippedError
from .loading import Load, generator
from .measuring import Settings, measure
from .programs import stop_all
from .rows import Report, Row
from .scenarios import GUARDED, NAMES, Scenario, scenarios
from .servers import DEFAULT, NODE, SERVERS, no_module
from .signals import InterruptedBySignal, handled

_SECONDS, _REPEAT = 2.0, 5
_SHORT_SECONDS = 0.5
_QUICK_REPEAT = 3

_GUARD_SERVERS = ("quickjs", "dukpy", NODE)


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit code.

    Args:
        words: of the command line; None takes them from the process.

    Returns:
        0 when it ran, 1 when the guard found a fall, 2 when it did not run; 130 and 143 after
        Ctrl-C and SIGTERM.
    """
    arguments = _parser().parse_args(words)
    try:
        with handled():
            try:
                return _run(arguments)
            finally:
                stop_all()
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except InterruptedBySignal as signal:
        print(f"\n{signal}: everything is stopped", file=sys.stderr)
        return 128 + signal.number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure this host beside the Node one. It installs nothing.",
        epilog="Exit code: 0 when it ran, 1 when --guard found a fall, 2 when it did not run.",
    )
    parser.add_argument(
        "--scenario",
        action="append",
        choices=NAMES,
        metavar="NAME",
        help=f"only this one; repeatable; one of {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--server",
        action="append",
        choices=SERVERS,
        metavar="NAME",
        help=f"only this one; repeatable; one of {', '.join(SERVERS)}; "
        f"the default is {', '.join(DEFAULT)}",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        help=f"how long each sample counts; the default is {_SECONDS:g}",
    )
    parser.add_argument(
        "--repeat", type=_repeat, help=f"samples of each server; the default is {_REPEAT}"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"see that it works: {_SHORT_SECONDS:g} s, {_QUICK_REPEAT} samples, short series",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the result")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="where to draw it, as SVG")
    parser.add_argument(
        "--guard",
        action="store_true",
        help=f"measure {', '.join(GUARDED)} in short; fail when a ratio is more than "
        f"{guard.ALLOWANCE:.0%} worse than the recorded one".replace("%", "%%"),
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help=f"write the ratios of targets to {guard.RECORDED.name}, and judge nothing",
    )
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    # Servers ping after 20 s, which the clients of plain sockets do not answer.
    if not 0.1 <= value <= 10:
        raise argparse.ArgumentTypeError("expected seconds, from 0.1 to 10")
    return value


def _repeat(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected a number, 1 or more")
    return value


def _run(arguments: argparse.Namespace) -> int:
    short = arguments.guard or arguments.quick
    servers = arguments.server or (_GUARD_SERVERS if arguments.guard else DEFAULT)
    settings = Settings(
        # In the order of the tables, and each only once.
        servers=tuple(name for name in SERVERS if name in servers),
        seconds=arguments.seconds or (_SHORT_SECONDS if short else _SECONDS),
        repeat=arguments.repeat or (_QUICK_REPEAT if arguments.quick else _REPEAT),
    )
    wanted = tuple(arguments.scenario or (GUARDED if arguments.guard else NAMES))
    chosen = scenarios(wanted, quick=short)
    needed = [
        name
        for name in settings.servers
        if any(not scenario.servers or name in scenario.servers for scenario in chosen)
    ]
    for missing in (no_module("picows"), *(SERVERS[name].missing for name in needed)):
        if reason := missing():
            raise BenchError(reason)
    report = Report(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        commit=machine.commit(),
        machine=machine.describe(),
        settings={"seconds": settings.seconds, "repeat": settings.repeat},
    )
    judges = arguments.guard and not arguments.record
    recorded = guard.read(report.machine["cpu"]) if judges else []
    found: list[guard.Fall] = []
    with generator(machine.two_cores()[1:]) as load:
        for scenario in chosen:
            rows = _measured(scenario, settings, load, report)
            if guard.falls(rows, recorded):
                print("  worse than recorded; once more, with twice as many samples")
                again = replace(settings, repeat=2 * settings.repeat)
                rows = _measured(scenario, again, load, report)
                found += guard.falls(rows, recorded)
            report.rows += rows
    return _conclude(arguments, report, found)


def _measured(scenario: Scenario, settings: Settings, load: Load, report: Report) -> list[Row]:
    print(f"{scenario.title} ({scenario.name})", flush=True)
    try:
        rows = measure(scenario, settings, load)
    except SkippedError as reason:
        report.skipped[scenario.name] = str(reason)
        print(f"  skipped: {reason}", flush=True)
        return []
    print("\n".join(table.lines(rows)), flush=True)
    return rows


def _conclude(arguments: argparse.Namespace, report: Report, found: list[guard.Fall]) -> int:
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report.to_json(), indent=2) + "\n")
    if arguments.picture is not None:
        # Of the values as the file has them, which are rounded: so it can be drawn again.
        arguments.picture.write_text(picture.draw(Report.from_json(report.to_json())))
    if arguments.record:
        print(f"\nrecorded {guard.write(report)} ratios in {guard.path_of(report.machine['cpu'])}")
    elif arguments.guard:
        print("\n" + "\n".join(["FELL:", *map(str, found)] if found else ["nothing fell"]))
        return 1 if found else 0
    elif report.rows:
        print(f"\n{table.markdown(report)}\n\n{table.ended(report)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
