"""Scripts with one server, and what tests say to it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection

from .images import opened
from .scripts import DEADLINE

SERVER = """
    const { Server, Socket } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, %s });
    server.on('listening', (port) => console.log('listening', port));
"""


def script(body: str, options: str = "") -> str:
    return SERVER % options + body + "\nserver.start();"


def within(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


async def receive(client: ClientConnection) -> str | bytes:
    return await asyncio.wait_for(client.recv(), DEADLINE)


def image_options(mime_type: str, more: str = "") -> str:
    return f"receiveType: '{mime_type}', sendType: '{mime_type}', {more}"


async def binary(client: ClientConnection) -> bytes:
    message = await receive(client)
    assert isinstance(message, bytes)
    return message


def color_of(data: bytes, position: tuple[int, int] = (0, 0)) -> tuple[int, ...]:
    color = opened(data).convert("RGBA").getpixel(position)
    assert isinstance(color, tuple)
    return color
