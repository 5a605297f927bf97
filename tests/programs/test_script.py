"""Programs in a loop of their own."""

from __future__ import annotations

import asyncio
import io
import signal

import pytest

from accessor_host import AccessorHostError
from accessor_host.programs.script import run_in_loop


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_signal_that_the_program_does_not_catch_is_no_traceback(loop: str) -> None:
    # As it is unless who started these tests ignores Ctrl-C, as shells have it for the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    async def main() -> int:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)
        return 0

    errors = io.StringIO()
    assert run_in_loop(loop, main, errors) == 130
    assert errors.getvalue() == ""


def test_what_is_not_there_is_bad_usage() -> None:
    async def main() -> int:
        raise AccessorHostError("there is no such thing")

    errors = io.StringIO()
    assert run_in_loop("asyncio", main, errors) == 2
    assert errors.getvalue() == "accessor-host: there is no such thing\n"
