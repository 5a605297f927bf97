"""A loop and a transport for fuzzing: no sockets, no waiting, and the package as it is.

Servers and clients ask the loop for their transports, as always; this one keeps how their protocols
are made, or gives them a transport that writes down what it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar, cast

__all__ = ["FuzzLoop", "Wire", "run"]

T = TypeVar("T")

_DEADLINE = 30.0
"""Seconds for a server to answer."""


class FuzzLoop(asyncio.SelectorEventLoop):
    """A loop that keeps what asyncio makes connections with, and what went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self._make_connection: Callable[[], asyncio.Protocol] | None = None
        self.connected: tuple[asyncio.Protocol, Wire]
        """Protocol and transport of the last client."""
        self.reported: list[str] = []
        """Errors that reached the loop, in words."""
        self.set_exception_handler(
            lambda _, context: self.reported.append(
                f"{context['message']}: {context.get('exception')!r}"
            )
        )

    async def create_server(self, *args: Any, **settings: Any) -> asyncio.Server:
        """Make a server (asyncio)."""
        self._make_connection = args[0]
        return await super().create_server(*args, **settings)

    async def connect_accepted_socket(self, *args: Any, **settings: Any) -> tuple[Any, Any]:
        """Make a connection of a socket that a server has accepted itself (asyncio)."""
        self._make_connection = args[0]
        return await super().connect_accepted_socket(*args, **settings)

    async def learn(self, port: int) -> Callable[[], asyncio.Protocol]:
        """Return how the last server makes the protocol of a connection.

        Args:
            port: of that server, which listens on 127.0.0.1.
        """
        if self._make_connection is None:
            # It shows with the first connection.
            gone = self.create_future()
            await super().create_connection(lambda: _Caller(gone), "127.0.0.1", port)
            await asyncio.wait_for(gone, _DEADLINE)
        found, self._make_connection = self._make_connection, None
        if found is None:
            raise RuntimeError("the server asks the loop for nothing that is known here")
        return found

    async def create_connection(self, *args: Any, **settings: Any) -> tuple[Any, Any]:
        """Connect a client to a wire (asyncio)."""
        protocol, wire = args[0](), Wire()
        self.connected = protocol, wire
        protocol.connection_made(wire)
        return wire, protocol


class _Caller(asyncio.Protocol):
    """Says what no server understands, and waits for the end."""

    def __init__(self, gone: asyncio.Future[None]) -> None:
        self._gone = gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(b"?\r\n\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set_result(None)


class Wire(asyncio.Transport):
    """The network, which takes everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        """What was written."""
        self.reading = True
        """Whether bytes are welcome."""
        self.is_over = False
        """Whether it was closed or cut."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes (asyncio)."""
        self.sent += data

    def write_eof(self) -> None:
        """End the stream (asyncio)."""

    def can_write_eof(self) -> bool:
        """Tell that the stream can be ended (asyncio)."""
        return True

    def is_closing(self) -> bool:
        """Tell whether it is over (asyncio)."""
        return self.is_over

    def close(self) -> None:
        """Close (asyncio)."""
        self.is_over = True

    def abort(self) -> None:
        """Cut (asyncio)."""
        self.is_over = True

    def is_reading(self) -> bool:
        """Tell whether bytes are welcome (asyncio)."""
        return self.reading

    def pause_reading(self) -> None:
        """Stop reading (asyncio)."""
        self.reading = False

    def resume_reading(self) -> None:
        """Read again (asyncio)."""
        self.reading = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return the address of the peer (asyncio)."""
        return ("127.0.0.1", 4) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take limits, for nothing (asyncio)."""

    def get_write_buffer_size(self) -> int:
        """Tell that nothing waits (asyncio)."""
        return 0


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner(loop_factory=FuzzLoop)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in the one loop of this process.

    Args:
        work: what to run.

    Raises:
        AssertionError: an error reached the loop.
    """
    result = _runner().run(work)
    loop = _runner().get_loop()
    if isinstance(loop, FuzzLoop) and loop.reported:
        reported = "; ".join(loop.reported)
        loop.reported.clear()
        raise AssertionError(reported)
    return result
