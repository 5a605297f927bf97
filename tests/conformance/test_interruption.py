"""A signal ends a run of the kit: no process and no folder is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from accessor_host.conformance.warm import WarmHost

from ..support.conformance import command_line
from ..support.programs import ACCESSOR_HOST, TIMEOUT, Program

STUBBORN = """
import signal, subprocess, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
signal.pause()
"""
"""A host that no signal ends but SIGKILL, with a child."""

HEARING = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a program that hears every signal, whoever runs the tests: ``nohup`` has some ignored."""

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def processes(mark: str) -> list[int]:
    """List the processes whose environment has a text in it, those in other sessions too."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            # It has ended meanwhile, or is somebody else's.
            continue
    return found


def until(condition: Callable[[], bool], failure: Callable[[], str]) -> None:
    """Wait for what no event announces."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, failure()
        time.sleep(0.02)


def run_and_signal(
    folder: Path,
    number: signal.Signals,
    words: list[str],
    count: int,
    *,
    before: Sequence[str] = (sys.executable, "-c", HEARING),
) -> tuple[int, str, str]:
    """Run the kit until so many processes are under way, and send it a signal.

    Returns:
        Exit code and what it printed; nothing that it has started or written is left.
    """
    mark = f"CONFORMANCE_TEST={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    program = Program(
        [*before, ACCESSOR_HOST, "conformance", "--timeout", "60", *words],
        env={name: value, "TMPDIR": str(folder)},
    )
    with program:
        until(
            lambda: len(processes(mark)) >= count and len(list(folder.rglob("script.js"))) > 0,
            lambda: f"{processes(mark)} instead of {count} processes",
        )
        program.send_signal(number)
        ended = program.wait()
        # The kernel takes a moment to bury a killed grandchild.
        until(lambda: not processes(mark), lambda: f"left behind: {processes(mark)}")
    return ended.code, ended.stdout, ended.stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_a_host_that_ignores_signals_ends_with_its_children(
    tmp_path: Path, number: signal.Signals
) -> None:
    host = command_line(sys.executable, "-c", STUBBORN, "{script}")
    # The kit, two hosts, and a child of each.
    words = ["--case", "server/exports/s*", "--jobs", "2", "--host", host]
    assert run_and_signal(tmp_path, number, words, 5) == (128 + number, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_the_warm_host_ends_with_its_forks(tmp_path: Path, number: signal.Signals) -> None:
    # The kit, the process that forks, and a fork.
    words = ["--case", "client/*", "--jobs", "1"]
    assert run_and_signal(tmp_path, number, words, 3) == (128 + number, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_fork_ends_with_the_warm_host(tmp_path: Path) -> None:
    # As when the kit itself is killed: nobody ends the fork by its number.
    script = tmp_path / "endless.js"
    script.write_text("setInterval(function () {}, 1000);", encoding="utf-8")
    mark = uuid.uuid4().hex

    async def work(output: int) -> None:
        async with WarmHost() as warm:
            words, env = ["run", str(script)], dict(os.environ)
            await warm.start(words, cwd=tmp_path, env=env, files=[output, output])
            assert len(processes(mark)) == 2

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONFORMANCE_TEST", mark)
        with open(os.devnull, "wb") as nothing:
            asyncio.run(work(nothing.fileno()))
    until(lambda: not processes(mark), lambda: f"left behind: {processes(mark)}")


def test_what_is_ignored_from_the_start_stays_ignored(tmp_path: Path) -> None:
    # As nohup does it.
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    words = ["--case", "client/close/*", "--case", "client/retries/*"]
    code, stdout, stderr = run_and_signal(tmp_path, signal.SIGHUP, words, 3, before=shell)
    assert (code, stderr) == (0, "")
    assert "must: " in stdout
