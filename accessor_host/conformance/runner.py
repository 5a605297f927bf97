"""Runs cases with hosts, some at a time; every case ends with a verdict, whatever the host does."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from websockets.exceptions import WebSocketException

from .absence import Absence, ModuleAbsent, probe
from .case import Case
from .certificates import PASSWORD, Certificates, make_certificates
from .hosts import HostCommand
from .ports import DOCUMENTED_PORT, NoPort, documented_port, free_port, has_ipv6
from .process import HostProcess, Nonsense
from .trial import Skipped, Trial
from .warm import WarmHost
from .wire import Deviation

__all__ = ["START_TIMEOUT", "TIMEOUT", "Kit", "Result", "Verdict", "run_cases"]

TIMEOUT = 5.0
"""Seconds that a case may take from the first line of its script: far more than it needs."""

START_TIMEOUT = 30.0
"""Seconds that a host may take to reach that line: some start slowly on a busy machine."""

Verdict = Literal["pass", "fail", "skip"]

_PRELUDE = Path(__file__).with_name("prelude.js").read_text(encoding="utf-8")

_SHARED = """\
(function () {
  this.report = report;
  this.reporter = reporter;
  this.attempt = attempt;
  this.settle = settle;
}());

"""
"""Makes the prelude's functions visible for contained accessors, whose code is another body."""


@dataclass(frozen=True)
class Result:
    """What came of one case with one host.

    Args:
        case: the case.
        host: name of the host.
        verdict: how it went.
        reason: why it failed or was skipped; empty when it passed.
        stdout: the end of what the host printed apart from reports, for a failure.
        stderr: likewise.
        expected: the value that did not come, for a failure of which there is one.
        actual: what came instead.
        reported: the last reports of the script, for a failure.
        seconds: how long it took.
    """

    case: Case
    host: str
    verdict: Verdict
    reason: str = ""
    stdout: str = ""
    stderr: str = ""
    expected: str = ""
    actual: str = ""
    reported: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def detail(self) -> str:
        """What the host printed, stream by stream."""
        streams = {"stdout": self.stdout, "stderr": self.stderr}
        return "\n".join(f"{name}:\n{text}" for name, text in streams.items() if text)


@dataclass
class _Evidence:
    stdout: str = ""
    stderr: str = ""
    reported: tuple[str, ...] = ()


