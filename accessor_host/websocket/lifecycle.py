"""The life of one WebSocket connection: its states, its deadlines, how it fails and ends.

:mod:`.states` has the table. What is received and sent in between is :mod:`.connection`.
"""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import Any

from websockets.frames import Close, Opcode

from ..errors import ConnectionFault
from ..net.buckets import Bucket
from ..net.quoting import printable
from ..net.stream import Stream, numbers
from .close_codes import check_close, fitting_reason
from .fast_frames import control_frame
from .framing import Framing
from .group import ConnectionGroup
from .incoming import Incoming
from .keepalive import KeepAlive
from .library import Interruptible, release
from .states import (
    ENDING,
    OPENED,
    PAUSABLE,
    SENDING,
    UNREAD,
    Event,
    LocalError,
    State,
    next_state,
)

__all__ = ["ConnectionLifecycle"]

logger = logging.getLogger("accessor_host.websocket")


class ConnectionLifecycle(Stream):
    """The life of a connection, from its opening handshake to the end of TCP.

    A plain disconnect (end of stream, reset, killed peer) is ordinary: it is reported by
    ``closed`` with 1006 and no fault.

    Args:
        group: what this connection has in common with others.
    """

    __slots__ = (
        "_active_at",
        "_bucket",
        "_failure",
        "_framing",
        "_group",
        "_heard_at",
        "_held",
        "_incoming",
        "_keep_alive",
        "_peer_close",
        "_sans_io",
        "_state",
        "context",
        "id",
        "origin",
        "request_path",
    )

    def __init__(self, group: ConnectionGroup) -> None:
        limits = group.limits
        super().__init__(
            group.flusher, group.shares, limits.write_high_water, limits.max_unsent_bytes
        )
        self.id: int = next(numbers)
        """Number of this connection, unique in the process; in the order in which they open."""
        self.request_path: str = ""
        """Path and query of the handshake request."""
        self.origin: str | None = None
        """Origin that the handshake request named."""
        self.context: Any = None
        """Free for the owner."""
        self._group = group
        self._state = State.OPENING
        self._failure: ConnectionFault | None = None  # what ANSWERING and FAILING hold back
        self._peer_close: Close | None = None  # the peer's close frame, if no protocol has read it
        self._sans_io: Interruptible | None = None  # as long as nothing has needed it
        self._incoming: Incoming | None = None  # once there is a protocol that expects frames
        self._framing: Framing | None = None  # for frames that are masked, or may be compressed
        self._keep_alive: KeepAlive | None = None  # once the handshake is done
        self._held = b""  # what was read beyond the peer's share and is not parsed yet
        self._heard_at = 0.0
        self._active_at = 0.0
        self._bucket: Bucket | None = None  # once open, where messages have a rate

    # What the owner may do.

    @property
    def is_open(self) -> bool:
        """Tell whether messages can be sent; false at once after :meth:`close`."""
        return self._state in SENDING

    @property
    def is_opening(self) -> bool:
        """Tell whether the opening handshake is going on."""
        return self._state is State.OPENING

    def send_text(self, text: str | bytes) -> bool:
        """Send a text message."""
        raise NotImplementedError

    def send_binary(self, data: bytes) -> bool:
        """Send a binary message."""
        raise NotImplementedError

    def ping(self, payload: bytes = b"") -> bool:
        """Send a ping."""
        raise NotImplementedError

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
        if self._state is State.ANSWERING:
            # The peer has broken the rules behind what the owner has just seen: its close code
            # goes first, and tells the peer more than ours.
            self._begin_closing(Event.CLOSE)
        elif self._state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._begin_closing(Event.CLOSE)
            self._pump()

    def resume(self) -> None:
        """Read from the peer again."""
        if self._paused:
            super().resume()
            if self._failure is not None:
                asyncio.get_running_loop().call_soon(self._conclude)

    def resume_writing(self) -> None:
        """Read again once the peer has read, and tell the owner (asyncio)."""
        super().resume_writing()
        if self.is_open:
            self._group.handler.drained(self)

    def abort(self) -> None:
        """Cut TCP; ``closed`` follows."""
        if self._state is not State.CLOSED:
            self._move(Event.ABORT)
            self._transport.abort()

    def state(self) -> str:
        """Describe the connection in one line for people."""
        # Not what follows the question mark: it may be a secret.
        path = printable(self.request_path.partition("?")[0])
        unsent = self._transport.get_write_buffer_size()
        return f"{self}: {self._state.name.lower()}, path {path or '-'}, {unsent} bytes unsent"

    def __str__(self) -> str:
        if not self.remote_host:
            return f"connection {self.id}"
        return f"connection {self.id} from {self.remote_host}:{self.remote_port}"

    # The state.

    def _move(self, event: Event) -> None:
        """Take the step that follows from an event; nothing else changes the state."""
        try:
            self._state = next_state(self._state, event)
        except LocalError as error:
            # A defect of ours, which a peer may have found: it ends this connection, not the
            # process, and whoever runs the loop hears of it.
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"{self}: {error}", "exception": error, "protocol": self}
            )
            self._transport.abort()

    def _begin_closing(self, event: Event) -> None:
        """Wait for the end of TCP; the owner's pause is over, to hear the peer's reply."""
        was_ending = self._state in ENDING
        self._move(event)
        if not was_ending:
            when = self._group.clock() + self._group.limits.closing_timeout
            self._group.deadlines.set(self, when)
            self._update_reading()

    def _wants_to_read(self) -> bool:
        if self._paused and self._state in PAUSABLE:
            return False
        return self._state not in UNREAD

    def _reading_again(self) -> None:
        if self._keep_alive is not None:
            # The answer to a ping may have waited for us.
            self._keep_alive.since = self._group.clock()
        if self._bucket is not None:
            self._bucket.excuse(self._group.limits.message_rate, self._group.clock())

    # The Sans-I/O protocol.

    @property
    def _protocol(self) -> Interruptible:
        """Return the protocol, made when something needs it first.

        A connection that a client opens and closes, and over which only texts go, never does.
        """
        protocol = self._sans_io
        if protocol is None:
            protocol = self._sans_io = self._make_protocol()
            if self._state in OPENED:
                self._expect_frames(protocol)
        return protocol

    def _make_protocol(self) -> Interruptible:
        raise NotImplementedError

    def _expect_frames(self, protocol: Interruptible) -> None:
        self._incoming = Incoming(protocol, self._group.limits)
        self._framing = Framing.of(protocol)

    def _pump(self) -> None:
        """Collect what the protocol wants to send, and end the stream when it says so."""
        for data in self._protocol.data_to_send():
            if data:
                self._queue(data)
            else:
                self._finish()

    # Open.

    def _renumber(self) -> None:
        """Take a number above those of all connections there are."""
        self.id = next(numbers)

    def _begin_open(self, rest: bytes) -> None:
        """Report that the handshake is done.

        Args:
            rest: what came behind it already.
        """
        if self._sans_io is not None:
            self._expect_frames(self._sans_io)
        now = self._group.clock()
        self._move(Event.ACCEPT)
        self._keep_alive = KeepAlive(now)
        self._active_at = now
        limits = self._group.limits
        if limits.message_rate:
            self._bucket = Bucket(limits.message_rate, now)
        due = min(limits.ping_interval or inf, limits.idle_timeout or inf)
        self._group.deadlines.set(self, now + due)
        logger.debug("%s: open", self)
        self._group.handler.opened(self)
        if rest and not self._transport.is_closing():
            # Not at once: a handler that is a coroutine attaches its listeners in its first
            # step, which the loop runs before this.
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._receive_rest, rest)

    def _receive_rest(self, rest: bytes) -> None:
        if self._state is State.CLOSED or self._transport.is_closing():
            return
        if self._reading:
            self._transport.resume_reading()
        self.data_received(rest)

    # Failing.

    def _violated(self, fault: ConnectionFault) -> None:
        """Take that the peer has broken a rule; the first time counts."""
        if self._failure is None:
            # What it was raised for leads to the message, and to us.
            fault.__traceback__ = fault.__context__ = None
            self._failure = fault
            self._move(Event.VIOLATE)

    def _hold_back(self, fault: ConnectionFault) -> None:
        """Fail once the owner had the chance to answer what came before the violation.

        An owner may answer in the next iteration of the loop, as scripts do; the call that is
        scheduled here is behind its own. One who is behind has paused us, or does so when it hears
        of the violation: then we wait for ``resume``, though not for ever. Until then messages can
        be sent, and nothing is read.
        """
        # Takes no more input. Its close frame, already made or made here, is not yet collected.
        self._protocol.fail(fault.close_code, fitting_reason(fault.reason))
        self._drop_unread()
        if self._state is State.ANSWERING:
            when = self._group.clock() + self._group.limits.closing_timeout
            self._group.deadlines.set(self, when)
        self._update_reading()
        asyncio.get_running_loop().call_soon(self._conclude)

    def _conclude(self) -> None:
        if self._state is State.ANSWERING and not self._paused:
            self._group.handler.violated(self)
        if not (self._paused and self._state is State.ANSWERING):
            self._fail_now()

    def _fail_now(self) -> None:
        """Fail if there is a violation that was held back."""
        if self._failure is not None:
            self._fail(self._failure)

    def _fail(self, fault: ConnectionFault) -> None:
        """Fail the connection (RFC 6455 section 7.1.7) and say why."""
        logger.debug("%s: %s", self, fault)
        self._group.refusals[fault.code] += 1
        self._failure = None
        self._protocol.fail(fault.close_code, fitting_reason(fault.reason))
        self._begin_closing(Event.FAIL)
        self._pump()
        self._group.handler.fault(self, fault)

    # The end.

    def eof_received(self) -> None:
        """Take the end of the peer's bytes; the transport closes by itself (asyncio)."""
        self._fail_now()
        if self._incoming is not None:
            self._incoming.begin_share()
        if self._sans_io is not None:
            self._sans_io.receive_eof()
        if self._state is not State.CLOSED:
            self._begin_closing(Event.END)
        if self._sans_io is not None:
            self._pump()
        else:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end: TCP is gone (asyncio)."""
        self._fail_now()
        was_opened = self._state in OPENED
        self._move(Event.LOSE)
        self._pending.clear()
        self._group.deadlines.forget(self)
        self._shares.leave(self)
        if exc is not None:
            logger.debug("%s: connection lost: %s", self, exc)
        if was_opened:
            close, protocol = self._peer_close, self._sans_io
            if protocol is not None:
                close = protocol.close_rcvd or protocol.close_sent
            code, reason = (int(close.code), close.reason) if close else (1006, "")
            self._group.handler.closed(self, code, reason)
        self._drop_unread()
        if self._sans_io is not None:
            release(self._sans_io)
            self._sans_io = self._incoming = self._framing = None

    def _drop_unread(self) -> None:
        """Let go of what came and is not read to its end."""
        self._held = b""
        if self._incoming is not None:
            self._incoming.forget()

    # Deadlines.

    def expire(self, now: float) -> None:
        """Act on the deadline that has passed.

        Args:
            now: loop time in seconds.
        """
        if self._state is State.ANSWERING:
            self._fail_now()
        elif self._state is State.OPEN:
            due = min(self._expire_idle(now), self._expire_keep_alive(now))
            if self._state is State.OPEN:
                self._group.deadlines.set(self, due)
        else:
            missing = "opening" if self._state is State.OPENING else "closing"
            logger.debug("%s: no %s in time; dropped", self, missing)
            self._group.refusals[f"late {missing}"] += 1
            self.abort()

    def _expire_idle(self, now: float) -> float:
        timeout = self._group.limits.idle_timeout
        if not timeout:
            return inf
        if self._paused or self._waits:
            return now + timeout  # it has sent something, perhaps, that we have not looked at
        due = max(self._active_at, self._heard_at, self._group.deadlines.woke) + timeout
        if now < due:
            return due
        self._group.refusals["idle"] += 1
        self.close(1001, "idle")
        return inf

    def _expire_keep_alive(self, now: float) -> float:
        keep_alive, limits = self._keep_alive, self._group.limits
        if keep_alive is None or not limits.ping_interval or self._state is not State.OPEN:
            return inf
        if self._paused or self._waits:
            # It is not the peer's fault that it is not heard.
            keep_alive.since = now
            return now + limits.ping_interval
        if not keep_alive.waiting:
            due = keep_alive.since + limits.ping_interval
            if now < due:
                return due
            self._ping(keep_alive, now)
            return now + limits.ping_timeout
        keep_alive.since = max(keep_alive.since, self._group.deadlines.woke)
        keep_alive.left(self._written - self._transport.get_write_buffer_size(), now)
        if self._incoming is not None and self._incoming.is_inside_frame:
            # A pong cannot be put inside a frame (RFC 6455 section 5.4): as long as a large
            # one is coming in, the peer is alive.
            keep_alive.since = max(keep_alive.since, self._heard_at)
        due = keep_alive.since + limits.ping_timeout
        if now < due:
            return due
        logger.debug("%s: no answer to a ping", self)
        self._group.refusals["late pong"] += 1
        self._protocol.fail(1011, "keepalive ping timeout")
        self._begin_closing(Event.CLOSE)
        self._pump()
        return inf

    def _ping(self, keep_alive: KeepAlive, now: float) -> None:
        payload = keep_alive.ping(now)
        if self._sans_io is None:
            self._queue(control_frame(Opcode.PING, payload))
        else:
            self._sans_io.send_ping(payload)
            self._pump()
        self.flush()
        keep_alive.mark = self._written

    def _pong(self, payload: bytes) -> None:
        keep_alive = self._keep_alive
        if keep_alive is None:
            return
        if not keep_alive.pong(payload, self._group.clock()):
            if keep_alive.answer(payload):
                self._group.handler.ponged(self, bytes(payload))
            return
        if self._state is State.OPEN:
            due = keep_alive.since + self._group.limits.ping_interval
            if due < self.deadline:
                self._group.deadlines.set(self, due)
