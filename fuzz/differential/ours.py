"""What our server makes of a case: in a loop, on a transport that is no socket.

The server listens as always, and the loop keeps what asyncio would make a connection with: nothing
inside the package is touched. ``engine`` puts a script behind it that sends back what it gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import zlib
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, cast

from accessor_host import Host
from accessor_host.errors import ConnectionFault
from accessor_host.websocket.handler import Peer, StartError
from accessor_host.websocket.limits import Limits
from accessor_host.websocket.listener import Listener
from accessor_host.websocket.settings import ServerSettings

from ..loop import FuzzLoop, Wire
from .cases import LARGEST_MESSAGE, MOST_FRAGMENTS, Case
from .frames import BINARY, CLOSE, PONG, TEXT, split

__all__ = ["ENGINES", "Answer", "Server", "serving"]

ENGINES = ("none", "quickjs", "dukpy")
"""Without a script, or with one in that engine."""

_QUIET = 4
"""Iterations of the loop in which nothing is written, after which nothing more is expected."""

_QUIET_SCRIPT = 8
"""The same with a script, whose turn comes in between."""

_MOST_ITERATIONS = 20_000
"""Iterations in which a server that has stopped reading has to read again."""

_DEADLINE = 30.0
"""Seconds for a script to listen."""

_SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, hostInterface: '127.0.0.1', pingInterval: 0,
      receiveType: 'application/octet-stream', sendType: 'application/octet-stream',
      maxMessageSize: %d, maxFragments: %d, openingTimeout: 2147483647, compression: %s });
    server.on('connection', (socket) => {
      socket.on('message', (message) => { socket.send(message); });
      socket.on('error', () => {});
    });
    server.on('listening', (port) => console.log(port));
    server.start();
"""


class Answer(NamedTuple):
    """What a client got.

    Args:
        accept: value of ``Sec-WebSocket-Accept``; None when the request was refused.
        messages: payloads of the messages that came back.
        pongs: payloads of all pongs.
        close: payload of the close frame; None when there was none.
        faults: what must not happen whatever a client sends, in words.
    """

    accept: str | None
    messages: tuple[bytes, ...]
    pongs: tuple[bytes, ...]
    close: bytes | None
    faults: tuple[str, ...]


class Server:
    """A server under test.

    Args:
        loop: in which it listens.
        make_connection: makes the protocol of a connection.
        compression: whether it negotiates permessage-deflate.
        quiet: iterations of the loop without a byte after which it has nothing more to say.
    """

    def __init__(
        self,
        loop: FuzzLoop,
        make_connection: Callable[[], asyncio.Protocol],
        compression: bool,
        quiet: int,
    ) -> None:
        self._loop = loop
        self._make_connection = make_connection
        self._compression = compression
        self._quiet = quiet

    async def answer(self, case: Case) -> Answer:
        """Play a case.

        Args:
            case: with the compression of this server.
        """
        if case.compression != self._compression:
            raise ValueError("the case is for a server with another compression")
        wire = Wire()
        faults: list[str] = []
        try:
            await self._play(self._make_connection(), wire, case.reads)
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
        faults += self._loop.reported
        self._loop.reported.clear()
        return _read(bytes(wire.sent), case.compression, faults)

    async def _play(self, connection: asyncio.Protocol, wire: Wire, reads: list[bytes]) -> None:
        connection.connection_made(wire)
        for index, data in enumerate(reads):
            if not await self._is_read(wire):
                break
            connection.data_received(data)
            # Some reads come in one iteration of the loop, as uvloop has them.
            if index % 3 != 1:
                await asyncio.sleep(0)
        await self._settle(wire)
        if await self._is_read(wire):
            connection.eof_received()
            await self._settle(wire)
        connection.connection_lost(None)
        await asyncio.sleep(0)

    async def _settle(self, wire: Wire) -> None:
        quiet = 0
        while quiet < self._quiet:
            before = len(wire.sent)
            await asyncio.sleep(0)
            quiet = 0 if len(wire.sent) > before else quiet + 1

    async def _is_read(self, wire: Wire) -> bool:
        """Wait until bytes are welcome; tell whether the connection is not over instead."""
        for _ in range(_MOST_ITERATIONS):
            if wire.reading or wire.is_over:
                return not wire.is_over
            await asyncio.sleep(0)
        raise TimeoutError("the server does not read any more")


