"""One WebSocket connection, whichever side opened it: the messages that it receives and sends.

The shell around the Sans-I/O protocol of the ``websockets`` library. Its life is
:mod:`.lifecycle`; the opening handshake belongs to a subclass, in :mod:`.server_connection` or
:mod:`.client_connection`. No task, queue, future or timer per connection.
"""

from __future__ import annotations

from typing import cast

from websockets.frames import Frame, Opcode
from websockets.protocol import State as ProtocolState

from ..errors import ConnectionFault
from ..net.shares import SHARE_BYTES, SHARE_FRAMES
from .fast_frames import control_frame, read_close, whole_control, whole_texts
from .framing import BINARY_HEAD, TEXT_HEAD, plain_frame
from .library import forget_frames
from .lifecycle import ConnectionLifecycle
from .limits import LARGEST_CONTROL_FRAME
from .messages import encode_text, parser_fault
from .states import DELIVERING, HOLDING, Event, State

__all__ = ["Connection"]

_TEXT, _BINARY, _CONT, _PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PONG

_OPENING, _OPEN, _ANSWERING = State.OPENING, State.OPEN, State.ANSWERING

_LARGEST_PING = LARGEST_CONTROL_FRAME + 6
"""Bytes of a ping with its header and masking key."""

_RATE = "WS_RATE"
"""Code of the fault of a peer that sends messages too fast."""

_PIECE = 4 * 1024
"""Compressed bytes that are decompressed before what came out of them is delivered.

Deflate makes at most 1,032 bytes out of one: 4 MiB are held at a time, not 256 MiB, beside one
message of any size. A peer whose bytes become more than its share waits after one piece.
"""


