"""Hosts and cases made for tests of the kit itself."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence

from accessor_host.conformance.case import Case, Drive, Level
from accessor_host.conformance.hosts import HostCommand
from accessor_host.conformance.runner import Result, run_cases
from accessor_host.conformance.trial import Trial


def fake_host(program: str, name: str = "fake") -> HostCommand:
    """Return a host that is a few lines of Python; SCRIPT is the path of the script."""
    return HostCommand(name, (sys.executable, "-c", f"SCRIPT = {'{script}'!r}\n{program}"))


def command_line(*words: str) -> str:
    """Return what a user types for a host."""
    return shlex.join(words)


async def expect_done(t: Trial) -> None:
    """Take the report `done`."""
    await t.expect("done")


def made_case(
    drive: Drive = expect_done,
    *,
    id: str = "made/up",
    level: Level = "must",
    script: str = "report('done');",
) -> Case:
    """Return a case that no file has."""
    return Case(id, "web-socket-server", level, "It is done.", "nowhere", script, drive)


def judge(
    cases: Case | Sequence[Case], *hosts: HostCommand, timeout: float = 10.0, jobs: int = 2
) -> list[Result]:
    """Run cases with hosts."""
    several = [cases] if isinstance(cases, Case) else cases
    return asyncio.run(run_cases(several, hosts, timeout=timeout, jobs=jobs))
