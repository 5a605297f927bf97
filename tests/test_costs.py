"""What the fast tests cost is limited: see ``tests/support/costs.py``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .support.programs import Ended, run

# Each is a run of pytest in its own right.
pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[1]

# Less than tests may compute otherwise, so that to exceed it does not take long.
LIMIT = "from tests.support import costs\ncosts.SHARE = 0.002  # 0.12 s of 60 s\n"

TESTS = """
import time

def compute(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def test_dear(): compute(COMPUTED)
def test_waiting(): time.sleep(0.2)
"""


def ended(folder: Path, computed: float, *words: str) -> Ended:
    """Run two tests, of which one computes for some seconds."""
    (folder / "conftest.py").write_text(LIMIT)
    (folder / "test_it.py").write_text(TESTS.replace("COMPUTED", str(computed)))
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.costs", *words, "test_it.py"]
    search = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return run(command, cwd=folder, env={"PYTHONPATH": search})


def test_a_test_that_computes_too_long_fails_the_run(tmp_path: Path) -> None:
    # Far longer than it may: a slow machine needs more time for the same.
    told = ended(tmp_path, 0.6, "--costs", "-n", "1")
    assert (told.code, "2 passed" in told.stdout) == (1, True), told
    assert "too dear: test_it.py::test_dear computes " in told.stdout
    assert " s and may compute 0.1 s; make it cheaper, or slow\n" in told.stdout
    assert told.stdout.count("too dear: ") == 1


def test_what_tests_cost_is_listed(tmp_path: Path) -> None:
    told = ended(tmp_path, 0.0, "--costs", "-n", "0")
    assert told.code == 0, told
    assert "too dear" not in told.stdout
    for name in ("test_dear", "test_waiting"):
        assert f" s of  0.1 s  test_it.py::{name}\n" in told.stdout


def test_without_the_option_nothing_is_limited(tmp_path: Path) -> None:
    told = ended(tmp_path, 0.3, "-n", "0")
    assert (told.code, "cost" in told.stdout) == (0, False), told
