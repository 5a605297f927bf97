"""What tests cost: the dearest ones are listed, and a run that costs too much fails.

Time of the processor counts, of a test's process and of those that it started and waited for:
waiting costs nothing, and other programs change little. Seconds are those of the machine on which
the limits were chosen; each process finds out how fast its own is.
"""

from __future__ import annotations

import resource
from collections.abc import Generator
from time import process_time

import pytest

LISTED = 15
"""How many tests are listed."""

SHARE = 1 / 15
"""Part of its timeout that a test may compute: 4 s of 60 s, twice what the dearest one takes."""

BUDGET = 320.0
"""Seconds of all tests: what two cores do in three minutes, beside the work of pytest itself."""

REFERENCE = 0.0053
"""Seconds of :func:`_calibration` where the limits were chosen."""

_BEGUN = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that lists and judges."""
    parser.addoption("--costs", action="store_true", help="list the dearest tests, and limit them")


def pytest_configure(config: pytest.Config) -> None:
    """Measure in every process of the run; list in the one that reports."""
    if not config.getoption("--costs"):
        return
    config.pluginmanager.register(_Meter(config))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Bill())


class _Meter:
    def __init__(self, config: pytest.Config) -> None:
        self._default = float(config.getini("timeout") or 60)
        # The best of several: anything else that runs makes one worse.
        self._factor = REFERENCE / min(_calibration() for _ in range(7))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        item.stash[_BEGUN] = _used()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "teardown":
            marker = item.get_closest_marker("timeout")
            timeout = float(marker.args[0]) if marker and marker.args else self._default
            cost = (_used() - item.stash[_BEGUN]) * self._factor
            report.user_properties.append(("cost", (cost, timeout * SHARE)))
        return report


class _Bill:
    def __init__(self) -> None:
        self._costs: list[tuple[float, float, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == "cost" and report.when == "teardown":
                self._costs.append((*value, report.nodeid))

    @property
    def _total(self) -> float:
        return sum(cost for cost, _, _ in self._costs)

    @property
    def _excesses(self) -> list[str]:
        told = [
            f"{name} computes {cost:.1f} s and may compute {limit:.1f} s; make it cheaper, or slow"
            for cost, limit, name in self._costs
            if cost > limit
        ]
        if self._total > BUDGET:
            told.append(f"all tests compute {self._total:.0f} s and may compute {BUDGET:.0f} s")
        return told

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._excesses and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"costs: {self._total:.0f} s of {BUDGET:.0f} s")
        for cost, limit, name in sorted(self._costs, reverse=True)[:LISTED]:
            terminalreporter.line(f"{cost:6.2f} s of {limit:4.1f} s  {name}")
        for excess in self._excesses:
            terminalreporter.line(f"too dear: {excess}", red=True)


def _used() -> float:
    own, others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _calibration() -> float:
    begun = process_time()
    sum(number * number for number in range(100_000))
    return process_time() - begun
