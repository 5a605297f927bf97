"""One of several processes that run a script: its side of the channel to the supervisor.

The channel is a socket pair. Each side sends lines of JSON, of which the first element says what it
is; the supervisor's death shows as the channel's end.

sent by     line                                   meaning
worker      ``["claim", place, addresses]``        may I listen?
worker      ``["release", place]``                 I do not listen there any longer
worker      ``["ready"]``                          the script has loaded, its servers listen
supervisor  ``["granted", port]``                  answer to the oldest claim without one
supervisor  ``["refused", code, port, reason]``    the same
supervisor  ``["stop", signal]``                   stop in order
supervisor  ``["reload"]``                         read certificates, open log files again
supervisor  ``["show"]``                           log the state
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from ...errors import AccessorHostError, ListenError
from ...host import Host
from ...net import ports
from ...net.addresses import UNIX, Address, bind
from ..controls import of_host
from ..exit_codes import BAD_USAGE, after_signal
from ..logs import program_log
from ..loop import run_in_loop
from ..script import run_script
from ..signals import signals
from .reservations import Place

if TYPE_CHECKING:
    from ...core.permissions import Grants

__all__ = ["ORPHAN_GRACE", "Worker", "main"]

ORPHAN_GRACE = 30.0
"""Seconds to stop in when the supervisor is gone: as many as it would have granted."""

_CHUNK = 65_536


class Worker:
    """This process, as a worker.

    Args:
        channel: file descriptor of the channel.
    """

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._claims: deque[tuple[Place, asyncio.Future[int]]] = deque()
        self._is_loading = True
        self._unready = 0
        self._any_ports = 0
        # Before there is a host, there is nothing to read again, nor to show.
        self._reload: Callable[[], None] = lambda: None
        self._show = self._reload

    @contextmanager
    def signals(self, loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Future[int]]:
        """Catch SIGTERM, the supervisor's request to stop, and its death.

        Args:
            loop: the running loop.
        """
        # An administrator's tool may signal supervisor and workers alike: who insists is for the
        # supervisor to judge.
        with signals(loop, again=lambda _number: None) as received:
            self._loop = loop
            self._received = received
            threading.Thread(target=self._listen, name="accessor-host-worker", daemon=True).start()
            yield received

    def loaded(self) -> None:
        """Take that the top level of the script has run."""
        self._is_loading = False
        self._check_ready()

    def claim(self, location: ports.Location) -> ports.Claim:
        """Begin the start of a server.

        Servers on port 0 that the top level starts are the same in every worker, in their order.
        Later ones are not: what happens to the workers differs, so such a server has a port of
        its own.
        """
        host, port = location.host, location.port
        if not self._is_loading:
            if port == 0 and not location.is_path:
                return ports.OwnPorts().claim(location)
            return _SharedPort(self, Place(host, port, 0), is_early=False)
        self._unready += 1
        if port == 0:
            self._any_ports += 1
        return _SharedPort(self, Place(host, port, 0 if port else self._any_ports), is_early=True)

    def control(self, host: Host) -> None:
        """Take the host of this process, to which the supervisor's wishes go.

        Args:
            host: the host, entered.
        """
        self._reload, self._show = of_host(host)

    # For claims

    async def ask(self, place: Place, addresses: list[Address]) -> int:
        """Ask the supervisor for a port; raises what it says."""
        answer: asyncio.Future[int] = self._loop.create_future()
        self._claims.append((place, answer))
        self.tell("claim", place, addresses)
        return await answer

    def tell(self, *message: object) -> None:
        """Send a line to the supervisor."""
        # Its death is the business of who listens to it.
        with suppress(OSError):
            os.write(self._channel, json.dumps(message).encode() + b"\n")

    def is_listening(self) -> None:
        """Take that a server that the top level started listens."""
        self._unready -= 1
        self._check_ready()

    # Inside

    def _check_ready(self) -> None:
        if not self._is_loading and self._unready == 0:
            self.tell("ready")

    def _listen(self) -> None:
        """Take what the supervisor sends, until it is gone; then see to it that this process ends.

        In a thread of its own, as a script may keep the loop from running. ``quickjs`` lets go of
        the GIL; ``dukpy`` does not, and is stopped by the limit for callbacks.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        rest = b""
        with suppress(OSError):
            while data := os.read(self._channel, _CHUNK):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._call(self._take, *json.loads(line))
        self._call(self._be_orphaned)
        time.sleep(ORPHAN_GRACE)
        os._exit(after_signal(signal.SIGTERM))

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        # A loop that is closed belongs to a process that is about to end.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def _take(self, kind: str, *details: Any) -> None:
        if kind == "stop":
            self._stop(*details)
            return
        if kind in ("reload", "show"):
            (self._reload if kind == "reload" else self._show)()
            return
        place, answer = self._claims.popleft()
        if kind == "refused":
            code, port, reason = details
            _fail(answer, ListenError(code, place.host, port, reason))
        elif answer.done():
            self.tell("release", place)
        else:
            answer.set_result(*details)

    def _be_orphaned(self) -> None:
        sys.stderr.write(f"accessor-host: worker (pid {os.getpid()}): no supervisor; it stops\n")
        for place, answer in self._claims:
            _fail(answer, ListenError("ECANCELED", place.host, place.port, "no supervisor"))
        self._stop(signal.SIGTERM)

    def _stop(self, number: int) -> None:
        if not self._received.done():
            self._received.set_result(number)


