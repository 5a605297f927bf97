"""The kit can fail: a host with one fault is found out, by the right cases and by no others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from accessor_host.conformance.cases import all_cases
from accessor_host.conformance.hosts import HostCommand

from ..support.conformance import judge
from ..support.mutant import FAULTS

REPOSITORY = Path(__file__).resolve().parents[2]

WITNESSES = {
    "web-socket-server": ("server/receive/text", "server/send/text"),
    "local-storage": ("local-storage/storage/functions", "local-storage/storage/set-and-get"),
    "text-display": ("text-display/display/exports",),
    "eventbus": tuple(case.id for case in all_cases() if case.module == "eventbus"),
    "": ("runtime/life-cycle/order", "runtime/ports/default-value"),
}
"""Cases that hardly any fault reaches: they show that a faulty host is no broken host."""


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.slow
def test_a_fault_is_found_by_its_cases_and_by_no_others(name: str) -> None:
    red = set(FAULTS[name].red)
    command = (sys.executable, "-m", "tests.support.mutant", name, "{script}")
    host = HostCommand(
        name,
        command,
        {"PYTHONPATH": os.pathsep.join((str(REPOSITORY), os.environ.get("PYTHONPATH", "")))},
        accessors=command,
    )
    cases = [case for case in all_cases() if case.id in red | set(WITNESSES[FAULTS[name].module])]
    results = judge(cases, host, timeout=2.0)
    failed = {result.case.id: result.reason for result in results if result.verdict == "fail"}
    assert red <= {case.id for case in cases}
    assert set(failed) == red, failed
