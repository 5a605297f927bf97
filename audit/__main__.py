"""The command: ``python -m audit``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .vulnerabilities import audit

_BILL = Path("build/sbom.cdx.json")

_FOLDERS = "import json, site; print(json.dumps(site.getsitepackages()))"

_MISSING = "is not installed (pip install '.[audit]')"

_TIMEOUT = 120


def main() -> int:
    """Run the command; return the exit code."""
    arguments = _parser().parse_args()
    bill = _write_bill(arguments.environment, arguments.output)
    clean = _audit(arguments.environment, arguments.require)
    return 0 if bill and clean else 1


def _write_bill(python: str, path: Path) -> bool:
    """Write the software bill of materials."""
    if find_spec("cyclonedx_py") is None:
        print(f"bill of materials: skipped, cyclonedx-bom {_MISSING}")
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
    command += ["--pyproject", "pyproject.toml", "--mc-type", "library"]
    ended = subprocess.run(  # noqa: S603 (our own interpreter)
        [*command, "--output-file", str(path), python], timeout=_TIMEOUT
    )
    if ended.returncode != 0:
        print("bill of materials: cyclonedx-bom failed")
        return False
    components = json.loads(path.read_text(encoding="utf-8"))["components"]
    print(f"bill of materials: {len(components)} packages in {path} (CycloneDX)")
    return True


def _audit(python: str, require: bool) -> bool:
    """Say which packages are known to be vulnerable; tell whether none is."""
    if find_spec("pip_audit") is None:
        print(f"vulnerabilities: NOT CHECKED, pip-audit {_MISSING}")
        return not require
    listed = subprocess.run(  # noqa: S603 (the caller's choice)
        [python, "-c", _FOLDERS], capture_output=True, text=True, check=True, timeout=_TIMEOUT
    )
    report = audit([Path(folder) for folder in json.loads(listed.stdout)])
    if report.problem:
        print(
            "vulnerabilities: NOT CHECKED, the vulnerability service cannot be asked from here: "
            + report.problem
        )
        return not require
    print(f"vulnerabilities: {len(report.vulnerabilities)} known in {report.checked} packages")
    for sentence in report.vulnerabilities:
        print(f"  {sentence}")
    if report.unchecked:
        print(f"  not known to the service: {', '.join(report.unchecked)}")
    return not report.vulnerabilities


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m audit",
        description="Write the software bill of materials, and list known vulnerabilities.",
        epilog="Exit code: 0 when none is known, also where that cannot be checked; else 1.",
    )
    parser.add_argument(
        "--environment",
        default=sys.executable,
        metavar="PYTHON",
        help="interpreter of the environment to look at; this one by default",
    )
    parser.add_argument(
        "--output", type=Path, default=_BILL, metavar="FILE", help=f"the bill; {_BILL} by default"
    )
    parser.add_argument(
        "--require", action="store_true", help="fail where vulnerabilities cannot be checked"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
