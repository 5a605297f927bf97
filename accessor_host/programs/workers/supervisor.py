"""Several processes for one script, and the one that keeps them running."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from ...errors import AccessorHostError, ListenError, OptionError
from ...net import addresses
from ...net.inherited import inheritance
from .. import logs
from ..controls import controls
from ..exit_codes import BAD_USAGE, after_signal
from ..signals import end_at_once, signals
from ..until_signal import until_signal
from .backoff import Backoff
from .reservations import Place, Reservations

__all__ = ["LEAD_TIME", "MAX_WORKERS", "STOP_GRACE", "supervise"]

MAX_WORKERS = 128
"""Most processes: as many as large machines have cores, and more do not make a script faster. It
keeps a slip of the finger from starting thousands."""

STOP_GRACE = 30.0
"""Seconds that workers have to stop in order before they are killed: more than a callback (10) and
a closing handshake after it (10) take by default."""

LEAD_TIME = 5.0
"""Seconds that the first worker has to load the script and listen before the others start all the
same: many times what it takes, for the case that a server cannot listen and the script goes on."""


def supervise(
    path: str | Path,
    workers: int,
    settings: Mapping[str, Any],
    *,
    confine: str = "auto",
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    backoff: Callable[[], Backoff] = Backoff,
    grace: float = STOP_GRACE,
    lead_time: float = LEAD_TIME,
    log: Mapping[str, Any] | None = None,
) -> int:
    """Run a script file in several processes that share its ports, blocking.

    Ctrl-C and SIGTERM stop them in order; a second one ends them at once.

    Args:
        path: the file.
        workers: how many processes.
        settings: keywords of :func:`accessor_host.run`, ``loop`` and those of a host.
        confine: as for :func:`accessor_host.run`.
        stdout: where the scripts' output goes, a file of the operating system; ``None`` is the
            process's standard output.
        stderr: the same for errors and messages.
        backoff: makes the delays of one worker.
        grace: seconds to stop in before workers are killed.
        lead_time: seconds before the other workers start although the first is not ready.
        log: keywords of :func:`~accessor_host.programs.logs.program_log` for the workers.

    Returns:
        As :func:`accessor_host.run`. When a worker keeps dying: its last exit code, or 128 and the
        number of the signal that killed it.
    """
    errors = stderr or sys.stderr
    try:
        _check(workers, stdout, stderr)
        confinement = _confinement(confine, path, settings)
    except AccessorHostError as error:
        errors.write(f"accessor-host: {error}\n")
        return BAD_USAGE
    # With the search path of this process in front, and without the current directory.
    command = [sys.executable, "-P", "-m", "accessor_host.programs.workers"]
    search = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    inherited = inheritance.descriptors
    words = json.dumps({**settings, **confinement, "inherited": inherited, "log": log})

    def start(channel: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - no shell, and the words are its own arguments
            [*command, str(channel), os.fspath(path), words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[channel, *inherited],
            env={**os.environ, "PYTHONPATH": search},
        )

    supervisor = _Supervisor(start, workers, errors, backoff, grace, lead_time)
    return asyncio.run(supervisor.run())


def _check(workers: int, stdout: TextIO | None, stderr: TextIO | None) -> None:
    if not 1 <= workers <= MAX_WORKERS:
        raise OptionError("workers", workers, f"an integer from 1 to {MAX_WORKERS}")
    if not addresses.CAN_SHARE:
        raise AccessorHostError(
            "several workers need SO_REUSEPORT as Linux has it, to share ports; "
            "this system does not offer it"
        )
    for name, stream in (("stdout", stdout), ("stderr", stderr)):
        try:
            if stream is not None:
                stream.fileno()
        except io.UnsupportedOperation:
            allowed = "a file of the operating system, as there are several workers"
            raise OptionError(name, stream, allowed) from None


def _confinement(mode: str, path: str | Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Say once what the kernel holds of the workers; return what they need to have it do so."""
    permissions = settings.get("permissions")
    if permissions is None and mode == "auto":
        return {}
    # Imported late: most runs do without.
    from ..confinement import describe, make_plan, search_path

    plan = make_plan(mode, permissions, scripts=[path])
    if plan is None:
        return {}
    describe(plan)
    return {"confinement": {"mode": mode, "search": search_path()}}


class _Worker:
    """A worker process.

    Args:
        number: which one, from 1.
        process: the process.
        channel: this side of its channel.
    """

    def __init__(
        self, number: int, process: subprocess.Popen[bytes], channel: socket.socket
    ) -> None:
        self.number = number
        self.process = process
        self._channel = channel

    def tell(self, *message: object) -> None:
        """Send it a line."""
        # It may be gone. Otherwise there is room: all that it is ever told is an answer to what it
        # asks, one request to stop, and what an administrator's signals are passed on as.
        with suppress(OSError):
            self._channel.send(json.dumps(message).encode() + b"\n")

    def __str__(self) -> str:
        return f"worker {self.number} (pid {self.process.pid})"


