"""A server's connection without a network: its transport and its owner write down what happens."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any, cast

from accessor_host.errors import ConnectionFault
from accessor_host.net.deadlines import Deadlines
from accessor_host.net.flusher import Flusher
from accessor_host.net.shares import Shares
from accessor_host.websocket.group import ConnectionGroup
from accessor_host.websocket.handler import Peer
from accessor_host.websocket.limits import Limits
from accessor_host.websocket.opening import Verifier
from accessor_host.websocket.server_connection import ServerConnection

__all__ = ["Client", "Owner", "Register", "Wire", "settle"]


class Wire(asyncio.Transport):
    """A transport that writes down what it is told."""

    def __init__(self, log: list[Any]) -> None:
        super().__init__()
        self._log = log
        self._closing = False
        self.reading: list[bool] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._log and isinstance(self._log[-1], bytes):
            self._log[-1] += bytes(data)
        else:
            self._log.append(bytes(data))

    def write_eof(self) -> None:
        self._log.append("eof")

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self._closing

    def abort(self) -> None:
        self._closing = True
        self._log.append("abort")

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 4) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.reading.append(False)

    def resume_reading(self) -> None:
        self.reading.append(True)


class Owner:
    """Echoes, closes when it is asked to, and writes down what happens."""

    def __init__(self, log: list[Any]) -> None:
        self._log = log

    def opened(self, peer: Peer) -> None:
        self._log.append(("opened", peer.request_path, peer.origin))

    def message(self, peer: Peer, data: str | bytes) -> None:
        self._log.append(("message", data))
        if data == "close":
            peer.close(1000, "asked")
        elif isinstance(data, str):
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
        self._log.append(("fault", fault.code, fault.close_code, str(fault)))

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        self._log.append(("closed", code, reason))


class Register:
    """Admits everybody, unless told otherwise."""

    origins = None
    health_path = ""

    def __init__(
        self,
        path: str | None = None,
        subprotocols: tuple[str, ...] = (),
        verifier: Verifier | None = None,
    ) -> None:
        self.path = path
        self.subprotocols = subprotocols
        self.verifier = verifier

    def add(self, connection: ServerConnection, transport: asyncio.BaseTransport) -> None:
        pass

    def identify(self, connection: ServerConnection, forwarded: str) -> None:
        pass

    def remove(self, connection: ServerConnection) -> None:
        pass


class Client:
    """A connection on a wire, what it did, and what time it is for it."""

    def __init__(self, register: Register | None = None, **limits: Any) -> None:
        self.wire: list[Any] = []
        self.events: list[Any] = []
        self.now = asyncio.get_running_loop().time()
        group = ConnectionGroup(
            Owner(self.events),
            Limits(**{"max_message_size": 1_000, **limits}),
            Flusher(),
            Deadlines(asyncio.get_running_loop()),
            Shares(asyncio.get_running_loop(), lambda: self.now),
            lambda: self.now,
            Counter(),
        )
        self.refusals = group.refusals
        self.connection = ServerConnection(group, register or Register())
        self.connection.connection_made(Wire(self.wire))

    async def receive(self, data: bytes) -> None:
        self.connection.data_received(data)
        await settle()

    def has_protocol(self) -> bool:
        return self.connection._sans_io is not None

    async def end(self) -> list[Any]:
        self.connection.eof_received()
        await settle()
        self.connection.connection_lost(None)
        answer = self.wire[0] if self.wire else None
        if isinstance(answer, bytes):
            self.wire[0] = re.sub(rb"Date: [^\r]*", b"Date: ", answer)
        reading = cast("Wire", self.connection._transport).reading
        return [*self.wire, *reading, *self.events]


async def settle() -> None:
    """Let what is scheduled run: a flush, a held back failure, the rest behind a handshake."""
    for _ in range(4):
        await asyncio.sleep(0)
