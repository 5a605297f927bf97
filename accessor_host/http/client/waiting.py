"""A request whose caller waits, in a thread of its own with a loop of its own.

The caller's loop stands still meanwhile, however long that is: callers have a limit for it. The
thread may outlive the wait, as looking up a name can be neither cancelled nor hurried; it keeps
nobody from the end of the process.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .client import Client
from .settings import Head, Request

if TYPE_CHECKING:
    from ...net.permits import ConnectPermit

__all__ = ["Answer", "request", "request_waiting"]

Answer = tuple[Head, bytes]
"""What an answer begins with, and its body."""


class _Waiter:
    """Hear of an answer that somebody waits for."""

    def __init__(self, answer: asyncio.Future[Answer]) -> None:
        self._answer = answer

    def answered(self, head: Head, body: bytes) -> None:
        if not self._answer.done():
            self._answer.set_result((head, body))

    def failed(self, error: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)

    def began(self, head: Head) -> None:
        """Nothing: it does not come in pieces."""

    def continued(self, piece: bytes) -> None:
        """Nothing, likewise."""

    def ended(self) -> None:
        """Nothing, likewise."""


async def request(client: Client, wanted: Request) -> Answer:
    """Make a request, and wait for the answer as coroutines do.

    Args:
        client: makes it.
        wanted: what is asked; its answer does not come in pieces.

    Raises:
        AccessDeniedError: it may not connect there.
        RequestError: there is no answer.
        TlsError: a file that TLS needs cannot be used.
    """
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    exchange = client.send(wanted, _Waiter(answer))
    try:
        return await answer
    finally:
        exchange.stop()
        exchange.free()


def request_waiting(wanted: Request, timeout: float, permit: ConnectPermit | None = None) -> Answer:
    """Make a request, and let this thread wait for the answer.

    Args:
        wanted: what is asked.
        timeout: seconds that are waited.
        permit: decides where to connect; None is anywhere.

    Raises:
        TimeoutError: there was no answer in this time.
        AccessDeniedError: it may not connect there.
        RequestError: there is no answer.
        TlsError: a file that TLS needs cannot be used.
    """
    work = _Work(wanted, permit)
    threading.Thread(target=work.run, name="accessor-host-request", daemon=True).start()
    try:
        return work.result.result(timeout)
    finally:
        work.stop()


class _Loop(asyncio.SelectorEventLoop):
    """A loop that may wait for one thing alone: its thread has nothing else to do."""

    async def getaddrinfo(self, host: Any, port: Any, **details: Any) -> Any:
        # A thread of an executor would keep the process from its end.
        return socket.getaddrinfo(host, port, **details)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _Work:
    """What the thread does."""

    def __init__(self, wanted: Request, permit: ConnectPermit | None) -> None:
        self.result: Future[Answer] = Future()
        self._wanted = wanted
        self._permit = permit
        self._loop = _Loop()
        self._task: asyncio.Task[Answer] | None = None

    def run(self) -> None:
        """Make the request."""
        loop = self._loop
        client = Client(loop, permit=self._permit)
        try:
            self._task = loop.create_task(request(client, self._wanted))
            self.result.set_result(loop.run_until_complete(self._task))
        except asyncio.CancelledError:
            pass  # nobody waits any more
        except Exception as error:
            self.result.set_exception(error)
        finally:
            loop.run_until_complete(client.close())
            loop.close()

    def stop(self) -> None:
        """Let the thread end: nobody waits for it any more."""
        # Its loop may be closed already.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
