"""The end of a process whose engine keeps the GIL, and that it comes for no other reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from accessor_host.engine.watchdog import EXIT_CODE

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the C library is not the one known"
)

ALLOW = "allowed = LAST_RESORT.allowed(); allowed.__enter__()"

COMPUTE = "x = 3 ** 500_000; end = time.thread_time() + 0.4\nwhile time.thread_time() < end: x * x"
"""Seconds in C, in which no handler of a signal runs: each step takes a part of one."""

MESSAGE = (
    "accessor-host: the handler of a 'message' event ran longer than 0.1 s and cannot be "
    "interrupted; the process ends\n"
)


def ended(body: str) -> subprocess.CompletedProcess[str]:
    """Run a program that names a message and then does as it is told."""
    program = (
        "import time\n"
        "from accessor_host.engine import last_resort\n"
        "from accessor_host.engine.last_resort import LAST_RESORT\n"
        "last_resort.GRACE = 0.1\n"
        "LAST_RESORT.name((-1, 'message', 'secret'), 0.1)\n"
        f"{body.replace('ALLOW', ALLOW).replace('COMPUTE', COMPUTE)}\n"
        "print('over')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_process_that_computes_for_too_long_ends_with_a_message() -> None:
    process = ended("ALLOW; LAST_RESORT.set(0.1)\nCOMPUTE")
    assert (process.returncode, process.stdout, process.stderr) == (EXIT_CODE, "", MESSAGE)


def test_the_message_names_what_runs_last() -> None:
    process = ended("ALLOW; LAST_RESORT.set(0.1)\nLAST_RESORT.name((0, 'timer', 1), 0.1)\nCOMPUTE")
    assert process.stderr == MESSAGE.replace(
        "the handler of a 'message' event", "the callback of a timer"
    )


@pytest.mark.parametrize(
    "body",
    [
        "LAST_RESORT.set(0.1)\nCOMPUTE",
        "with LAST_RESORT.allowed(): LAST_RESORT.set(0.1)\nCOMPUTE",
        "ALLOW; LAST_RESORT.set(0.1); LAST_RESORT.cancel()\nCOMPUTE",
        "ALLOW; LAST_RESORT.set(0.1); LAST_RESORT.set(20)\nCOMPUTE",
        "ALLOW; LAST_RESORT.set(0.1); time.sleep(0.5)",
    ],
    ids=["not allowed", "allowed before", "cancelled", "set anew", "asleep"],
)
def test_any_other_process_goes_on(body: str) -> None:
    process = ended(body + "\nLAST_RESORT.cancel()")
    assert (process.returncode, process.stdout, process.stderr) == (0, "over\n", "")
