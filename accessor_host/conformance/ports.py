"""Ports for scripts, of TCP and UDP: a host need not say which port it took for 0."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from tempfile import gettempdir
from typing import IO

__all__ = ["DOCUMENTED_PORT", "NoPort", "documented_port", "free_port", "has_ipv6"]

DOCUMENTED_PORT = 8082
"""The port that the specification's examples name."""

# Below the range from which Linux takes ports for outgoing connections: those of other cases
# cannot take what was free a moment ago.
_FIRST, _LAST = 10_240, 32_000
_ATTEMPTS = 1000

TURN_TIMEOUT = 30.0
"""Seconds to wait for the documented port: several turns of other runs."""

_given: set[int] = set()


class NoPort(Exception):
    """Say why there is no port to be had."""


def free_port() -> int:
    """Return a port that is free on every loopback address, never the same one twice.

    Raises:
        NoPort: none was found.
    """
    for _ in range(_ATTEMPTS):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - not a secret
        if port not in _given and port != DOCUMENTED_PORT and is_free(port):
            _given.add(port)
            return port
    raise NoPort(f"no free TCP port from {_FIRST} to {_LAST}")


def is_free(port: int) -> bool:
    """Tell whether nobody has a port, of TCP or UDP, whatever the interface."""
    addresses = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))  # noqa: S104
    for (family, host), kind in product(addresses, (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
        try:
            with socket.socket(family, kind) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            # A machine without IPv6 has no address that could be taken.
            if error.errno == errno.EADDRINUSE:
                return False
    return True


def has_ipv6() -> bool:
    """Tell whether this machine has an IPv6 loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@asynccontextmanager
async def documented_port() -> AsyncIterator[None]:
    """Have the documented port alone among all runs on this machine.

    Raises:
        NoPort: another run or another program does not give it back.
    """
    # The name is shared with the tests of accessor-host, which take turns with the kit.
    lock = Path(gettempdir(), f"accessor-host-tests-{DOCUMENTED_PORT}.lock")
    with lock.open("w") as file:  # noqa: ASYNC230 - an empty file
        await _until(lambda: _try_lock(file), f"another run holds {lock}")
        taken = f"port {DOCUMENTED_PORT} is taken by another program"
        await _until(lambda: is_free(DOCUMENTED_PORT), taken)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _until(condition: Callable[[], bool], failure: str) -> None:
    # Neither a lock of another process nor a port can be awaited: both have to be tried.
    deadline = time.monotonic() + TURN_TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise NoPort(failure)
        await asyncio.sleep(0.05)
