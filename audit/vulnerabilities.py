"""Known vulnerabilities of the packages in an environment, as pip-audit finds them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Report", "audit", "read_report"]

_OURS = "accessor-host"
"""Our own package, of which advisories are in SECURITY.md."""

_ANSWER_TIMEOUT = 15
"""Seconds for one answer of the service."""

_TIMEOUT = 300
"""Seconds for all of it."""


class Report(NamedTuple):
    """What is known.

    Args:
        checked: packages that the service knows.
        unchecked: packages of which it said nothing.
        vulnerabilities: one sentence each.
        problem: why nothing could be asked; empty if it could.
    """

    checked: int
    unchecked: tuple[str, ...]
    vulnerabilities: tuple[str, ...]
    problem: str = ""


def audit(folders: Sequence[Path]) -> Report:
    """Ask the service about every package.

    Args:
        folders: ``site-packages`` of the environment.
    """
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", str(_ANSWER_TIMEOUT)]
    for folder in folders:
        command += ["--path", str(folder)]
    try:
        ended = subprocess.run(  # noqa: S603 (our own interpreter)
            command, capture_output=True, text=True, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return Report(0, (), (), f"no answer within {_TIMEOUT} s")
    return read_report(ended.stdout, ended.stderr)


def read_report(output: str, errors: str) -> Report:
    """Read what pip-audit wrote.

    It succeeds where it could look up nothing, too: "none known" then says nothing.

    Args:
        output: JSON.
        errors: its other output.
    """
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        lines = errors.strip().splitlines()
        return Report(0, (), (), lines[-1] if lines else "pip-audit wrote no report")
    packages = [package for package in packages if package["name"] != _OURS]
    skipped = tuple(package["name"] for package in packages if "skip_reason" in package)
    found = tuple(
        _sentence(package, vulnerability)
        for package in packages
        for vulnerability in package.get("vulns", ())
    )
    problem = "" if len(skipped) < len(packages) else f"it knows none of {len(packages)} packages"
    return Report(len(packages) - len(skipped), skipped, found, problem)


def _sentence(package: dict[str, str], vulnerability: dict[str, list[str]]) -> str:
    fixed = ", ".join(vulnerability["fix_versions"])
    remedy = f"fixed in {fixed}" if fixed else "no fix yet"
    return f"{package['name']} {package['version']}: {vulnerability['id']} ({remedy})"
