"""How far a run is, on a terminal and in a log."""

from __future__ import annotations

import io

from accessor_host.conformance.progress import INTERVAL, Progress
from accessor_host.conformance.runner import Result

from ..support.conformance import made_case


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_has_one_line_that_is_gone_at_the_end() -> None:
    stream = Terminal()
    with Progress(2, stream, Clock()) as progress:
        progress.count(Result(made_case(id="made/one"), "x", "pass"))
        progress.count(Result(made_case(id="made/two"), "x", "fail"))
    assert stream.getvalue() == (
        "\r\x1b[K1 of 2, 0 failed  made/one\r\x1b[K2 of 2, 1 failed  made/two\r\x1b[K"
    )


def test_a_log_has_a_line_at_most_every_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    with Progress(9, stream, clock) as progress:
        for seconds in (0.0, INTERVAL - 0.1, 0.1, 0.1, 2 * INTERVAL):
            clock.now += seconds
            progress.count(Result(made_case(), "x", "fail"))
    assert stream.getvalue() == "3 of 9, 3 failed\n5 of 9, 5 failed\n5 of 9 in 30 s\n"


def test_a_short_run_says_nothing_in_a_log() -> None:
    stream = io.StringIO()
    with Progress(1, stream, Clock()) as progress:
        progress.count(Result(made_case(), "x", "pass"))
    assert stream.getvalue() == ""
