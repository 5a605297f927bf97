"""Uncaught errors in crowds: some are printed, all are counted."""

from __future__ import annotations

import asyncio
import io
import re

import pytest

from accessor_host import Host
from accessor_host.core import output as output_module
from accessor_host.core.output import MAX_ERRORS, MAX_REPORTS, Output

TOLD = re.compile(r"accessor-host: warning: (\d+) more uncaught errors were not printed\n")


class Stream(io.StringIO):
    """A stream that says when it was told how many errors were not printed."""

    def __init__(self) -> None:
        super().__init__()
        self.was_told = asyncio.Event()

    def write(self, text: str) -> int:
        """Take a text."""
        if TOLD.search(text):
            self.was_told.set()
        return super().write(text)


def report(output: Output, count: int) -> None:
    """Report errors."""
    for number in range(count):
        output.report("Uncaught", f"Error: {number}", f"Error: {number}")


def test_as_many_as_the_limit_are_printed() -> None:
    stderr = io.StringIO()
    output = Output(None, stderr)
    report(output, MAX_REPORTS)
    output.tell_unprinted()
    assert stderr.getvalue().count("Uncaught") == MAX_REPORTS
    assert not TOLD.search(stderr.getvalue())


def test_more_than_the_limit_are_counted_and_said_within_a_period(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output_module, "REPORT_PERIOD", 0.05)
    stderr = Stream()

    async def work() -> Output:
        output = Output(None, stderr)
        report(output, MAX_REPORTS + 3)
        await stderr.was_told.wait()
        report(output, 1)
        return output

    output = asyncio.run(asyncio.wait_for(work(), 10))
    assert output.error_count == MAX_REPORTS + 4
    assert len(output.errors) == MAX_ERRORS
    lines = stderr.getvalue().splitlines()
    assert lines[-2:] == [
        "accessor-host: warning: 3 more uncaught errors were not printed",
        "Uncaught Error: 0",
    ]


@pytest.mark.parametrize(
    "flood",
    [
        "for (let i = 0; i < 400; i++) setImmediate(() => { throw new Error(i); });",
        "for (let i = 0; i < 400; i++) Promise.reject(new Error(i));",
    ],
)
def test_a_script_that_throws_or_rejects_without_end_is_described_in_part(
    engine: str, flood: str
) -> None:
    stderr = io.StringIO()

    async def main() -> tuple[int, int]:
        async with Host(engine=engine, stderr=stderr) as host:
            await host.run(flood)
            await host.wait()
        return host.error_count, host.exit_code

    count, code = asyncio.run(asyncio.wait_for(main(), 30))
    assert code == 1
    printed = len(re.findall("^(?:Uncaught|Unhandled)", stderr.getvalue(), re.MULTILINE))
    unprinted = sum(map(int, TOLD.findall(stderr.getvalue())))
    assert printed + unprinted == count
    if engine == "quickjs" or "throw" in flood:
        assert count == 400
        # The flood may lie in two periods, and so may its parts in JavaScript and in Python.
        assert printed < 400


def test_a_warning_is_one_line_that_steers_nothing() -> None:
    stderr = io.StringIO()
    Output(None, stderr).operations["warn"]("a file \x1b[2J named\nlike this\x85")
    assert stderr.getvalue() == ("accessor-host: warning: a file \\x1b[2J named\\nlike this\\x85\n")
