"""What is tested: our connection core as an echo server and as an echo client.

The core, not ``Server`` and ``Client``: text goes back as text and binary as binary.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from accessor_host.errors import ConnectionFault
from accessor_host.options import validate
from accessor_host.websocket.client import Connector
from accessor_host.websocket.connection import Connection
from accessor_host.websocket.limits import Limits
from accessor_host.websocket.listener import Listener

__all__ = ["echo_once", "echo_server"]

# Cases 9.1.6 and 9.2.6 send 16 MiB, which come back with a header; 9.3.1 and 9.4.1 send 65,536
# fragments.
_LARGEST = 64 * 1024 * 1024
_FRAGMENTS = 128 * 1024

_CASE_LIMIT = 300.0
"""Seconds for one case; the suite itself waits 100 at most, twice as long on a busy machine."""


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    """Run a server that sends back what comes; yield its port."""
    limits = Limits(
        max_message_size=_LARGEST,
        max_fragments=_FRAGMENTS,
        max_unsent_bytes=_LARGEST,
        compression=True,
    )
    listener = Listener(_ServerEcho(), host="127.0.0.1", port=0, limits=limits)
    port = await listener.start()
    try:
        yield port
    finally:
        await listener.stop()


async def echo_once(port: int, path: str) -> str:
    """Connect to a server, send back what comes, and return once the server has closed.

    Args:
        port: of the server.
        path: path and query of the request.

    Returns:
        The first message, empty when there was none.

    Raises:
        ConnectionError: the server does not answer.
        TimeoutError: the connection did not end in time.
    """
    options = {
        "host": "127.0.0.1",
        "port": port,
        "path": path,
        "connectTimeout": 30_000,
        "numberOfRetries": 0,
        "maxMessageSize": _LARGEST,
        "maxFragments": _FRAGMENTS,
        "maxUnsentBytes": _LARGEST,
        "compression": True,
    }
    echo = _ClientEcho()
    echo.connector = Connector(echo, validate("web-socket-client", options).values)
    echo.connector.open()
    try:
        async with asyncio.timeout(_CASE_LIMIT):
            await echo.connector.wait_inactive()
    finally:
        echo.connector.close()
    if not echo.was_open:
        raise ConnectionError(str(echo.connector.error))
    return echo.first


class _ServerEcho:
    def opened(self, connection: Connection) -> None:
        pass

    def message(self, connection: Connection, data: str | bytes) -> None:
        if isinstance(data, str):
            connection.send_text(data)
        else:
            connection.send_binary(data)

    def fault(self, connection: Connection, fault: ConnectionFault) -> None:
        pass

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        pass


class _ClientEcho:
    def __init__(self) -> None:
        self.connector: Connector
        self.was_open = False
        self.first = ""

    def opened(self) -> None:
        self.was_open = True

    def message(self, data: str | bytes) -> None:
        if not self.first and isinstance(data, str):
            self.first = data
        self.connector.send(data)

    def closed(self, code: int, reason: str) -> None:
        pass

    def failed(self, code: str, message: str) -> None:
        pass
