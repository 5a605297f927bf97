"""The Sans-I/O protocols of ``websockets``, but a close frame may interrupt a message."""

from __future__ import annotations

from websockets.client import ClientProtocol
from websockets.frames import Close
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

__all__ = ["ClientSide", "ServerSide"]


class _Interruptible(Protocol):
    """Answer a close frame between the fragments of a message as any other.

    RFC 6455 section 5.4 allows control frames there, and nothing excepts close frames; the
    library calls it a violation. It notes the frame before it looks for an unfinished message,
    so that forgetting the message here costs other frames nothing.
    """

    _close_rcvd: Close | None

    @property
    def close_rcvd(self) -> Close | None:
        """Return the close frame that came."""
        return self._close_rcvd

    @close_rcvd.setter
    def close_rcvd(self, close: Close | None) -> None:
        self._close_rcvd = close
        self.current_size = None


class ServerSide(_Interruptible, ServerProtocol):
    """A server's protocol."""


class ClientSide(_Interruptible, ClientProtocol):
    """A client's protocol."""
