"""Programs in a loop of their own."""

from __future__ import annotations

import argparse
import asyncio
import io
import signal
from pathlib import Path

import pytest

from accessor_host import AccessorHostError, run
from accessor_host.commands import options
from accessor_host.programs import loop as loops
from accessor_host.programs.loop import LOOPS, loop_factory, run_in_loop


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


def test_a_loop_that_is_not_installed_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loops, "find_spec", lambda _name: None)
    assert loop_factory("auto") is None
    with pytest.raises(AccessorHostError, match=r"not installed; try: pip install uvloop$"):
        loop_factory("uvloop")


def test_the_command_line_takes_every_loop() -> None:
    # It has the names from nowhere, as it parses before asyncio is imported.
    parser = argparse.ArgumentParser()
    options.add_host_options(parser)
    for name in LOOPS:
        assert parser.parse_args(["--loop", name]).loop == name


def test_a_run_in_a_running_loop_says_what_to_use_instead(tmp_path: Path) -> None:
    async def test() -> None:
        with pytest.raises(RuntimeError, match="async with Host"):
            run(tmp_path / "any.js")

    asyncio.run(test())
