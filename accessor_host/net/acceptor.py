"""Accept connections, also when no more files may be opened.

asyncio's own accepting writes a traceback for each failure, for which there may be no file to open
either, and then rests for a second. uvloop's is good: it says nothing, so that we do.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
from collections.abc import Callable
from math import inf
from typing import Protocol

from .addresses import BACKLOG

__all__ = ["MAX_ACCEPTED", "PATIENCE", "REPORT_INTERVAL", "Accepting", "Acceptor", "Crowd", "serve"]

logger = logging.getLogger("accessor_host.websocket")

MAX_ACCEPTED = 32
"""Clients that are accepted in one iteration of the loop.

To accept one and to greet it takes about 0.2 ms: others wait for no more than 6 ms. Where clients
come in crowds, that many still share what an iteration costs.
"""

PATIENCE = 0.05
"""Seconds until it is tried again; a client does not notice them, and 20 tries cost 0.1 ms."""

REPORT_INTERVAL = 60.0
"""Seconds between two lines in the log that say the same."""

_CROWDED = 4
"""One connection for so many files that may be open, at least, where the last one goes to one."""

_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What passes when somebody leaves."""


class Accepting(Protocol):
    """What accepts connections."""

    def close(self) -> None:
        """Accept no more; nothing when that was said before."""


async def serve(
    loop: asyncio.AbstractEventLoop,
    sock: socket.socket,
    make_protocol: Callable[[], asyncio.Protocol],
    crowd: Crowd,
) -> Accepting:
    """Accept the connections of a listening socket.

    Args:
        loop: the running event loop.
        sock: listens; it is closed when no more are accepted.
        make_protocol: called for each connection.
        crowd: says in the log that there are too many.
    """
    if isinstance(loop, asyncio.SelectorEventLoop):
        acceptor = Acceptor(loop, sock, make_protocol, crowd)
        # As asyncio's own: whoever waits hears of it in a later iteration, and can prepare for it.
        try:
            await asyncio.sleep(0)
        except BaseException:
            acceptor.close()
            raise
        return acceptor
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return await loop.create_unix_server(make_protocol, sock=sock, backlog=BACKLOG)
    return await loop.create_server(make_protocol, sock=sock, backlog=BACKLOG)


class Crowd:
    """Say in the log, once in a while, that clients cannot be served as there are too many.

    Args:
        clock: time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said_at = -inf
        self._max_files = _max_files()

    def say(self, reason: str) -> None:
        """Write one line, unless there was one lately.

        Args:
            reason: what there is too much of.
        """
        now = self._clock()
        if now - self._said_at >= REPORT_INTERVAL:
            self._said_at = now
            logger.warning("clients are not served until others leave: %s", reason)

    def look(self, transport: asyncio.BaseTransport, connections: int) -> None:
        """Say so when a connection has got the last file, for loops that drop clients in silence.

        Args:
            transport: of the new connection.
            connections: how many there are.
        """
        # Looking costs 3 us.
        if connections * _CROWDED < self._max_files:
            return
        sock = transport.get_extra_info("socket")
        # The system gives the lowest number that is free.
        if sock is not None and sock.fileno() + 1 >= self._max_files:
            self.say(os.strerror(errno.EMFILE).lower())


def _max_files() -> float:
    """Return how many files the process may have open; infinity where nobody knows."""
    if sys.platform == "win32":
        return inf
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return inf if limit == resource.RLIM_INFINITY else limit


class Acceptor:
    """Accept the connections of a listening socket, in an asyncio loop.

    Args:
        loop: watches the socket; it has ``add_reader``.
        sock: listens, does not block, and is closed with this.
        make_protocol: called for each connection.
        crowd: says in the log that there are too many.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        crowd: Crowd,
    ) -> None:
        self._loop = loop
        self._sock = sock
        self._make_protocol = make_protocol
        self._crowd = crowd
        self._retry: asyncio.TimerHandle | None = None
        self._greeting: set[asyncio.Task[object]] = set()
        sock.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Accept no more; nothing when that was said before."""
        if self._retry is not None:
            self._retry.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._sock.close()

    def _watch(self) -> None:
        self._retry = None
        self._loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        for _ in range(MAX_ACCEPTED):
            try:
                connected, _address = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(error)
                return
            connected.setblocking(False)
            task = self._loop.create_task(self._greet(connected))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)

    def _rest(self, error: OSError) -> None:
        if error.errno not in _FULL:
            raise error
        self._crowd.say((error.strerror or str(error)).lower())
        # It would say at once that there is somebody to accept, again and again.
        self._loop.remove_reader(self._sock)
        self._retry = self._loop.call_later(PATIENCE, self._watch)

    async def _greet(self, connected: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, connected)
        except OSError as error:
            # It has left already.
            logger.debug("a client could not be served: %s", error)
            connected.close()