class Connection(ConnectionLifecycle):
    """A connection over which messages go."""

    __slots__ = ()

    # Sending.

    def send_text(self, text: str | bytes) -> bool:
        """Send a text message.

        Args:
            text: the message; bytes must be UTF-8. A lone surrogate in a str, for which UTF-8
                has no form, is sent as U+FFFD.

        Returns:
            Whether it was taken. False when the connection is not open, or when the message
            would pass ``max_unsent_bytes``: then the handler gets a fault ``WS_SLOW_PEER``
            before this returns, and the connection closes with 1008.
        """
        if self._state is not _OPEN and self._state is not _ANSWERING:
            return False
        if isinstance(text, bytes):
            return self._send(self._frame(TEXT_HEAD, text))
        if self._framing is not None:
            return self._send(self._frame(TEXT_HEAD, encode_text(text)))
        # To others went the same text, mostly, if it is the same object.
        last = self._group.last_text
        return self._send(last.frame if text is last.text else last.make(text))

    def send_binary(self, data: bytes) -> bool:
        """Send a binary message; returns as :meth:`send_text` does."""
        return self.is_open and self._send(self._frame(BINARY_HEAD, data))

    def ping(self, payload: bytes = b"") -> bool:
        """Send a ping; ``ponged`` follows once the peer answers (RFC 6455 section 5.5.2).

        Args:
            payload: at most 125 bytes.

        Returns:
            Whether it was taken: not when the connection is not open, when 64 pings wait for their
            answers, or when it would pass ``max_unsent_bytes``; then the connection fails, as it
            does for a message.

        Raises:
            ValueError: the payload is too long.
        """
        if len(payload) > LARGEST_CONTROL_FRAME:
            raise ValueError(
                f"the payload of a ping has {len(payload)} bytes; {LARGEST_CONTROL_FRAME} fit"
            )
        keep_alive = self._keep_alive
        if self._state is not _OPEN or keep_alive is None or not keep_alive.ask(payload):
            return False
        if self._blocked and not self._fits(_LARGEST_PING):
            self._fail_slow(_LARGEST_PING)
            return False
        if self._sans_io is None:
            self._collect(control_frame(Opcode.PING, payload))
        else:
            self._sans_io.send_ping(payload)
            self._pump()
        return True

    def _frame(self, head: int, payload: bytes) -> bytes:
        """Return the frame of an unfragmented message."""
        if self._framing is None:
            return plain_frame(head, payload)
        return b"".join(self._framing.frame(head, payload))

    def _send(self, frame: bytes) -> bool:
        size = len(frame)
        # Unless blocked, the transport holds less than the high-water mark: no need to ask.
        if (self._blocked or self._pending_bytes + size > self._slack) and not self._fits(size):
            self._fail_slow(size)
            return False
        group = self._group
        if group.has_idle_timeout:
            self._active_at = group.clock()
        # As _collect does; here for speed.
        pending = self._pending
        if not pending:
            group.flusher.mark(self)
        pending.append(frame)
        self._pending_bytes += size
        return True

    def _fail_slow(self, size: int) -> None:
        """Fail because of a peer that does not read, for which so many more bytes are too many."""
        waiting = self._transport.get_write_buffer_size()
        limit = self._group.limits.max_unsent_bytes
        reason = f"{waiting} bytes wait unread, {size} more would pass the limit of {limit}"
        self._fail(ConnectionFault("WS_SLOW_PEER", 1008, reason))

    # Receiving.

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer (asyncio)."""
        if self._sans_io is None and self._state is _OPEN:
            # Most often nothing but texts has come yet, and nothing else comes now.
            messages, end = whole_texts(data, self._group.max_message_size)
            if end == len(data):
                self._deliver_texts(messages)
            else:
                self._receive(data[end:], messages)
        elif self._state is _OPENING:
            self._receive_opening(data)
        else:
            self._receive_share(data)
        if len(data) > SHARE_BYTES:
            self._wait_for_share()

    def _receive_opening(self, data: bytes) -> None:
        raise NotImplementedError

    def _handle_share(self) -> None:
        data, self._held = self._held, b""
        if data or self._incoming is not None:
            self.data_received(data)

    def _receive_share(self, data: bytes) -> None:
        """Take one share: of bytes, behind those that the parser has yet to read."""
        incoming = self._incoming
        if incoming is not None:
            incoming.begin_share()
        if incoming is None or not incoming.is_compressed:
            self._receive(data, [])
            return
        for start in range(0, len(data) or 1, _PIECE):
            self._receive(data[start : start + _PIECE], [])
            if self._waits:
                self._held = data[start + _PIECE :]
                return

    def _receive(self, data: bytes, messages: list[str]) -> None:
        """Take what is not read yet of some bytes, behind the texts that they began with."""
        if self._state in HOLDING:
            return  # what follows a violation does not count
        if data and self._state is _OPEN and self._is_at_masked_message():
            messages, end = whole_texts(data, self._group.max_message_size)
            if end == len(data):
                self._deliver_texts(messages)
                return
            data = data[end:]
        if len(messages) == SHARE_FRAMES:
            self._deliver_texts(messages)
            self._held = data
            self._wait_for_share()
            return
        if self._sans_io is None and self._receive_control(data):
            if messages:
                self._deliver_texts(messages)
            return
        frames = self._parse(data)
        if messages:
            self._deliver_texts(messages)
        self._deliver(frames)
        if self._failure is not None:
            self._hold_back(self._failure)
        elif self._incoming is not None and self._incoming.is_share_used:
            self._wait_for_share()

    def _is_at_masked_message(self) -> bool:
        """Tell whether a message begins here that needs no parser, though there is one."""
        incoming = self._incoming
        return incoming is not None and self._framing is None and incoming.is_at_message

    def _receive_control(self, data: bytes) -> bool:
        """Take a control frame that needs no protocol; tell whether that is all."""
        if self._state is not _OPEN:
            return True  # what follows a close frame does not count
        frame = whole_control(data)
        if frame is None:
            return False
        opcode, payload = frame
        if opcode is Opcode.PING:
            self._queue(control_frame(_PONG, payload))
        elif opcode is _PONG:
            self._pong(payload)
        else:
            self._peer_close = read_close(payload)
            if self._peer_close is None:
                return False
            # As it came: an empty one has no code to repeat.
            self._queue(control_frame(Opcode.CLOSE, payload))
            self._begin_closing(Event.PEER_CLOSE)
            self._finish()
        return True

    def _parse(self, data: bytes) -> list[Frame]:
        """Read frames with the protocol, and answer those that it answers by itself."""
        protocol, incoming = self._protocol, self._incoming
        if incoming is None:
            # The handshake was refused: what still comes has no frames.
            protocol.receive_data(data)
            return []
        frames = incoming.read(data)
        if protocol.state is not ProtocolState.OPEN and self._state is _OPEN:
            # Among these bytes was something that breaks the protocol, which can wait until what
            # came before is answered; or the peer's close frame, which is answered already: no
            # sending any more, yet what came before is delivered.
            error = protocol.parser_exc
            if error is not None:
                protocol.parser_exc = None
                fault = parser_fault(error, self._group.limits)
                forget_frames(error)
                self._violated(fault)
            else:
                self._begin_closing(Event.PEER_CLOSE)
        if incoming.is_inside_frame:
            self._heard_at = self._group.clock()
        if protocol.writes and self._failure is None:
            # Pongs, before the answer to a message that a ping came in the middle of.
            self._pump()
        return frames

    def _deliver_texts(self, messages: list[str]) -> None:
        group = self._group
        if group.watches_messages and (passed := self._watch(len(messages))) < len(messages):
            self._deliver_last_texts(messages[:passed])
            return
        deliver, is_open = group.handler.message, _OPEN
        for message in messages:
            deliver(self, message)
            if self._state is not is_open and self._state not in DELIVERING:
                return

    def _deliver_last_texts(self, messages: list[str]) -> None:
        """Deliver what the rate lets pass, and fail."""
        for message in messages:
            if self._state in DELIVERING:
                self._group.handler.message(self, message)
        if self._failure is not None:
            self._hold_back(self._failure)

    def _watch(self, count: int) -> int:
        """Note that messages have come; return how many of them the rate lets pass."""
        group, bucket, failure = self._group, self._bucket, self._failure
        self._active_at = now = group.clock()
        if bucket is None:
            return count
        if self._state is not _OPEN:
            # What was read before another fault, or before the peer's close frame, may be a few
            # more; nothing follows.
            return 0 if failure is not None and failure.code == _RATE else count
        rate = group.limits.message_rate
        if group.deadlines.woke > bucket.used_at:
            bucket.excuse(rate, now)
        passed = bucket.take(count, rate, now)
        if passed < count:
            self._violated(ConnectionFault(_RATE, 1008, f"more than {rate} messages a second"))
        return passed

    def _deliver(self, frames: list[Frame]) -> None:
        for frame in frames:
            if self._state not in DELIVERING:
                return
            opcode = frame.opcode
            if opcode is _TEXT or opcode is _BINARY or opcode is _CONT:
                if not self._deliver_message(frame):
                    return
            elif opcode is _PONG:
                self._pong(cast("bytes", frame.data))

    def _deliver_message(self, frame: Frame) -> bool:
        """Deliver the message that a frame completes, if it does; false when it may not."""
        if self._incoming is None:
            return False
        try:
            message = self._incoming.message(frame)
        except ConnectionFault as fault:
            # The parser runs ahead: when it failed on a later frame of these bytes, the close
            # frame with its code is made already, and its fault is the one to tell.
            self._violated(fault)
            return False
        if self._group.watches_messages:
            if message is None:
                self._active_at = self._group.clock()
            elif not self._watch(1):
                return False
        if message is not None:
            self._group.handler.message(self, message)
        return True
