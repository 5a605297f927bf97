"""What connections, servers and clients ask of their owners, and what owners may do with a peer.

Owners implement these protocols; only annotations refer to this module.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from ..errors import (
    AccessDeniedError,
    ConnectError,
    ConnectionFault,
    TlsError,
    UnsentError,
)
from ..net.serving import StartError

__all__ = [
    "ClientHandler",
    "Failure",
    "Handler",
    "Peer",
    "ServerHandler",
    "ServerPeer",
    "StartError",
]

Failure: TypeAlias = AccessDeniedError | ConnectError | ConnectionFault | TlsError | UnsentError
"""What a client's handler is told of by ``failed``."""


class Peer(Protocol):
    """One connection as its owner sees it; :class:`~.connection.Connection` says more."""

    context: Any
    """Free for the owner."""

    @property
    def id(self) -> int:
        """Return the number of the connection, unique in the process."""

    @property
    def remote_host(self) -> str:
        """Return the IP address of the peer."""

    @property
    def remote_port(self) -> int:
        """Return the TCP port of the peer."""

    @property
    def request_path(self) -> str:
        """Return path and query of the handshake request."""

    @property
    def origin(self) -> str | None:
        """Return the origin that the handshake request named."""

    @property
    def is_open(self) -> bool:
        """Tell whether messages can be sent; false at once after :meth:`close`."""

    def send_text(self, text: str | bytes) -> bool:
        """Send a text message; tell whether it was taken."""

    def send_binary(self, data: bytes) -> bool:
        """Send a binary message; tell whether it was taken."""

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes that wait for the peer; what the system holds for it has left."""

    def ping(self, payload: bytes = b"") -> bool:
        """Send a ping; tell whether it was taken."""

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close the connection; nothing when it is not open."""

    def pause(self) -> None:
        """Stop reading from the peer; what was read already is still delivered."""

    def resume(self) -> None:
        """Read from the peer again."""


class ServerPeer(Peer, Protocol):
    """One client of a server: the peers that a server's handler gets."""

    @property
    def subprotocol(self) -> str | None:
        """Return the subprotocol that is spoken, if there is one."""

    @property
    def head(self) -> bytes:
        """Return the head of the handshake request until ``opened`` has returned; then nothing."""

    @property
    def is_secure(self) -> bool:
        """Tell whether the connection goes over TLS."""

    def client_certificate(self) -> dict[str, object] | None:
        """Return the certificate that the client has shown and that was verified, if any."""


class Handler(Protocol):
    """Take what happens to connections; called in the loop's thread, never raises."""

    def opened(self, peer: Peer) -> None:
        """Take a connection whose opening handshake is done."""

    def message(self, peer: Peer, data: str | bytes) -> None:
        """Take a complete message: str from text frames, bytes from binary frames."""

    def violated(self, peer: Peer) -> None:
        """Take that the peer has broken a rule; ``fault`` says which, when the connection fails.

        Called in the iteration of the loop that follows. An owner who has yet to handle what came
        before the violation pauses the peer, and is called again after ``resume``: what it sends
        until then leaves before the close frame. It has the closing timeout for it.

        Args:
            peer: that has broken it.
        """

    def drained(self, peer: Peer) -> None:
        """Take that the peer reads again; more than the high-water mark had waited for it."""

    def ponged(self, peer: Peer, data: bytes) -> None:
        """Take the answer to a ping of the owner.

        Args:
            peer: that has answered.
            data: payload of the ping.
        """

    def fault(self, peer: Peer, fault: ConnectionFault) -> None:
        """Take what the peer did wrong; at most once, and ``closed`` follows."""

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        """Take the end, exactly once after ``opened``; TCP is gone.

        Args:
            peer: of which nothing more is heard.
            code: of the close frame that came, else of the one that was sent, else 1006.
            reason: of the same close frame.
        """


class ServerHandler(Handler, Protocol):
    """Take what happens to a server and its connections."""

    def listening(self, port: int) -> None:
        """Take that the server listens; connections come after this."""

    def failed(self, error: StartError) -> None:
        """Take that a start failed, or that there was nothing to start."""

    def renewal_failed(self, error: StartError) -> None:
        """Take that changed files of TLS cannot be used; the server goes on with what it has."""

    def stopped(self) -> None:
        """Take that a started server has stopped; its connections are gone."""


class ClientHandler(Protocol):
    """Take what happens to a client; called in the loop's thread, never raises."""

    def opened(self) -> None:
        """Take that the client is open; what was queued goes out before what is sent now."""

    def message(self, data: str | bytes) -> None:
        """Take a complete message: str from text frames, bytes from binary frames."""

    def violated(self) -> None:
        """Take that the server has broken a rule; as for :class:`Handler`."""

    def closed(self, code: int, reason: str) -> None:
        """Take the end of an open client, exactly once for each ``opened``; TCP is gone.

        Args:
            code: of the close frame that came, else of the one that was sent, else 1006.
            reason: of the same close frame.
        """

    def failed(self, code: str, message: str) -> None:
        """Take an error; ``ClientLifecycle.error`` has it as an exception.

        Args:
            code: ``WS_CONNECT_FAILED`` after the last attempt; ``ERR_ACCESS_DENIED`` where it may
                not connect; ``WS_QUEUE_FULL`` for each message that the queue has no room for;
                ``WS_UNSENT_MESSAGES`` when ``close`` drops what is queued; the code of a
                :class:`ConnectionFault`, which ``closed`` follows; the code of a
                :class:`TlsError`.
            message: the error in words, without the code.
        """
