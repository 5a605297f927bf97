"""The same servers in plain Python: ``python websockets_server.py echo|text|broadcast|heap``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.util import find_spec

from websockets.asyncio.server import ServerConnection, broadcast, serve

READINGS: list[dict[str, float]] = []
CONNECTIONS: set[ServerConnection] = set()


def again(message: str | bytes) -> str:
    """Decode a JSON text and encode it again."""
    return json.dumps(json.loads(message), separators=(",", ":"), ensure_ascii=False)


async def echo(connection: ServerConnection) -> None:
    """Send every JSON value back."""
    async for message in connection:
        await connection.send(again(message))


async def text(connection: ServerConnection) -> None:
    """Send every text back as it is."""
    async for message in connection:
        await connection.send(message)


async def to_all(connection: ServerConnection) -> None:
    """Send every JSON value to all that are connected."""
    CONNECTIONS.add(connection)
    try:
        async for message in connection:
            broadcast(CONNECTIONS, again(message))
    finally:
        CONNECTIONS.remove(connection)


HANDLERS: dict[str, Callable[[ServerConnection], Awaitable[None]]] = {
    "echo": echo,
    "text": text,
    "broadcast": to_all,
    "broadcast-api": to_all,
    "heap": echo,
}


async def main(kind: str) -> None:
    """Serve until a signal comes."""
    if kind == "heap":
        READINGS.extend({"id": number, "celsius": number / 8} for number in range(100_000))
    # As the other servers have it: no compression, messages up to 16 MiB.
    async with serve(
        HANDLERS[kind], "127.0.0.1", 0, compression=None, max_size=16 * 1024 * 1024
    ) as server:
        print("listening", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    # uvloop where it is installed, as our own servers take it.
    uvloop = import_module("uvloop") if find_spec("uvloop") else asyncio
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1]))
