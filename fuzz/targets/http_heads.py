"""What a server answers to our client's request: it opens, or says in one sentence why not."""

from __future__ import annotations

import asyncio
from typing import cast

from websockets.utils import accept_key

from accessor_host.websocket.client import ClientLifecycle
from accessor_host.websocket.settings import ClientSettings

from ..loop import FuzzLoop, Wire
from ..loop import run as run_in_loop

__all__ = ["SEEDS", "run"]

_ACCEPT = b"ACCEPT"
"""Stands for the right value of Sec-WebSocket-Accept, which depends on the request."""

_GOOD = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: ACCEPT\r\n\r\n"
)

SEEDS = [
    _GOOD,
    _GOOD + b"\x81\x05hello\x88\x02\x03\xe8",
    # More frames than one share.
    _GOOD + b"\x02\x00" + b"\x00\x00" * 200,
    _GOOD[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\n\r\nlater",
    b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 101 \r\n\r\n",
    b"\x15\x03\x03\x00\x02\x02\x28",
    b"SSH-2.0-OpenSSH_9.2\r\n",
]

_SETTINGS = ClientSettings("127.0.0.1", 8082, retries=0, connect_timeout=0)

_ITERATIONS = 5
"""Iterations of the loop in which whatever follows from a read happens."""

_MOST_ITERATIONS = 100
"""Iterations in which a client whose TCP is gone has to be inactive."""


class _Owner:
    """Writes down how often something happens."""

    def __init__(self) -> None:
        self.opened_count = self.closed_count = 0
        self.errors: list[str] = []

    def opened(self) -> None:
        self.opened_count += 1

    def message(self, data: str | bytes) -> None:
        if self.opened_count != 1 or self.closed_count:
            raise AssertionError("a message, and the client is not open")

    def violated(self) -> None:
        pass

    def closed(self, code: int, reason: str) -> None:
        self.closed_count += 1

    def failed(self, code: str, message: str) -> None:
        self.errors.append(message)


def run(data: bytes) -> None:
    """Answer.

    Args:
        data: the answer, and what follows it; in two reads when the first byte is a NUL.
    """
    run_in_loop(_run(data))


async def _run(data: bytes) -> None:
    loop = cast("FuzzLoop", asyncio.get_running_loop())
    owner = _Owner()
    client = ClientLifecycle(owner, _SETTINGS)
    client.open()
    await _turn()
    protocol, wire = loop.connected
    key = bytes(wire.sent).partition(b"Sec-WebSocket-Key: ")[2][:24].decode()
    answer = data.removeprefix(b"\0").replace(_ACCEPT, accept_key(key).encode(), 1)
    middle = len(answer) // 2 if data[:1] == b"\0" else 0
    for part in (answer[:middle], answer[middle:]):
        if part and not wire.is_over:
            await _readable(wire)
            protocol.data_received(part)
            await _turn()
    # The end of the stream comes in a read, too: not while reading is paused.
    if not wire.is_over:
        await _readable(wire)
        protocol.eof_received()
        await _turn()
    protocol.connection_lost(None)
    for _ in range(_MOST_ITERATIONS):
        if not client.is_active:
            break
        await asyncio.sleep(0)
    await client.wait_inactive()
    if client.is_active or owner.opened_count != owner.closed_count:
        raise AssertionError(f"opened {owner.opened_count}, closed {owner.closed_count}")
    if owner.opened_count == 0 and len(owner.errors) != 1:
        raise AssertionError(f"not opened, and the reasons are {owner.errors}")


async def _readable(wire: Wire) -> None:
    for _ in range(_MOST_ITERATIONS):
        if wire.reading or wire.is_over:
            break
        await asyncio.sleep(0)


async def _turn() -> None:
    for _ in range(_ITERATIONS):
        await asyncio.sleep(0)