class Kit:
    """What the cases of one run share: a folder, certificates, the documented port.

    Args:
        timeout: seconds for each case.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self.timeout = timeout
        self._stack = AsyncExitStack()
        self._certificates: Certificates | None = None

    async def __aenter__(self) -> Kit:
        self._documented = asyncio.Lock()
        self._warming = asyncio.Lock()
        self._warm: WarmHost | None = None
        self._absences: dict[tuple[str, str], asyncio.Task[Absence | None]] = {}
        temporary = TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True)
        self._folder = Path(self._stack.enter_context(temporary))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def run(self, case: Case, host: HostCommand) -> Result:
        """Run one case with one host.

        A case that fails because the host has no such module is skipped, and so are those after it.
        """
        if case.accessor:
            if not host.accessors:
                return Result(case, host.name, "skip", "the host has no command for accessors")
            return await self._judge(case, host)
        known = self._absences.get((host.name, case.module))
        if known is not None and (absence := await known) is not None:
            return Result(case, host.name, "skip", absence.reason)
        result = await self._judge(case, host)
        if result.verdict != "fail":
            return result
        # Looked for only now: a host that has the module is not asked.
        is_first = (host.name, case.module) not in self._absences
        absence = await self._absence(case.module, host)
        if absence is None:
            return result
        # Said once for a module that is there and broken; the others have no verdict.
        verdict: Verdict = "fail" if absence.is_fault and is_first else "skip"
        return replace(result, verdict=verdict, reason=absence.reason, expected="", actual="")

    async def _absence(self, module: str, host: HostCommand) -> Absence | None:
        async def look() -> Absence | None:
            found: list[Absence] = []
            await self._judge(probe(module), host, found)
            return found[0] if found else None

        key = host.name, module
        if key not in self._absences:
            self._absences[key] = asyncio.create_task(look())
        return await self._absences[key]

    async def _judge(
        self, case: Case, host: HostCommand, absences: list[Absence] | None = None
    ) -> Result:
        began = time.monotonic()
        evidence = _Evidence()

        def result(verdict: Verdict, reason: str = "") -> Result:
            seconds = time.monotonic() - began
            return Result(case, host.name, verdict, reason, seconds=seconds)

        def failure(reason: str, expected: str = "", actual: str = "") -> Result:
            found = result("fail", reason)
            return replace(found, expected=expected, actual=actual, **vars(evidence))

        try:
            async with self._prepared(case) as (ports, certificates):
                began = time.monotonic()
                await self._try(case, host, ports, certificates, evidence)
        except (Skipped, NoPort) as error:
            return result("skip", str(error))
        except Deviation as error:
            return failure(str(error), error.expected, error.actual)
        except ModuleAbsent as error:
            if absences is not None:
                absences.append(error.absence)
            return failure(str(error))
        except Nonsense as error:
            return failure(str(error))
        except (OSError, WebSocketException, EOFError) as error:
            return failure(f"the connection broke: {_words(error)}")
        except Exception as error:
            # A case that is wrong must not look like a host that is.
            return failure(f"the kit itself failed: {_words(error)}")
        return result("pass")

    async def _try(
        self,
        case: Case,
        host: HostCommand,
        ports: tuple[int, int],
        certificates: Certificates | None,
        evidence: _Evidence,
    ) -> None:
        with TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            script = folder / "script.js"
            script.write_text(_source(case, ports, certificates, folder), encoding="utf-8")
            words, warm = host.words(script, accessor=case.accessor), None
            if host.forks:
                # Without "python -m accessor_host", which a fork has behind it.
                words, warm = words[3:], await self._warm_host()
            # Where the user is: a command may name files from there.
            process = HostProcess(words, cwd=Path.cwd(), env=host.env, warm=warm)
            try:
                async with AsyncExitStack() as stack:
                    trial = Trial(process, ports, certificates, folder, stack)
                    await self._drive(case, trial)
            finally:
                evidence.stdout, evidence.stderr = process.tail("stdout"), process.tail("stderr")
                evidence.reported = tuple(trial.reported)

    async def _warm_host(self) -> WarmHost:
        async with self._warming:
            if self._warm is None:
                self._warm = await self._stack.enter_async_context(WarmHost())
        return self._warm

    async def _drive(self, case: Case, trial: Trial) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT) as deadline:

                def started() -> None:
                    deadline.reschedule(asyncio.get_running_loop().time() + self.timeout)

                trial.on_started = started
                if not case.held:
                    await trial.start()
                await case.drive(trial)
        except TimeoutError:
            limit = self.timeout if trial.has_started else START_TIMEOUT
            raise Deviation(
                f"{limit:g} s passed in waiting until {trial.activity}",
                expected=trial.expected,
                actual=f"nothing in {limit:g} s" if trial.expected else "",
            ) from None

    @asynccontextmanager
    async def _prepared(
        self, case: Case
    ) -> AsyncIterator[tuple[tuple[int, int], Certificates | None]]:
        async with AsyncExitStack() as stack:
            port = free_port()
            if "ipv6" in case.needs and not has_ipv6():
                raise Skipped("this machine has no IPv6")
            if "documented-port" in case.needs:
                await stack.enter_async_context(self._documented)
                await stack.enter_async_context(documented_port())
                port = DOCUMENTED_PORT
            if "tls" in case.needs and self._certificates is None:
                self._certificates = make_certificates(self._folder)
            yield (port, free_port()), self._certificates


async def run_cases(
    cases: Iterable[Case],
    hosts: Sequence[HostCommand],
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - of each case, not of the call
    progress: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Run cases with hosts and return one result for each pair, in that order.

    Args:
        cases: what to run.
        hosts: every case is run with each.
        jobs: how many at a time; without it, two for each processor: most of them wait.
        timeout: seconds for each case.
        progress: called with each result as it comes.
    """
    slots = asyncio.Semaphore(jobs or 2 * (os.cpu_count() or 1))
    async with Kit(timeout) as kit:

        async def run(case: Case, host: HostCommand) -> Result:
            async with slots:
                result = await kit.run(case, host)
            progress(result)
            return result

        pairs = [(case, host) for case in cases for host in hosts]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(case, host)) for case, host in pairs]
    return [task.result() for task in tasks]


def _source(
    case: Case, ports: tuple[int, int], certificates: Certificates | None, folder: Path
) -> str:
    constants: dict[str, object] = {
        "PORT": ports[0],
        "OTHER_PORT": ports[1],
        "FOLDER": str(folder),
    }
    if certificates is not None:
        constants |= {
            "PFX": str(certificates.pfx),
            "PASSWORD": PASSWORD,
            "AUTHORITY": str(certificates.authority),
            "STRANGER": str(certificates.stranger),
        }
    line = ", ".join(f"{name} = {json.dumps(value)}" for name, value in constants.items())
    shared = _SHARED if case.accessor else ""
    return f"var {line};\n{_PRELUDE}\n{shared}{case.script}\n"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
