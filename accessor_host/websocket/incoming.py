"""Messages out of what the parser of an open connection reads."""

from __future__ import annotations

from typing import cast

from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol

from ..net.shares import SHARE_BYTES, SHARE_FRAMES
from .library import FrameReader, Interruptible
from .limits import Limits
from .messages import Fragments, decode_text, message_too_big

__all__ = ["Incoming"]

_TEXT, _BINARY, _CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT


class Incoming:
    """Read frames with the Sans-I/O protocol, and make messages of them.

    Made once the opening handshake is done; from then on the protocol expects frames.

    Args:
        protocol: has read or sent the handshake, or was made open.
        limits: of the connection.
    """

    __slots__ = (
        "_fragments",
        "_inflated",
        "_limits",
        "_protocol",
        "_reader",
        "is_compressed",
        "is_share_used",
    )

    def __init__(self, protocol: Interruptible, limits: Limits) -> None:
        self.is_compressed = bool(protocol.extensions)
        """Whether messages may be compressed."""
        self.is_share_used = False
        """Whether the peer has to wait for its next share."""
        self._protocol = protocol
        self._limits = limits
        self._fragments: Fragments | None = None
        self._inflated = 0  # bytes in this share
        self._reader = protocol.reader = FrameReader()
        # The parser that read the handshake keeps it, with its headers, as long as it lives.
        protocol.parser = Protocol.parse(protocol)
        next(protocol.parser)
        if self.is_compressed:
            # The parser counts decompressed bytes, over all fragments, and allows a frame as many
            # compressed ones as are left: these may be more, and a control frame may be among
            # them. The exact limit is ours.
            protocol.max_message_size = limits.max_packed_size
        else:
            protocol.limit_frames(limits.max_frame_size)

    @property
    def is_at_message(self) -> bool:
        """Tell whether a message begins here, or a control frame between messages."""
        return self._reader.is_between_frames and self._protocol.current_size is None

    @property
    def is_inside_frame(self) -> bool:
        """Tell whether a frame has begun to come in."""
        return bool(self._reader.buffer)

    def begin_share(self) -> None:
        """Let the peer have its share of frames and of decompressed bytes again."""
        self._reader.frames_left = SHARE_FRAMES
        self._inflated = 0

    def read(self, data: bytes) -> list[Frame]:
        """Return the frames that are complete with these bytes and within the peer's share.

        What is behind them is kept for the next share.
        """
        self._protocol.receive_data(data)
        # Once open, events are frames.
        frames = cast("list[Frame]", self._protocol.events_received())
        if self.is_compressed:
            self._inflated += sum(len(frame.data) for frame in frames)
        self.is_share_used = not self._reader.frames_left or self._inflated > SHARE_BYTES
        return frames

    def message(self, frame: Frame) -> str | bytes | None:
        """Return the message that a data frame completes, if it does.

        Raises:
            ConnectionFault: a limit is passed, or the text is not UTF-8.
        """
        if frame.fin and frame.opcode is _TEXT:
            return decode_text(self._whole(frame))
        if frame.fin and frame.opcode is _BINARY:
            # A client's parser makes bytearrays; bytes stay what they are.
            return bytes(self._whole(frame))
        return self._fragment(frame)

    def forget(self) -> None:
        """Let go of a message that never becomes complete, and of what came behind it."""
        self._fragments = None
        self._reader.discard()

    def _whole(self, frame: Frame) -> bytes:
        # The parser lets control frames pass, so its limit may be larger than ours.
        if len(frame.data) > self._limits.max_message_size:
            raise message_too_big(self._limits)
        return cast("bytes", frame.data)

    def _fragment(self, frame: Frame) -> str | bytes | None:
        if self._fragments is None:
            self._fragments = Fragments(frame.opcode is _TEXT, self._limits)
        message = self._fragments.add(cast("bytes", frame.data), frame.fin)
        if frame.fin:
            self._fragments = None
        return message
