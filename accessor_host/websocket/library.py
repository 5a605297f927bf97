"""What we use of the ``websockets`` library beside its plain API, and the three things we change.

A close frame may interrupt a message; the room that is left in a message bounds each of its
fragments; and one can see whether the parser is between two frames: then frames need not go
through it.
"""

from __future__ import annotations

import logging
from collections.abc import Generator

from websockets.frames import Close
from websockets.protocol import Protocol
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from ..net.shares import SHARE_FRAMES
from .limits import LARGEST_CONTROL_FRAME

try:
    from websockets.speedups import apply_mask
except ImportError:  # the library was installed without its C extension
    from websockets.utils import apply_mask

__all__ = [
    "FrameReader",
    "Interruptible",
    "ServerSide",
    "apply_mask",
    "forget_frames",
    "release",
    "silent_logger",
]

silent_logger = logging.Logger("accessor_host.websocket.protocol", logging.CRITICAL + 1)
"""For the library, which would log each connection at INFO, in its own words."""


class FrameReader(StreamReader):
    """The bytes that a parser of frames has yet to read, and how many frames it may.

    The parser looks for the end of the stream before each frame, and nowhere else: there it is
    stopped when it has had its share.
    """

    is_between_frames = False
    """Whether the parser has read all that came and waits for the first byte of a frame."""

    frames_left = SHARE_FRAMES
    """Frames that the parser may begin before it waits for more of them."""

    def at_eof(self) -> Generator[None, None, bool]:
        """Tell whether the stream has ended and all data was read (a coroutine)."""
        while not (self.buffer and self.frames_left):
            self.is_between_frames = not self.buffer
            if self.eof and self.is_between_frames:
                return True
            yield
        self.is_between_frames = False
        self.frames_left -= 1
        return False


class Interruptible(Protocol):
    """Answer a close frame between the fragments of a message as any other.

    RFC 6455 section 5.4 allows control frames there, and nothing excepts close frames; the
    library calls it a violation. It notes the frame before it looks for an unfinished message,
    so that forgetting the message here costs other frames nothing.
    """

    _close_rcvd: Close | None
    _current_size: int | None
    _largest_frame: int | None = None

    def limit_frames(self, largest: int | None) -> None:
        """Set the largest payload of a frame between messages; None is any."""
        self._largest_frame = self.max_fragment_size = largest

    # Not read from us but from the parser, which notes it for each fragment: one read may bring
    # the end of a message and the next message.

    @property
    def current_size(self) -> int | None:
        """Return the bytes of a message that is coming in; None between messages."""
        return self._current_size

    @current_size.setter
    def current_size(self, size: int | None) -> None:
        self._current_size = size
        limit = self._largest_frame
        if limit is not None:
            # In a message there is the room that its other fragments have left. Control frames,
            # which may come there too, always fit.
            self.max_fragment_size = max(limit - size, LARGEST_CONTROL_FRAME) if size else limit

    @property
    def close_rcvd(self) -> Close | None:
        """Return the close frame that came."""
        return self._close_rcvd

    @close_rcvd.setter
    def close_rcvd(self, close: Close | None) -> None:
        self._close_rcvd = close
        self.current_size = None


class ServerSide(Interruptible, ServerProtocol):
    """A server's protocol."""


def forget_frames(error: BaseException) -> None:
    """Take the tracebacks from an error: they lead to what was being read, and to who reads.

    Args:
        error: raised by the parser, and told already; what it was raised for loses its own, too.
    """
    earlier: BaseException | None = error
    while earlier is not None:
        earlier.__traceback__ = None
        earlier = earlier.__context__


def release(protocol: Protocol) -> None:
    """Let go of all that a protocol has read, without the garbage collector.

    A protocol and its parser refer to each other, and an error to what was being read.

    Args:
        protocol: of no use any more.
    """
    protocol.parser.close()
    protocol.reader.discard()
    protocol.parser_exc = protocol.handshake_exc = None