@contextlib.asynccontextmanager
async def serving(engine: str, compression: bool) -> AsyncIterator[Server]:
    """Run a server that sends back what it gets.

    Args:
        engine: one of :data:`ENGINES`.
        compression: whether it negotiates permessage-deflate.
    """
    loop = cast("FuzzLoop", asyncio.get_running_loop())
    if engine != "none":
        async with _scripted(engine, compression) as port:
            yield Server(loop, await loop.learn(port), compression, _QUIET_SCRIPT)
        return
    limits = Limits(
        max_message_size=LARGEST_MESSAGE,
        max_fragments=MOST_FRAGMENTS,
        opening_timeout=1e6,
        ping_interval=0,
        compression=compression,
    )
    listener = Listener(_Echo(), ServerSettings("127.0.0.1", 0, limits=limits))
    port = await listener.start()
    try:
        yield Server(loop, await loop.learn(port), compression, _QUIET)
    finally:
        await listener.stop()


@contextlib.asynccontextmanager
async def _scripted(engine: str, compression: bool) -> AsyncIterator[int]:
    output = _Output()
    async with Host(engine=engine, stdout=output, stderr=output) as host:
        words = "true" if compression else "false"
        await host.run(_SCRIPT % (LARGEST_MESSAGE, MOST_FRAGMENTS, words))
        yield await asyncio.wait_for(output.port, _DEADLINE)
    if output.faults:
        raise AssertionError(f"the script printed {output.faults}")


class _Output(io.StringIO):
    """What the script prints: its port, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.port = asyncio.get_running_loop().create_future()
        self.faults: list[str] = []

    def write(self, text: str) -> int:
        if text.strip().isdigit() and not self.port.done():
            self.port.set_result(int(text))
        elif text.strip():
            self.faults.append(text)
        return len(text)


class _Echo:
    """Sends back what comes, and takes the rest in silence."""

    def opened(self, peer: Peer) -> None:
        peer.context = "open"

    def message(self, peer: Peer, data: str | bytes) -> None:
        if peer.context != "open":
            raise AssertionError(f"a message in state {peer.context}")
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
        if peer.context != "open":
            raise AssertionError(f"a fault in state {peer.context}")
        peer.context = "failed"

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        if peer.context not in ("open", "failed"):
            raise AssertionError(f"an end in state {peer.context}")
        peer.context = "closed"

    def listening(self, port: int) -> None:
        pass

    def failed(self, error: StartError) -> None:
        raise error

    def stopped(self) -> None:
        pass


def _read(sent: bytes, compression: bool, faults: list[str]) -> Answer:
    """Read what a server sent, as strictly as a client may."""
    head, _, rest = sent.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if not lines[0].startswith("HTTP/1.1 101 "):
        return Answer(None, (), (), None, tuple(faults))
    messages, pongs, close = [], [], None
    for frame in split(rest):
        payload = frame.payload
        if close is not None:
            faults.append("there is something behind the close frame")
        if not (frame.is_complete and frame.fin) or (frame.is_compressed and not compression):
            faults.append(f"a frame is wrong: {frame.data[:20]!r}")
        elif frame.opcode in (TEXT, BINARY):
            if frame.is_compressed:
                payload = zlib.decompressobj(-12).decompress(payload + b"\0\0\xff\xff")
            messages.append(payload)
        elif frame.opcode == PONG:
            pongs.append(payload)
        elif frame.opcode == CLOSE:
            close = payload
        else:
            faults.append(f"opcode {frame.opcode} has no place here")
    accept = fields.get("sec-websocket-accept", "")
    return Answer(accept, tuple(messages), tuple(pongs), close, tuple(faults))
