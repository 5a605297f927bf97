"""TCP for tests of the module socket: scripts with a client or a server, and plain peers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from .scripts import DEADLINE

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

SHOWN = """
    const shown = (value) => (value instanceof Error ? value.code : JSON.stringify(value));
    const tell = (who, emitter, names) => {
      for (const name of names) {
        emitter.on(name, (...args) => console.log([who, name, ...args.map(shown)].join(' ')));
      }
    };
"""


def client_script(port: int, body: str, options: str = "") -> str:
    """Return a script with a client that prints its events."""
    return f"""
        const {{ SocketClient }} = require('@modules/socket');
        {SHOWN}
        const client = new SocketClient({port}, '127.0.0.1', {{ {options} }});
        tell('client', client, ['open', 'data', 'close', 'error']);
        {body}
    """


def server_script(body: str = "", options: str = "", each: str = "") -> str:
    """Return a script with a server that prints its events, and those of its sockets."""
    return f"""
        const {{ SocketServer }} = require('@modules/socket');
        {SHOWN}
        const server = new SocketServer({{ port: 0, hostInterface: '127.0.0.1', {options} }});
        server.on('listening', (port) => console.log('listening', port));
        tell('server', server, ['close', 'error']);
        server.on('connection', (socket) => {{
          console.log('connection');
          tell('socket', socket, ['data', 'close', 'error']);
          {each}
        }});
        {body}
        server.start();
    """


@asynccontextmanager
async def serving(handle: Handle, *, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on the loopback address and give the port; at the end, cut whoever is served."""
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handle(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Peer:
    """A plain TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read(self, size: int) -> bytes:
        """Read so many bytes."""
        return await asyncio.wait_for(self.reader.readexactly(size), DEADLINE)

    async def rest(self) -> bytes:
        """Read to the end."""
        return await asyncio.wait_for(self.reader.read(), DEADLINE)

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), DEADLINE)

    def reset(self) -> None:
        """Cut the connection."""
        transport = self.writer.transport
        transport.abort()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Peer]:
    """Connect to a port of the loopback address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
