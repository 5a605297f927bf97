"""The server's side of the opening handshake (RFC 6455 section 4.2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from websockets.http11 import Request, Response
from websockets.protocol import State as ProtocolState
from websockets.server import ServerProtocol
from websockets.typing import Origin

from ..net.quoting import printable
from . import plain_http as http
from .connection import Connection
from .deflate import accepted
from .fast_handshake import Upgrade, answer, read_upgrade
from .group import ConnectionGroup
from .library import ServerSide, silent_logger
from .opening import (
    LARGEST_REQUEST,
    MAX_EARLY_BYTES,
    Verifier,
    head_of,
    offered_subprotocols,
    select_subprotocol,
)
from .states import OPENED, Event, State

__all__ = ["Register", "ServerConnection"]

logger = logging.getLogger("accessor_host.websocket")

_TLS_HANDSHAKE = b"\x16"
"""First byte of a TLS record of type handshake (RFC 8446 section 5.1)."""

_END_OF_HEAD = b"\r\n\r\n"

_HEAD_KEPT = 16
"""First bytes kept to tell what a client speaks that does not speak HTTP."""


class Register(Protocol):
    """Who keeps the connections of a server: its listener."""

    @property
    def origins(self) -> Sequence[str] | None:
        """Return the origins that may connect; None admits all."""

    @property
    def health_path(self) -> str:
        """Return the path on which plain HTTP is told that the server listens; empty for none."""

    @property
    def path(self) -> str | None:
        """Return the one path that is served, without query; None is any."""

    @property
    def subprotocols(self) -> Sequence[str]:
        """Return the subprotocols that are spoken, those that are preferred first."""

    @property
    def verifier(self) -> Verifier | None:
        """Return who decides on clients; None admits all."""

    def add(self, connection: ServerConnection, transport: asyncio.BaseTransport) -> None:
        """Take a connection that has its TCP; refuse it or cut it when there are too many."""

    def identify(self, connection: ServerConnection, forwarded: str) -> None:
        """Note the address of the client that a trusted proxy speaks for; refuse it if need be.

        Args:
            connection: has sent a request.
            forwarded: its fields ``X-Forwarded-For``, joined with commas.
        """

    def remove(self, connection: ServerConnection) -> None:
        """Take that the TCP of a connection is gone."""


class ServerConnection(Connection):
    """A connection that a client opens.

    Args:
        group: what this connection has in common with others of its listener.
        register: keeps it.
    """

    __slots__ = ("_head", "_register", "_reply", "_tail", "host", "refused", "subprotocol")

    def __init__(self, group: ConnectionGroup, register: Register) -> None:
        super().__init__(group)
        self.refused: Callable[[], Response] | None = None
        """Makes the only answer that this client gets; the register decides."""
        self.host = ""
        """The host for which the register counts it; empty while it does not."""
        self.subprotocol: str | None = None
        """Subprotocol that is spoken, if the client offers one of those that it may."""
        self._register = register
        self._head = b""  # what tells HTTP from anything else; then a good request, to its end
        self._tail = b""  # what may begin the end of a request; then what came behind it
        self._reply: str | Response | None = None  # what opens the WebSocket, while it waits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the client its time for the handshake (asyncio)."""
        super().connection_made(transport)
        self._register.add(self, transport)
        when = self._group.clock() + self._group.limits.opening_timeout
        self._group.deadlines.set(self, when)

    def eof_received(self) -> None:
        """Answer a client that stops in the middle of its handshake (asyncio)."""
        if self._is_waiting:
            # Who says no more is no WebSocket client, whatever will be decided.
            self.abort()
            return
        if self._state is State.OPENING:
            self._protocol.receive_eof()
            self._refuse_unreadable()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end: TCP is gone (asyncio)."""
        self._register.remove(self)
        if self._reply is not None:
            self._stop_waiting()
        super().connection_lost(exc)

    def expire(self, now: float) -> None:
        """Act on the deadline that has passed: who waits for a decision gets a 503."""
        if self._is_waiting:
            self._stop_waiting()
            self._reject(http.undecided())
        else:
            super().expire(now)

    # What its owner may know, and decide.

    @property
    def head(self) -> bytes:
        """Return the head of the request until ``opened`` has returned; empty afterwards."""
        return self._head

    @property
    def is_secure(self) -> bool:
        """Whether it goes over TLS."""
        return self._transport.get_extra_info("ssl_object") is not None

    def client_certificate(self) -> dict[str, object] | None:
        """Return the certificate that the client has shown and that was verified, if any.

        :func:`~accessor_host.net.tls.peer_certificate.describe` says what is in it.
        """
        tls = self._transport.get_extra_info("ssl_object")
        if tls is None or not tls.getpeercert():
            return None
        # Imported late: most servers ask for none.
        from ..net.tls.peer_certificate import describe

        return describe(tls)

    def admit(self, subprotocol: str | None = None) -> bool:
        """Open the WebSocket of a client that waits for it; see :class:`~.opening.Applicant`."""
        if not self._is_waiting:
            return False
        if subprotocol is not None:
            if subprotocol not in offered_subprotocols(self._head):
                raise ValueError(f"the client does not offer the subprotocol {subprotocol!r}")
            self.subprotocol = subprotocol
        reply, rest = cast("str | Response", self._reply), self._tail
        self._reply, self._tail = None, b""
        self._update_reading()
        self._accept(reply, rest)
        return True

    def refuse(
        self,
        status: int,
        reason: str = "",
        headers: Mapping[str, str | Sequence[str]] | None = None,
    ) -> bool:
        """Refuse a client that waits to be admitted; see :class:`~.opening.Applicant`."""
        response = http.refusal(status, reason, headers or {})
        if not self._is_waiting:
            return False
        self._reply = None
        self._head = self._tail = b""
        self._reject(response)
        return True

    # The handshake.

    def _make_protocol(self) -> ServerSide:
        limits = self._group.limits
        return ServerSide(
            origins=cast("list[Origin | None] | None", self._register.origins),
            extensions=accepted(limits.compression),
            state=ProtocolState.OPEN if self._state in OPENED else ProtocolState.CONNECTING,
            max_size=None,
            logger=silent_logger,
        )

    def _receive_opening(self, data: bytes) -> None:
        if self._reply is not None:
            self._tail += data
            self._update_reading()
            return
        if not (self._head or self.refused):
            compression = self._group.limits.compression
            upgrade = read_upgrade(data, self._register.origins, compression=compression)
            if upgrade is not None and self._serves(upgrade.path):
                if self._is_admitted(upgrade.forwarded):
                    self._open(upgrade, data)
                return
        if len(self._head) < _HEAD_KEPT:
            self._head += data[: _HEAD_KEPT - len(self._head)]
            if not self._looks_like_http():
                return
        head, rest = self._split(data)
        self._protocol.receive_data(head)
        events = self._protocol.events_received()
        if events:
            # No frame was fed yet, so that this is the request.
            self._answer(cast("Request", events[0]), rest)
        else:
            self._refuse_unreadable()

    def _serves(self, path: str) -> bool:
        served = self._register.path
        return served is None or path.partition("?")[0] == served

    def _open(self, upgrade: Upgrade, data: bytes) -> None:
        self.request_path = upgrade.path
        self.origin = upgrade.origin
        self._head = data[: upgrade.size]
        self._decide(upgrade.key, data[upgrade.size :])

    def _decide(self, reply: str | Response, rest: bytes) -> None:
        """Open the WebSocket, unless somebody is to decide on that.

        Args:
            reply: the answer that opens it; the key of the request stands for the ordinary one.
            rest: what came behind the request.
        """
        verifier = self._register.verifier
        if verifier is None:
            # Numbers tell in which order clients were connected, except where each is decided on.
            self._renumber()
            self._accept(reply, rest)
            return
        self._reply, self._tail = reply, rest
        # The client has kept to its time; how long others take to decide is not its business.
        when = self._group.clock() + self._group.limits.opening_timeout
        self._group.deadlines.set(self, when)
        verifier.verify(self)

    def _accept(self, reply: str | Response, rest: bytes) -> None:
        if isinstance(reply, str):
            response = answer(reply)
            if not self._transport.is_closing():
                self._transport.write(response)
                self._written += len(response)
        else:
            if self.subprotocol is not None:
                reply.headers["Sec-WebSocket-Protocol"] = self.subprotocol
            cast("ServerProtocol", self._protocol).send_response(reply)
            self._pump()
        self._begin_open(rest)
        self._head = b""

    @property
    def _is_waiting(self) -> bool:
        """Whether the client waits to be admitted or refused."""
        return self._reply is not None and self._state is State.OPENING

    def _stop_waiting(self) -> None:
        self._reply = None
        self._head = self._tail = b""
        verifier = self._register.verifier
        if verifier is not None:
            verifier.forget(self)

    def _wants_to_read(self) -> bool:
        if self._reply is not None and len(self._tail) > MAX_EARLY_BYTES:
            return False
        return super()._wants_to_read()

    def _looks_like_http(self) -> bool:
        if self._head[:1] == _TLS_HANDSHAKE:
            logger.debug("%s: TLS client on a plain port: speaks TLS, we do not; dropped", self)
            self._group.refusals["TLS on a plain port"] += 1
            self.abort()
            return False
        if http.starts_like_http(self._head):
            return True
        self._reject(http.unreadable(self._head))
        return False

    def _split(self, data: bytes) -> tuple[bytes, bytes]:
        """Cut bytes at the end of the request's head.

        The protocol would parse frames that follow at once, and answer them before the
        handshake: they have to wait until it is answered.
        """
        overlap = len(self._tail)
        seam = self._tail + data
        end = seam.find(_END_OF_HEAD)
        if end < 0:
            self._tail = seam[-(len(_END_OF_HEAD) - 1) :]
            return data, b""
        end += len(_END_OF_HEAD) - overlap
        return data[:end], data[end:]

    def _answer(self, request: Request, rest: bytes) -> None:
        protocol = cast("ServerProtocol", self._protocol)
        healthy = http.health(request, self._register.health_path)
        if healthy is not None:
            # Also to those for whom there is no room: the server is there, and full.
            self._respond(healthy)
            return
        if not self._is_admitted(", ".join(request.headers.get_all("X-Forwarded-For"))):
            return
        response = http.accept(protocol, request, "wss" if self.is_secure else "ws")
        if response.status_code != 101:
            self._reject(response)
            return
        head = head_of(request)
        if len(head) > LARGEST_REQUEST:
            self._reject(http.too_large(LARGEST_REQUEST))
            return
        if not self._serves(request.path):
            self._reject(http.not_found())
            return
        self.request_path = request.path
        self.origin = protocol.origin
        self.subprotocol = select_subprotocol(self._register.subprotocols, head)
        self._head, self._tail = head, b""
        self._decide(response, rest)

    def _is_admitted(self, forwarded: str) -> bool:
        """Tell whether there is room for the client that sent a request; answer it if not."""
        if not self.refused:
            self._register.identify(self, forwarded)
        if self.refused and self.is_opening:
            self._reject(self.refused())
        return not self.refused

    def _reject(self, response: Response) -> None:
        self._group.refusals[f"HTTP {response.status_code}"] += 1
        self._respond(response)

    def _respond(self, response: Response) -> None:
        """Answer with plain HTTP, and close."""
        logger.debug("%s: answered with HTTP %d", self, response.status_code)
        cast("ServerProtocol", self._protocol).send_response(response)
        self._begin_closing(Event.REFUSE)
        self._pump()

    def _refuse_unreadable(self) -> None:
        """Answer when the protocol has given up on the request."""
        error = self._protocol.handshake_exc
        if error is None:
            return
        logger.debug("%s: no handshake: %s", self, printable(str(error)))
        self._group.refusals["unreadable handshake"] += 1
        if self._head and not any(self._protocol.writes):
            self._queue(http.unreadable(self._head).serialize())
        self._begin_closing(Event.REFUSE)
        self._pump()
