"""A script inside a call that its engine does not interrupt: its limit and a second signal hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from accessor_host.engine.watchdog import EXIT_CODE
from accessor_host.programs.insistence import MACHINES

from ..support.programs import ACCESSOR_HOST, TIMEOUT, Program, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the C library is not the one known"),
]

STUCK = """
    const text = 'a'.repeat(400000), word = 'a'.repeat(200000) + 'b';
    const stuck = () => { CALL; console.log('over'); };
    setTimeout(() => { console.log('begun'); setImmediate(stuck); }, 1);
"""
"""A search that takes minutes; it begins in the turn after that which says so."""

MESSAGE = (
    "accessor-host: the callback of a timer ran longer than 0.3 s and cannot be interrupted; "
    "the process ends\n"
)


def script(folder: Path, call: str) -> Path:
    """Write a script that is stuck in a call."""
    path = folder / "script.js"
    path.write_text(STUCK.replace("CALL", call))
    return path


@pytest.mark.parametrize(
    "call", ["text.includes(word)", "text.replace(word, '')", "text.split(word)"]
)
def test_a_call_that_takes_too_long_ends_the_process_with_a_message(
    engine: str, call: str, tmp_path: Path
) -> None:
    words = ["--engine", engine, "--callback-timeout", "0.3"]
    ended = run([ACCESSOR_HOST, "run", *words, script(tmp_path, call)])
    assert (ended.code, ended.stdout, ended.stderr) == (EXIT_CODE, "begun\n", MESSAGE)


def test_it_does_so_in_the_first_turn_of_all(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_text("const word = 'a'.repeat(200000) + 'b'; 'a'.repeat(400000).includes(word);")
    ended = run([ACCESSOR_HOST, "run", "--engine", engine, "--callback-timeout", "0.3", path])
    assert (ended.code, ended.stdout) == (EXIT_CODE, "")
    assert "ran longer than 0.3 s and cannot be interrupted; the process ends" in ended.stderr


@pytest.mark.usefixtures("binding_limit")
def test_it_does_so_where_the_c_functions_of_quickjs_must_not_be_called(tmp_path: Path) -> None:
    words = ["--engine", "quickjs", "--callback-timeout", "0.3"]
    ended = run([ACCESSOR_HOST, "run", *words, script(tmp_path, "text.includes(word)")])
    assert (ended.code, ended.stderr) == (EXIT_CODE, MESSAGE)


def test_a_script_within_its_time_ends_without_a_word(engine: str, tmp_path: Path) -> None:
    words = ["--engine", engine, "--callback-timeout", "20"]
    ended = run([ACCESSOR_HOST, "run", *words, script(tmp_path, "text.includes('b')")])
    assert (ended.code, ended.stdout, ended.stderr) == (0, "begun\nover\n", "")


@contextmanager
def stuck(path: Path, engine: str, limit: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a script, and kill what is left of it at the end."""
    command = [ACCESSOR_HOST, "run", "--engine", engine, "--callback-timeout", limit, str(path)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_reader_that_does_not_read_the_message_does_not_keep_the_process(
    engine: str, tmp_path: Path
) -> None:
    path = script(tmp_path, "text.includes(word)")
    # As much as a pipe takes, to the byte: the line ends with a character of its own.
    path.write_text("console.error('x'.repeat(65535));" + path.read_text())
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with stuck(path, engine, "0.3", **pipes) as process:
        assert process.wait(TIMEOUT) == EXIT_CODE


@pytest.mark.skipif(os.uname().machine not in MACHINES, reason="no known layout")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(engine: str, number: signal.Signals, tmp_path: Path) -> None:
    path = script(tmp_path, "text.includes(word)")
    with stuck(path, engine, "60", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        # Two that come at the same time are one; so they come until the process has ended.
        end = time.monotonic() + TIMEOUT
        code = None
        while code is None and time.monotonic() < end:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(0.1)
    assert code in (-number, 128 + number)


def test_a_stuck_worker_is_replaced(tmp_path: Path) -> None:
    words = ["--workers", "2", "--engine", "quickjs", "--callback-timeout", "0.3"]
    with Program(
        [ACCESSOR_HOST, "run", *words, script(tmp_path, "text.includes(word)")]
    ) as program:
        program.wait_for(MESSAGE, stream="stderr")
        program.wait_for("ended with exit code 1; it starts again", stream="stderr")
        program.wait_for("begun", times=3)