class _Supervisor:
    def __init__(
        self,
        start: Callable[[int], subprocess.Popen[bytes]],
        count: int,
        errors: TextIO,
        backoff: Callable[[], Backoff],
        grace: float,
        lead_time: float,
    ) -> None:
        self._start = start
        self._count = count
        self._errors = errors
        self._backoff = backoff
        self._grace = grace
        self._lead_time = lead_time
        self._reservations = Reservations()
        self._running: dict[int, _Worker] = {}
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()

    async def run(self) -> int:
        """Run the workers and return the exit code."""
        self._hopeless: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        work = asyncio.ensure_future(self._keep_all())
        catch = partial(signals, again=self._end_at_once)
        # Shielded: it ends in order, with the workers.
        with (
            closing(self._reservations),
            controls(asyncio.get_running_loop(), self._reload, self._show) as hung_up,
        ):
            events = self._hopeless, hung_up
            async with until_signal(asyncio.shield(work), *events, catch=catch) as ending:
                if ending.is_done:
                    return ending.result()
                number = ending.signal
                if number is None and hung_up.done():
                    number = hung_up.result()
                await self._stop(signal.SIGTERM if number is None else number, work)
                return self._hopeless.result() if number is None else after_signal(number)

    async def _keep_all(self) -> int:
        # What is wrong with the script, its file or its port is told once, by the first worker.
        lead = asyncio.create_task(self._keep(1))
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait(
            [lead, ready], timeout=self._lead_time, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if lead.done() and not self._ready.is_set():
            return lead.result()
        self._ready.set()
        codes = await asyncio.gather(lead, *map(self._keep, range(2, self._count + 1)))
        return next(filter(None, codes), 0)

    async def _keep(self, number: int) -> int:
        """Keep one worker running until it ends by itself; return its exit code."""
        backoff = self._backoff()
        code = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                name, code = await self._live(number)
                end = _describe(code)
            except OSError as error:
                name, code, end = f"worker {number}", 1, f"cannot be started: {error.strerror}"
                if not self._ready.is_set():
                    self._say(f"{name} {end}")
            if code == 0 or self._stopping.is_set():
                break
            if number == 1 and code > 0 and not self._ready.is_set():
                # It has said why itself; it would say it again, and the others, too.
                break
            delay = backoff.delay(time.monotonic() - began)
            if delay is None:
                self._say(f"{name} {end}; giving up after {backoff.deaths} deaths in a row")
                if not self._hopeless.done():
                    self._hopeless.set_result(_exit_code(code))
                await self._stopping.wait()
                break
            self._say(f"{name} {end}; it starts again in {delay:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
        return _exit_code(code)

    async def _live(self, number: int) -> tuple[str, int]:
        """Run one worker process to its end; return what to call it, and its return code."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                worker = _Worker(number, self._spawn(theirs.fileno()), ours)
            except OSError:
                ours.close()
                raise
        self._running[number] = worker
        reader, writer = await asyncio.open_connection(sock=ours)
        with suppress(ConnectionError):
            async for line in reader:
                self._take(worker, *json.loads(line))
        code = await asyncio.to_thread(worker.process.wait)
        del self._running[number]
        self._reservations.forget(number)
        writer.close()
        return str(worker), code

    def _spawn(self, channel: int) -> subprocess.Popen[bytes]:
        # A terminal sends Ctrl-C to workers, too; they have to wait until they are asked. The other
        # two would end a worker that does not catch them yet.
        blocked = {signal.SIGINT, signal.SIGHUP, signal.SIGUSR1}
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        try:
            return self._start(channel)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _take(self, worker: _Worker, kind: str, *details: Any) -> None:
        if kind == "ready":
            self._ready.set()
            return
        place = Place(*details[0])
        if kind == "release":
            self._reservations.release(worker.number, place)
            return
        where = [(socket.AddressFamily(family), address) for family, address in details[1]]
        try:
            port = self._reservations.claim(worker.number, place, where)
        except ListenError as error:
            worker.tell("refused", error.code, error.port, error.reason)
        else:
            worker.tell("granted", port)

    def _reload(self) -> None:
        logs.reopen()
        self._tell_all("reload")

    def _show(self) -> None:
        workers = ", ".join(map(str, self._running.values())) or "none"
        logs.state_logger.warning("supervisor (pid %d) of %s", os.getpid(), workers)
        self._tell_all("show")

    def _tell_all(self, *message: object) -> None:
        for worker in self._running.values():
            worker.tell(*message)

    async def _stop(self, number: int, work: asyncio.Future[int]) -> None:
        self._stopping.set()
        self._tell_all("stop", number)
        await asyncio.wait([work], timeout=self._grace)
        for worker in self._running.values():
            self._say(f"{worker} did not stop within {self._grace:g} s; it is killed")
            worker.process.kill()
        await work

    def _end_at_once(self, number: int) -> None:
        for worker in list(self._running.values()):
            worker.process.kill()
        end_at_once(number)

    def _say(self, text: str) -> None:
        # Who closed the stream does not want to know; the workers still have to be looked after.
        with suppress(OSError):
            self._errors.write(f"accessor-host: {text}\n")
            self._errors.flush()


def _describe(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _exit_code(code: int) -> int:
    return code if code >= 0 else 128 - code
