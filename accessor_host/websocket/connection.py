"""One WebSocket connection once it is open, whichever side opened it.

The shell around the Sans-I/O protocol of the ``websockets`` library: bytes in and out, messages,
back-pressure in both directions, keep-alive, the end. The opening handshake belongs to a
subclass: :mod:`.opening` for a server, :mod:`.dialing` for a client. No task, queue, future or
timer per connection.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from enum import Enum
from math import inf
from typing import Any, cast

from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol as SansIO
from websockets.protocol import State

from ..errors import ConnectionFault
from ..net.outgoing import Outgoing
from .close_codes import check_close, fitting_reason
from .controls import control_frame, read_close, whole_control
from .fast_frames import whole_texts
from .framing import BINARY_HEAD, TEXT_HEAD, Framing, plain_frame, text_frame
from .keepalive import KeepAlive
from .library import FrameReader
from .limits import LARGEST_CONTROL_FRAME
from .messages import Fragments, decode_text, encode_text, message_too_big, parser_fault
from .shared import Shared

__all__ = ["Connection", "Phase"]

logger = logging.getLogger("accessor_host.websocket")

_ids = itertools.count(1)

_TEXT, _BINARY, _CONT, _PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PONG

_PIECE = 4 * 1024
"""Compressed bytes that are decompressed before what came out of them is delivered.

