"""The client's side of the opening handshake (RFC 6455 section 4.1)."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import cast

from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from ..net.connect import why
from ..net.quoting import HIDDEN, printable, secrets_in
from .connection import Connection
from .deflate import offered
from .group import ConnectionGroup
from .library import Interruptible, silent_logger
from .settings import ClientSettings
from .states import State

__all__ = ["LARGEST_HEAD", "ClientConnection"]

logger = logging.getLogger("accessor_host.websocket")

LARGEST_HEAD = 64 * 1024
"""Most bytes before the end of a server's answer: proxies add fields, none adds this many."""

_END_OF_HEAD = b"\r\n\r\n"

_TLS_ALERT = b"\x15"
"""First byte of a TLS record of type alert (RFC 8446 section 5.1)."""

_HTTP = b"HTTP/1.1 "

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]*))?\r\n")


class ClientSide(Interruptible, ClientProtocol):
    """A client's protocol."""


class ClientConnection(Connection):
    """A connection that we open.

    Args:
        group: what this connection has in common with others of its client.
        settings: where the transport leads to.
        answered: gets None once the connection is open, else the reason why it is not.
    """

    __slots__ = ("_answered", "_head", "_settings", "is_connected", "subprotocol")

    def __init__(
        self,
        group: ConnectionGroup,
        settings: ClientSettings,
        answered: asyncio.Future[str | None],
    ) -> None:
        super().__init__(group)
        self.is_connected = False
        """Whether there is, or was, TCP to the server, and TLS if wanted."""
        self.subprotocol = ""
        """What the server chose of the subprotocols that we offered; empty for none."""
        self.request_path = settings.path
        self._settings = settings
        self._answered = answered
        self._head = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the server for a WebSocket (asyncio)."""
        super().connection_made(transport)
        self.is_connected = True
        protocol = cast("ClientProtocol", self._protocol)
        request = protocol.connect()
        for name, value in self._settings.headers:
            request.headers[name] = value  # beside those of the same name
        protocol.send_request(request)
        self._pump()
        self.flush()

    def eof_received(self) -> None:
        """Take the end of the server's bytes (asyncio)."""
        if self._state is State.OPENING:
            self._give_up(self._unanswered())
        else:
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end: TCP is gone (asyncio)."""
        if not self._answered.done():
            self._answered.set_result(self._lost(exc))
        super().connection_lost(exc)

    def give_up(self) -> None:
        """Cut TCP, if there is any; nobody waits for this connection any more."""
        if self.is_connected:
            self.abort()

    def __str__(self) -> str:
        return f"connection {self.id} to {self._settings.url}"

    def _make_protocol(self) -> ClientSide:
        settings, limits = self._settings, self._group.limits
        path, _, query = settings.path.partition("?")
        return ClientSide(
            WebSocketURI(settings.tls is not None, settings.host, settings.port, path, query),
            extensions=offered(limits.compression),
            subprotocols=[Subprotocol(name) for name in settings.subprotocols] or None,
            max_size=None,
            logger=silent_logger,
        )

    def _receive_opening(self, data: bytes) -> None:
        if self._answered.done():
            return  # too late: whoever waited has gone
        head = self._head
        seam = max(0, len(head) + 1 - len(_END_OF_HEAD))
        head += data
        if not (head.startswith(_HTTP) or _HTTP.startswith(head)):
            self._give_up(self._foreign(bytes(head)))
            return
        end = head.find(_END_OF_HEAD, seam)
        if min(end, len(head)) > LARGEST_HEAD or (end < 0 and len(head) > LARGEST_HEAD):
            self._give_up(f"the server's answer has a head of more than {LARGEST_HEAD} bytes")
        elif end >= 0:
            end += len(_END_OF_HEAD)
            # Frames that follow must not be parsed, nor answered, before the handler has heard.
            self._read_answer(bytes(head[:end]), bytes(head[end:]))

    def _read_answer(self, head: bytes, rest: bytes) -> None:
        self._head.clear()
        status = _STATUS_LINE.match(head)
        # Read here: the protocol would wait for the body of a refusal.
        if status is not None and status[1] != b"101":
            words = b" ".join(part for part in status.groups() if part)
            quoted = self._quote(words.decode("ascii", "replace"))
            self._give_up(f"the server answered with HTTP {quoted}")
            return
        self._protocol.receive_data(head)
        self._protocol.events_received()
        error = self._protocol.handshake_exc
        if error is None:
            self.subprotocol = self._protocol.subprotocol or ""
            self._answered.set_result(None)
            self._begin_open(rest)
        elif isinstance(error.__cause__, Exception):
            self._give_up(f"the server's answer is not HTTP: {self._quote(str(error.__cause__))}")
        else:
            quoted = self._quote(str(error))
            self._give_up(f"the server's answer does not fit the handshake: {quoted}")

    def _foreign(self, head: bytes) -> str:
        if head[:1] == _TLS_ALERT and self._settings.tls is None:
            return f"the server speaks TLS; set {self._settings.names.tls} to true"
        for secret in self._secrets:
            head = head.replace(secret.encode(), HIDDEN.encode())
        return f"the server does not speak HTTP/1.1; it sent {head[:24]!r}"

    def _quote(self, text: str) -> str:
        return printable(text, self._secrets)

    @property
    def _secrets(self) -> list[str]:
        """What the server was told in header fields, and may repeat."""
        return [secret for _, value in self._settings.headers for secret in secrets_in(value)]

    def _lost(self, exc: Exception | None) -> str:
        if isinstance(exc, OSError) and not isinstance(exc, ConnectionError):
            # Of our certificate, a server may speak only after TLS's handshake: it tells why.
            return why(exc, self._settings.tls)
        return self._unanswered()

    def _unanswered(self) -> str:
        if self._head:
            return "the server ended the connection in the middle of its answer"
        tls = self._settings.tls
        if tls is None:
            hint = f" (does it speak TLS? {self._settings.names.tls} is false)"
        else:
            # Some servers do not say why they end TLS.
            other = "another" if tls.has_identity else "a"
            hint = f" (does it want {other} certificate of the client?)"
        return f"the server ended the connection without an answer{hint}"

    def _give_up(self, reason: str) -> None:
        logger.debug("%s: %s", self, reason)
        if not self._answered.done():
            self._answered.set_result(reason)
        self.abort()
