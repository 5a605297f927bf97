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

from .limits import LARGEST_CONTROL_FRAME

try:
    from websockets.speedups import apply_mask
except ImportError:  # the library was installed without its C extension
    from websockets.utils import apply_mask

__all__ = ["FrameReader", "Interruptible", "ServerSide", "apply_mask", "silent_logger"]

silent_logger = logging.Logger("accessor_host.websocket.protocol", logging.CRITICAL + 1)
"""For the library, which would log each connection at INFO, in its own words."""


class FrameReader(StreamReader):
    """The bytes that a parser of frames has yet to read.

    The parser looks for the end of the stream before each frame, and nowhere else.
    """

    is_between_frames = False
    """Whether the parser has read all that came and waits for the first byte of a frame."""

    def at_eof(self) -> Generator[None, None, bool]:
        """Tell whether the stream has ended and all data was read (a coroutine)."""
        self.is_between_frames = True
        ended = yield from super().at_eof()
        self.is_between_frames = False
        return ended


class Interruptible(Protocol):
    """Answer a close frame between the fragments of a message as any other.

    RFC 6455 section 5.4 allows control frames there, and nothing excepts close frames; the
    library calls it a violation. It notes the frame before it looks for an unfinished message,
    so that forgetting the message here costs other frames nothing.
    """

    _close_rcvd: Close | None
    _largest_frame: int | None

    # Asked for before each frame: one read may bring the end of a message and the next message.

    @property
    def max_fragment_size(self) -> int | None:
        """Return the largest payload that the next frame may announce.

        In a message, that is the room which its other fragments have left; control frames,
        which may come there too, always fit.
        """
        limit, size = self._largest_frame, self.current_size
        if limit is None or not size:
            return limit
        return max(limit - size, LARGEST_CONTROL_FRAME)

    @max_fragment_size.setter
    def max_fragment_size(self, limit: int | None) -> None:
        self._largest_frame = limit

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