Deflate makes at most 1,032 bytes out of one: 4 MiB are held at a time, not 256 MiB, beside one
message of any size.
"""


class Phase(Enum):
    """Where a connection is in its life."""

    OPENING = 1
    """The opening handshake is going on."""
    OPEN = 2
    """Messages may be sent."""
    CLOSING = 3
    """A close frame, or an HTTP answer, is on its way; waiting for the end of TCP."""
    CLOSED = 4
    """TCP is gone."""


_OPENING, _OPEN, _CLOSING, _CLOSED = Phase


class Connection(Outgoing):
    """A WebSocket connection.

    A plain disconnect (end of stream, reset, killed peer) is ordinary: it is reported by
    ``closed`` with 1006 and no fault.

    Args:
        shared: what this connection shares with others.
        protocol: the Sans-I/O protocol, in its initial state; None leaves it to
            :meth:`_make_protocol`.
    """

    __slots__ = (
        "_active_at",
        "_failure",
        "_farewell",
        "_fragments",
        "_framing",
        "_heard_at",
        "_keep_alive",
        "_muted",
        "_paused",
        "_phase",
        "_reader",
        "_reading",
        "_sans_io",
        "context",
        "deadline",
        "id",
        "origin",
        "remote_host",
        "remote_port",
        "request_path",
    )

    def __init__(self, shared: Shared, protocol: SansIO | None) -> None:
        super().__init__(shared)
        self.id: int = next(_ids)
        """Number of this connection, unique in the process."""
        self.remote_host: str = ""
        """IP address of the peer."""
        self.remote_port: int = 0
        """TCP port of the peer."""
        self.request_path: str = ""
        """Path and query of the handshake request."""
        self.origin: str | None = None
        """Origin that the handshake request named."""
        self.context: Any = None
        """Free for the owner."""
        self.deadline: float = inf
        """Loop time at which :meth:`expire` is due; owned by :class:`Deadlines`."""
        self._sans_io = protocol  # None as long as nothing has needed it
        self._phase = _OPENING
        self._fragments: Fragments | None = None
        self._framing: Framing | None = None  # for frames that are masked, or may be compressed
        self._reader: FrameReader | None = None  # where frames may be read beside the parser
        self._keep_alive: KeepAlive | None = None
        self._heard_at = 0.0
        self._active_at = 0.0
        self._paused = False  # the owner asked for a pause
        self._reading = True  # what the transport was last told
        self._muted = False  # we closed, or failed: what still comes in is not delivered
        self._farewell: Close | None = None  # the peer's close frame, if no protocol has read it
        self._failure: ConnectionFault | None = None  # to be told once the owner has answered

    # What the owner may do.

    @property
    def is_open(self) -> bool:
        """Tell whether messages can be sent; false at once after :meth:`close`."""
        return self._phase is _OPEN

    @property
    def is_opening(self) -> bool:
        """Tell whether the opening handshake is going on."""
        return self._phase is _OPENING

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
        if self._phase is not _OPEN:
            return False
        if isinstance(text, bytes):
            return self._send(self._frame(TEXT_HEAD, text))
        if self._framing is not None:
            return self._send(self._frame(TEXT_HEAD, encode_text(text)))
        # To others went the same text, mostly, if it is the same object.
        flusher = self._shared.flusher
        if text is not flusher.last_text:
            flusher.last_frame = text_frame(text)
            flusher.last_text = text
        return self._send(flusher.last_frame)

    def send_binary(self, data: bytes) -> bool:
        """Send a binary message; returns as :meth:`send_text` does."""
        return self._phase is _OPEN and self._send(self._frame(BINARY_HEAD, data))

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close the connection; nothing when it is not open.

        Messages sent before are delivered, messages that come in from now on are dropped, as
        in a browser's WebSocket.

        Args:
            code: RFC 6455 section 7.4; None sends a close frame without a code.
            reason: at most 123 bytes in UTF-8.

        Raises:
            ValueError: the code may not be sent, or the reason is too long.
        """
        check_close(code, reason)
        if self._phase is not _OPEN:
            return
        self._muted = True
        if self._failure is not None:
            # The peer has broken the rules behind what the owner has just seen: its close code
            # goes first, and tells the peer more than ours.
            self._begin_closing()
            return
        self._protocol.send_close(code, reason)
        self._begin_closing()
        self._pump()

    def pause(self) -> None:
        """Stop reading from the peer; what was read already is still delivered.

        Keep-alive waits as well: it is not the peer's fault that it is not heard.
        """
        self._paused = True
        self._update_reading()

    def resume(self) -> None:
        """Read from the peer again."""
        if self._paused:
            self._paused = False
            self._update_reading()
            if self._failure is not None:
                asyncio.get_running_loop().call_soon(self._conclude)

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new transport (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(self._high_water)
        peer = transport.get_extra_info("peername")
        # A peer that is gone already has no name any more.
        if peer:
            self.remote_host, self.remote_port = peer[0], peer[1]
        self._shared.made(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer (asyncio)."""
        if self._sans_io is None and self._phase is _OPEN:
            # Most often nothing but texts has come yet, and nothing else comes now.
            messages, end = whole_texts(data, self._shared.limits.max_message_size)
            if end == len(data):
                self._deliver_texts(messages)
            else:
                self._receive(data[end:], messages)
        elif self._phase is _OPENING:
            self._receive_opening(data)
        elif self._framing is not None and self._protocol.extensions:
            for start in range(0, len(data), _PIECE):
                self._receive(data[start : start + _PIECE], [])
        else:
            self._receive(data, [])

    def eof_received(self) -> None:
        """Take the end of the peer's bytes; the transport closes by itself (asyncio)."""
        self._fail_now()
        if self._sans_io is not None:
            self._sans_io.receive_eof()
        if self._phase is not _CLOSED:
            self._begin_closing()
        if self._sans_io is not None:
            self._pump()
        else:
            self._finish()

    def pause_writing(self) -> None:
        """Stop reading from a peer that does not read itself (asyncio).

        A flood of pings would otherwise queue pongs without end.
        """
        self._blocked = True
        self._update_reading()

    def resume_writing(self) -> None:
        """Read again once the peer has read (asyncio)."""
        self._blocked = False
        self._update_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end: TCP is gone (asyncio)."""
        self._fail_now()
        self._phase = _CLOSED
        self._pending.clear()
        self._shared.deadlines.forget(self)
        self._shared.lost(self)
        if exc is not None:
            logger.debug("%s: connection lost: %s", self, exc)
        if self._was_opened:
            close, protocol = self._farewell, self._sans_io
            if protocol is not None:
                close = protocol.close_rcvd or protocol.close_sent
            code, reason = (int(close.code), close.reason) if close else (1006, "")
            self._shared.handler.closed(self, code, reason)
        self._fragments = None

    # What the listener's timer and flusher say.

    def expire(self, now: float) -> None:
        """Act on the deadline that has passed.

        Args:
            now: loop time in seconds.
        """
        if self._failure is not None and self._phase is _OPEN:
            self._fail_now()
        elif self._phase is _OPEN:
            due = min(self._expire_idle(now), self._expire_keep_alive(now))
            if self._phase is _OPEN:
                self._shared.deadlines.set(self, due)
        else:
            logger.debug("%s: no %s in time; dropped", self, self._phase.name.lower())
            self.abort()

    def abort(self) -> None:
        """Cut TCP; ``closed`` follows."""
        if self._phase is not _CLOSED:
            self._phase = _CLOSING
            self._transport.abort()

    def __str__(self) -> str:
        return f"connection {self.id} from {self.remote_host}:{self.remote_port}"

    # The Sans-I/O protocol.

    @property
    def _was_opened(self) -> bool:
        return self._keep_alive is not None

    @property
    def _protocol(self) -> SansIO:
        """Return the protocol, made when something needs it first.

        A connection that a client opens and closes, and over which only texts go, never does.
        """
        protocol = self._sans_io
        if protocol is None:
            protocol = self._sans_io = self._make_protocol()
            if self._was_opened:
                self._expect_frames(protocol)
        return protocol

    def _make_protocol(self) -> SansIO:
        raise NotImplementedError

    # Receiving.

    def _receive_opening(self, data: bytes) -> None:
        raise NotImplementedError

    def _receive(self, data: bytes, messages: list[str]) -> None:
        """Take what is not read yet of some bytes, behind the texts that they began with."""
        if self._failure is not None:
            return  # what follows a violation does not count
        if self._is_at_message() and self._phase is _OPEN:
            messages, end = whole_texts(data, self._shared.limits.max_message_size)
            if end == len(data):
                self._deliver_texts(messages)
                return
            data = data[end:]
        if self._sans_io is None and self._receive_control(data):
            if messages:
                self._deliver_texts(messages)
            return
        protocol = self._protocol
        protocol.receive_data(data)
        if protocol.state is not State.OPEN and self._phase is _OPEN:
            # Among these bytes was something that breaks the protocol, which can wait until what
            # came before is answered; or the peer's close frame, which is answered already: no
            # sending any more, yet what came before is delivered.
            if protocol.parser_exc is not None:
                self._failure = parser_fault(protocol.parser_exc, self._shared.limits)
            else:
                self._begin_closing()
        if protocol.reader.buffer:
            self._heard_at = self._shared.clock()
        # Once open, events are frames.
        frames = cast("list[Frame]", protocol.events_received())
        if protocol.writes and self._failure is None:
            # Pongs, before the answer to a message that a ping came in the middle of.
            self._pump()
        if messages and not self._muted:
            self._deliver_texts(messages)
        if not self._muted:
            self._deliver(frames)
        if self._failure is not None:
            self._hold_back(self._failure)

    def _receive_control(self, data: bytes) -> bool:
        """Take a control frame that needs no protocol; tell whether that is all."""
        if self._phase is not _OPEN:
            return True  # what follows a close frame does not count
        frame = whole_control(data)
        if frame is None:
            return False
        opcode, payload = frame
        if opcode is Opcode.PING:
            self._queue(control_frame(Opcode.PONG, payload))
        elif opcode is _PONG:
            if self._keep_alive is not None:
                self._pong(self._keep_alive, payload)
        else:
            self._farewell = read_close(payload)
            if self._farewell is None:
                return False
            # As it came: an empty one has no code to repeat.
            self._queue(control_frame(Opcode.CLOSE, payload))
            self._begin_closing()
            self._finish()
        return True

    def _is_at_message(self) -> bool:
        """Tell whether a message begins here, which may need no parser."""
        reader = self._reader
        return (
            reader is not None and reader.is_between_frames and self._protocol.current_size is None
        )

    def _deliver_texts(self, messages: list[str]) -> None:
        shared = self._shared
        if shared.has_idle_timeout:
            self._active_at = shared.clock()
        deliver = shared.handler.message
        for message in messages:
            deliver(self, message)
            if self._muted:
                return

    def _deliver(self, frames: list[Frame]) -> None:
        handler = self._shared.handler
        for frame in frames:
            opcode = frame.opcode
            try:
                if frame.fin and opcode is _TEXT:
                    message: str | bytes | None = decode_text(self._whole(frame))
                elif frame.fin and opcode is _BINARY:
                    # A client's parser makes bytearrays; bytes stay what they are.
                    message = bytes(self._whole(frame))
                elif opcode is _CONT or opcode is _TEXT or opcode is _BINARY:
                    message = self._fragment(frame)
                else:
                    if opcode is _PONG and self._keep_alive is not None:
                        self._pong(self._keep_alive, cast("bytes", frame.data))
                    continue
            except ConnectionFault as fault:
                # The parser runs ahead: when it failed on a later frame of these bytes, the
                # close frame with its code is made already, and its fault is the one to tell.
                self._failure = self._failure or fault
                return
            if self._shared.has_idle_timeout:
                self._active_at = self._shared.clock()
            if message is not None:
                handler.message(self, message)
                if self._muted:
                    return

    def _whole(self, frame: Frame) -> bytes:
        # The parser lets control frames pass, so its limit may be larger than ours.
        if len(frame.data) > self._shared.limits.max_message_size:
            raise message_too_big(self._shared.limits)
        return cast("bytes", frame.data)

    def _fragment(self, frame: Frame) -> str | bytes | None:
        if self._fragments is None:
            self._fragments = Fragments(frame.opcode is _TEXT, self._shared.limits)
        message = self._fragments.add(cast("bytes", frame.data), frame.fin)
        if frame.fin:
            self._fragments = None
        if self._protocol.extensions:
            return message  # the parser itself counts what it decompresses
        if self._fragments is None:
            self._protocol.max_fragment_size = self._shared.limits.max_frame_size
        else:
            # A frame that announces more than the rest of the message is not even buffered.
            room = max(self._fragments.room, LARGEST_CONTROL_FRAME)
            self._protocol.max_fragment_size = room
        return message

    # Failing.

    def _hold_back(self, fault: ConnectionFault) -> None:
        """Fail once the owner had the chance to answer what came before the violation.

        An owner may answer in the next iteration of the loop, as scripts do; the call that is
        scheduled here is behind its own. One who is behind has paused us: then we wait for
        ``resume``, though not for ever. Until then messages can be sent, and nothing is read.
        """
        self._muted = True
        # Takes no more input. Its close frame, already made or made here, is not yet collected.
        self._protocol.fail(fault.close_code, fitting_reason(fault.reason))
        if self._phase is _OPEN:
            when = self._shared.clock() + self._shared.limits.closing_timeout
            self._shared.deadlines.set(self, when)
        self._update_reading()
        asyncio.get_running_loop().call_soon(self._conclude)

    def _conclude(self) -> None:
        if not (self._paused and self._phase is _OPEN):
            self._fail_now()

    def _fail_now(self) -> None:
        """Fail if there is a violation that was held back."""
        if self._failure is not None:
            self._fail(self._failure)

    def _fail(self, fault: ConnectionFault) -> None:
        """Fail the connection (RFC 6455 section 7.1.7) and say why."""
        logger.debug("%s: %s", self, fault)
        self._muted = True
        self._failure = None
        self._protocol.fail(fault.close_code, fitting_reason(fault.reason))
        self._begin_closing()
        self._pump()
        self._shared.handler.fault(self, fault)

    # Sending.

    def _frame(self, head: int, payload: bytes) -> bytes:
        """Return the frame of an unfragmented message."""
        if self._framing is None:
            return plain_frame(head, payload)
        return b"".join(self._framing.frame(head, payload))

    def _send(self, frame: bytes) -> bool:
        size = len(frame)
        # Unless blocked, the transport holds less than the high-water mark: no need to ask.
        if (self._blocked or self._pending_bytes + size > self._slack) and not self._fits(size):
            waiting = self._transport.get_write_buffer_size()
            limit = self._shared.limits.max_unsent_bytes
            reason = f"{waiting} bytes wait unread, {size} more would pass the limit of {limit}"
            self._fail(ConnectionFault("WS_SLOW_PEER", 1008, reason))
            return False
        shared = self._shared
        if shared.has_idle_timeout:
            self._active_at = shared.clock()
        # As _collect does; here for speed.
        pending = self._pending
        if not pending:
            shared.flusher.mark(self)
        pending.append(frame)
        self._pending_bytes += size
        return True

    def _pump(self) -> None:
        """Collect what the protocol wants to send, and end the stream when it says so."""
        for data in self._protocol.data_to_send():
            if data:
                self._queue(data)
            else:
                self._finish()

    # Opening, closing, pausing.

    def _begin_open(self, rest: bytes) -> None:
        """Report that the handshake is done.

        Args:
            rest: what came behind it already.
        """
        if self._sans_io is not None:
            self._expect_frames(self._sans_io)
        now = self._shared.clock()
        self._phase = _OPEN
        self._keep_alive = KeepAlive(now)
        self._active_at = now
        limits = self._shared.limits
        due = min(limits.ping_interval or inf, limits.idle_timeout or inf)
        self._shared.deadlines.set(self, now + due)
        logger.debug("%s: open", self)
        self._shared.handler.opened(self)
        if rest and not self._transport.is_closing():
            # Not at once: a handler that is a coroutine attaches its listeners in its first
            # step, which the loop runs before this.
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._receive_rest, rest)

    def _expect_frames(self, protocol: SansIO) -> None:
        reader = protocol.reader = FrameReader()
        # The parser that read the handshake keeps it, with its headers, as long as it lives.
        protocol.parser = SansIO.parse(protocol)
        next(protocol.parser)
        if protocol.extensions:
            # Announced sizes mean nothing now: the parser counts decompressed bytes, over all
            # fragments, with room for a control frame among them. The exact limit is ours.
            limit = self._shared.limits.max_message_size
            protocol.max_message_size = limit + LARGEST_CONTROL_FRAME
            protocol.max_fragment_size = None
        self._framing = Framing.of(protocol)
        if self._framing is None:
            # What a client sends is masked, and nothing is compressed.
            self._reader = reader

    def _receive_rest(self, rest: bytes) -> None:
        if self._phase is _CLOSED or self._transport.is_closing():
            return
        if self._reading:
            self._transport.resume_reading()
        self.data_received(rest)

    def _begin_closing(self) -> None:
        """Wait for the end of TCP, once; the owner's pause is over, to hear the peer's reply."""
        if self._phase is _CLOSING:
            return
        self._phase = _CLOSING
        when = self._shared.clock() + self._shared.limits.closing_timeout
        self._shared.deadlines.set(self, when)
        self._update_reading()

    def _update_reading(self) -> None:
        waiting = self._paused or self._failure is not None
        reading = not self._blocked and not (waiting and self._phase is _OPEN)
        if reading == self._reading or self._transport.is_closing():
            return
        self._reading = reading
        if not reading:
            self._transport.pause_reading()
            return
        self._transport.resume_reading()
        if self._keep_alive is not None:
            # The answer to a ping may have waited for us.
            self._keep_alive.since = self._shared.clock()

    # Deadlines while open.

    def _expire_idle(self, now: float) -> float:
        timeout = self._shared.limits.idle_timeout
        if not timeout:
            return inf
        due = max(self._active_at, self._heard_at) + timeout
        if now < due:
            return due
        self.close(1001, "idle")
        return inf

    def _expire_keep_alive(self, now: float) -> float:
        keep_alive, limits = self._keep_alive, self._shared.limits
        if keep_alive is None or not limits.ping_interval or self._phase is not _OPEN:
            return inf
        if self._paused:
            keep_alive.since = now
            return now + limits.ping_interval
        if not keep_alive.waiting:
            due = keep_alive.since + limits.ping_interval
            if now < due:
                return due
            payload = keep_alive.ping(now)
            if self._sans_io is None:
                self._queue(control_frame(Opcode.PING, payload))
            else:
                self._sans_io.send_ping(payload)
                self._pump()
            self.flush()
            keep_alive.mark = self._written
            return now + limits.ping_timeout
        keep_alive.left(self._written - self._transport.get_write_buffer_size(), now)
        if self._sans_io is not None and self._sans_io.reader.buffer:
            # A pong cannot be put inside a frame (RFC 6455 section 5.4): as long as a large
            # one is coming in, the peer is alive.
            keep_alive.since = max(keep_alive.since, self._heard_at)
        due = keep_alive.since + limits.ping_timeout
        if now < due:
            return due
        logger.debug("%s: no answer to a ping", self)
        self._muted = True
        self._protocol.fail(1011, "keepalive ping timeout")
        self._begin_closing()
        self._pump()
        return inf

    def _pong(self, keep_alive: KeepAlive, payload: bytes) -> None:
        if keep_alive.pong(payload, self._shared.clock()) and self._phase is _OPEN:
            due = keep_alive.since + self._shared.limits.ping_interval
            if due < self.deadline:
                self._shared.deadlines.set(self, due)
