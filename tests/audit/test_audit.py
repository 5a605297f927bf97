"""The audit says what it knows, and above all when it knows nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from audit import __main__ as command
from audit.vulnerabilities import Report, read_report

REPOSITORY = Path(__file__).resolve().parents[2]

KNOWN = {"name": "good", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "private", "skip_reason": "Dependency not found on PyPI"}
BAD = {
    "name": "bad",
    "version": "2.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"], "aliases": []},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": []},
    ],
}
OURS = {"name": "accessor-host", "skip_reason": "Dependency not found on PyPI"}


def report(*packages: dict[str, Any]) -> Report:
    return read_report(json.dumps({"dependencies": packages, "fixes": []}), "")


def test_packages_without_vulnerabilities() -> None:
    assert report(OURS, KNOWN, UNKNOWN) == Report(1, ("private",), ())


def test_each_vulnerability_is_a_sentence() -> None:
    sentences = ("bad 2.0: PYSEC-1 (fixed in 2.1, 3.0)", "bad 2.0: PYSEC-2 (no fix yet)")
    assert report(KNOWN, BAD) == Report(2, (), sentences)


def test_a_service_that_knows_nothing_is_no_clean_bill() -> None:
    assert report(OURS, UNKNOWN).problem == "it knows none of 1 packages"


@pytest.mark.parametrize(
    ("errors", "problem"),
    [("Traceback\nConnectionError: no route\n", "ConnectionError: no route"), ("", "no report")],
)
def test_a_service_that_cannot_be_reached(errors: str, problem: str) -> None:
    assert problem in read_report("", errors).problem


@pytest.mark.parametrize(
    ("result", "clean", "printed"),
    [
        (Report(3, (), ()), True, "vulnerabilities: 0 known in 3 packages\n"),
        (Report(3, (), ("bad 2.0: X",)), False, "1 known in 3 packages\n  bad 2.0: X\n"),
        (Report(0, (), (), "no route"), True, "NOT CHECKED, the vulnerability service cannot"),
    ],
)
def test_what_it_prints(
    result: Report,
    clean: bool,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "audit", lambda _: result)
    monkeypatch.setattr(command, "find_spec", lambda _: object())
    assert command._audit(sys.executable, require=False) is clean
    assert printed in capsys.readouterr().out
    assert command._audit(sys.executable, require=True) is (clean and not result.problem)


@pytest.mark.skipif(find_spec("pip_audit") is not None, reason="pip-audit is installed")
def test_without_the_tools_it_says_so(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "audit", "--output", str(tmp_path / "bill.json")],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=50,
    )
    assert ended.returncode == 0
    assert "bill of materials: skipped, cyclonedx-bom is not installed" in ended.stdout
    assert "vulnerabilities: NOT CHECKED, pip-audit is not installed" in ended.stdout
