"""The pytest plugin: one test for each case, and nothing at all without the option."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..support.conformance import command_line
from ..support.programs import Ended, run

# By its name, not by its entry point: the test does not depend on how this is installed, and no
# other plugin is loaded, which takes longer than all else.
PLUGIN = ("-p", "accessor_host.conformance.pytest_plugin", "-p", "no:cacheprovider")
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}

FAKE = """
import json
for name, *values in (("@started",), ("Server", "function")):
    print("@conformance " + json.dumps({"report": name, "values": values}), flush=True)
"""


def run_pytest(folder: Path, *words: str) -> Ended:
    """Run pytest in a folder of its own, with the plugin, as an author of another host does."""
    return run([sys.executable, "-m", "pytest", *PLUGIN, *words], cwd=folder, env=ALONE)


def test_every_case_is_a_test(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    host = command_line(sys.executable, "-c", FAKE, "{script}")
    ended = run_pytest(
        tmp_path,
        "-v",
        f"--accessor-host-command={host}",
        "--accessor-host-case=server/exports/s*",
    )
    assert ended.code == 1, ended.stdout + ended.stderr
    assert "test_own.py::test_own PASSED" in ended.stdout
    assert "conformance::server/exports/server PASSED" in ended.stdout
    assert "conformance::server/exports/same-module FAILED" in ended.stdout
    assert "conformance::server/exports/socket-not-constructed XFAIL" in ended.stdout
    assert "must: Requiring the module twice gives the same object." in ended.stdout
    assert "(module resolution, CommonJS: https://nodejs.org/api/modules.html)" in ended.stdout
    assert "Traceback" not in ended.stdout


def test_this_host_passes_and_k_selects(tmp_path: Path) -> None:
    ended = run_pytest(
        tmp_path,
        "--accessor-host-command=python",
        "--accessor-host-case=server/options/*",
        "-k",
        "missing or empty",
    )
    assert ended.code == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout


def test_a_host_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, "--accessor-host-command=nothing")
    assert ended.code == 4
    assert "unknown host 'nothing'" in ended.stderr


def test_a_case_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    ended = run_pytest(
        tmp_path, "--accessor-host-command=python", "--accessor-host-case=server/export/server"
    )
    assert ended.code == 4
    assert "--accessor-host-case: no case is called server/export/server; did" in ended.stderr


def test_without_the_option_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    ended = run_pytest(tmp_path)
    assert "1 passed" in ended.stdout


def test_the_plugin_imports_nothing_else() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import accessor_host.conformance.pytest_plugin\n"
        "print([n for n in set(sys.modules) - before if not n.startswith('accessor_host')])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "[]\n"
