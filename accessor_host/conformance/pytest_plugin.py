"""The kit inside somebody's own suite: ``pytest --accessor-host-command='COMMAND {script}'``.

Each case is a test. A case of the level extra that fails is an expected failure: other hosts need
not share the decisions of accessor-host.
"""

# pytest imports this in every run that has accessor-host installed: nothing else is imported, and
# nothing happens, until the option is given.
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .case import Case
    from .hosts import HostCommand

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the kit."""
    group = parser.getgroup("accessor-host", "conformance of an accessor host")
    group.addoption(
        "--accessor-host-command",
        metavar="COMMAND",
        help="run the conformance cases with a host: a command with {script} in it, "
        "or python, or node",
    )
    group.addoption(
        "--accessor-host-accessors",
        metavar="COMMAND",
        help="how the host runs an accessor: a command with {script} in it; without it, the "
        "conformance cases for accessors are skipped",
    )
    group.addoption(
        "--accessor-host-case",
        action="append",
        metavar="GLOB",
        help="only conformance cases with such a name; repeatable",
    )
    group.addoption(
        "--accessor-host-timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="for each conformance case (default: 5)",
    )


# First, so that -k and --deselect see these tests too.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add a test for each case, if a host is given."""
    command = config.getoption("--accessor-host-command")
    if command is None:
        return
    from ..errors import AccessorHostError
    from .hosts import find_host
    from .selection import select_cases

    try:
        host = find_host(command, accessors=config.getoption("--accessor-host-accessors"))
    except AccessorHostError as error:
        raise pytest.UsageError(f"--accessor-host-command: {error}") from None
    try:
        cases = select_cases(patterns=config.getoption("--accessor-host-case"))
    except AccessorHostError as error:
        raise pytest.UsageError(f"--accessor-host-case: {error}") from None
    suite = ConformanceSuite.from_parent(session, name="conformance", nodeid="conformance")
    suite.prepare(cases, host, config.getoption("--accessor-host-timeout"))
    items.extend(suite.collect())
    session.testscollected = len(items)


class ConformanceSuite(pytest.Collector):
    """All tests of the kit."""

    def prepare(self, cases: list[Case], host: HostCommand, timeout: float) -> None:
        """Say what to run; pytest makes collectors in a way of its own."""
        self._cases = cases
        self.host = host
        self.timeout = timeout

    def collect(self) -> Iterator[pytest.Item]:
        """Make a test of each case."""
        for case in self._cases:
            yield ConformanceItem.from_parent(self, name=case.id, case=case)


class ConformanceItem(pytest.Item):
    """One case as a test."""

    def __init__(self, *, case: Case, **others: Any) -> None:
        super().__init__(**others)
        self.case = case

    def runtest(self) -> None:
        """Run the case."""
        import asyncio

        from .runner import run_cases

        suite = self.parent
        assert isinstance(suite, ConformanceSuite)  # noqa: S101 - for the type checker
        (result,) = asyncio.run(run_cases([self.case], [suite.host], timeout=suite.timeout))
        if result.verdict == "skip":
            pytest.skip(result.reason)
        if result.verdict == "fail":
            if self.case.level == "extra":
                pytest.xfail(result.reason)
            raise ConformanceFailure(result.reason, result.detail)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what was expected and what happened, instead of showing the kit's code."""
        if not isinstance(excinfo.value, ConformanceFailure):
            return super().repr_failure(excinfo, style)
        from .explanation import link

        reason, detail = excinfo.value.args
        address = link(self.case)
        place = f"{self.case.source}: {address}" if address else self.case.source
        lines = [f"{self.case.level}: {self.case.clause}", f"({place})", "", reason]
        return "\n".join([*lines, "", detail] if detail else lines)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return what pytest calls the test."""
        return self.path, None, f"{self.case.id} ({self.case.level})"


class ConformanceFailure(Exception):
    """A case that a host does not pass: reason, and what the host printed."""