def _fail(answer: asyncio.Future[int], error: ListenError) -> None:
    if not answer.done():
        answer.set_exception(error)


class _SharedPort:
    """One start of a server whose port the other workers have, too."""

    def __init__(self, worker: Worker, place: Place, *, is_early: bool) -> None:
        self._worker = worker
        self._place = place
        self._is_early = is_early
        self._is_held = False

    async def bind(self, addresses: list[Address]) -> list[socket.socket]:
        sockets = ports.inherited(addresses, self._place.port)
        if not sockets:
            sockets = await self._bind_shared(addresses)
        if self._is_early:
            self._worker.is_listening()
        return sockets

    async def _bind_shared(self, addresses: list[Address]) -> list[socket.socket]:
        if self._place.host.startswith(UNIX):
            reason = "several workers share a Unix socket only if they are started with it"
            raise ListenError("ENOTSUP", self._place.host, 0, f"{reason} (LISTEN_FDS)")
        port = await self._worker.ask(self._place, addresses)
        self._is_held = True
        try:
            return bind(self._place.host, addresses, port, shared=True)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._worker.tell("release", self._place)


def _confine(
    path: str, log: str | None, permissions: Grants, *, mode: str, search: list[str]
) -> None:
    """Have the kernel hold permissions; the supervisor has said what it holds."""
    # Imported late: most workers do without.
    from ..confinement import hold, make_plan

    plan = make_plan(mode, permissions, scripts=[path], log=log, search=search)
    if plan is not None:
        hold(plan, mode)


def main(words: list[str]) -> int:
    """Run a script as a worker.

    Args:
        words: file descriptor of the channel, path of the script, and the settings of
            :func:`accessor_host.run` as JSON.

    Returns:
        The exit code, as for :func:`accessor_host.run`.
    """
    channel, path, settings = int(words[0]), words[1], json.loads(words[2])
    os.set_inheritable(channel, False)
    if inherited := settings.pop("inherited", None):
        # Imported late: hardly any program is started with sockets.
        from ...net.inherited import inheritance

        inheritance.adopt(inherited)
    loop, log = settings.pop("loop"), settings.pop("log", None)
    confinement = settings.pop("confinement", None)
    worker = Worker(channel)
    ports.ports = worker

    async def work() -> int:
        async with Host(**settings) as host:
            worker.control(host)
            return await run_script(
                host, path, sys.stderr, loaded=worker.loaded, catch=worker.signals
            )

    try:
        with nullcontext() if log is None else program_log(**log):
            if confinement is not None:
                file = None if log is None else log["file"]
                _confine(path, file, settings["permissions"], **confinement)
            return run_in_loop(loop, work, sys.stderr)
    except AccessorHostError as error:
        sys.stderr.write(f"accessor-host: {error}\n")
        return BAD_USAGE
