"""What is tested: our connection core as an echo server and as an echo client.

The core, not ``Server`` and ``Client``: text goes back as text and binary as binary.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from accessor_host.errors import ConnectionFault
from accessor_host.websocket.client import ClientLifecycle
from accessor_host.websocket.handler import Peer
from accessor_host.websocket.limits import Limits
from accessor_host.websocket.listener import Listener
from accessor_host.websocket.settings import ClientSettings, ServerSettings

__all__ = ["echo_once", "echo_server"]

# Cases 9.1.6 and 9.2.6 send 16 MiB, which come back with a header; 9.3.1 and 9.4.1 send 65,536
# fragments.
_LARGEST = 64 * 1024 * 1024
_FRAGMENTS = 128 * 1024

_LIMITS = Limits(
    max_message_size=_LARGEST,
    max_fragments=_FRAGMENTS,
    max_unsent_bytes=_LARGEST,
    compression=True,
)

_CASE_LIMIT = 300.0
"""Seconds for one case; the suite itself waits 100 at most, twice as long on a busy machine."""


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    """Run a server that sends back what comes; yield its port."""
    listener = Listener(_ServerEcho(), ServerSettings("127.0.0.1", 0, limits=_LIMITS))
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
    settings = ClientSettings(
        "127.0.0.1", port, path, limits=_LIMITS, connect_timeout=30.0, retries=0
    )
    echo = _ClientEcho(settings)
    echo.client.open()
    try:
        async with asyncio.timeout(_CASE_LIMIT):
            await echo.client.wait_inactive()
    finally:
        echo.client.close()
    if not echo.was_open:
        raise ConnectionError(str(echo.client.error))
    return echo.first


class _ServerEcho:
    def opened(self, peer: Peer) -> None:
        pass

    def message(self, peer: Peer, data: str | bytes) -> None:
        if isinstance(data, str):
            peer.send_text(data)
        else:
            peer.send_binary(data)

    def violated(self, peer: Peer) -> None:
        pass

    def drained(self, peer: Peer) -> None:
        pass

    def ponged(self, peer: Peer, data: bytes) -> None:
        pass

    def fault(self, peer: Peer, fault: ConnectionFault) -> None:
        pass

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        pass


class _ClientEcho:
    def __init__(self, settings: ClientSettings) -> None:
        self.client = ClientLifecycle(self, settings)
        self.was_open = False
        self.first = ""

    def opened(self) -> None:
        self.was_open = True

    def message(self, data: str | bytes) -> None:
        if not self.first and isinstance(data, str):
            self.first = data
        self.client.send(data)

    def violated(self) -> None:
        pass

    def closed(self, code: int, reason: str) -> None:
        pass

    def failed(self, code: str, message: str) -> None:
        pass
