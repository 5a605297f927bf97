"""One connection of an HTTP server: requests one after another, and an answer to each."""

from __future__ import annotations

import asyncio
from typing import Protocol

import h11

from ...net.shares import SHARE_FRAMES
from . import answers
from .exchange import Exchange, State
from .group import HttpGroup
from .heads import BadRequestError, Head

__all__ = ["MAX_EARLY_BYTES", "HttpConnection", "Register"]

MAX_EARLY_BYTES = 64 * 1024
"""Bytes of further requests that a client may send before it has its answer, give or take a read;
then it is not read."""

_TLS_HANDSHAKE = b"\x16"
"""First byte of a TLS record of type handshake (RFC 8446 section 5.1)."""

_FIRST = 16
"""Bytes that tell what a client speaks."""


class Register(Protocol):
    """Who keeps the connections of a server: its listener."""

    def add(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> None:
        """Take a connection that has its TCP; refuse it or cut it when there are too many."""

    def remove(self, connection: HttpConnection) -> None:
        """Take that a connection is gone, or is another server's now."""

    def identify(self, connection: HttpConnection, forwarded: str) -> None:
        """Note for which client a trusted proxy sends a request; refuse it when it has too many.

        Args:
            connection: the proxy's.
            forwarded: the fields ``X-Forwarded-For``, joined with commas.
        """

    def release(self, connection: HttpConnection) -> None:
        """Take that the request of a trusted proxy's client needs no answer any more."""


class HttpConnection(Exchange):
    """A connection that a client opens.

    It serves one request at a time: what a client sends before it has its answer waits, so that
    answers come in order and few bytes are held.

    Args:
        group: what this connection has in common with others of its listener.
        register: keeps it.
    """

    __slots__ = ("_register",)

    def __init__(self, group: HttpGroup, register: Register) -> None:
        super().__init__(group)
        self._register = register

    # What asyncio says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the client its time for a request (asyncio)."""
        super().connection_made(transport)
        self._register.add(self, transport)
        self._expire_in(self._group.limits.head_timeout)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client (asyncio)."""
        state = self._state
        if state is State.CLOSING:
            return
        if not self._buffer:
            if state is State.HEAD and self._scanned == 0 and self.request == 0:
                self._expire_in(self._group.limits.head_timeout)
            self._buffer = data
        else:
            if not isinstance(self._buffer, bytearray):
                self._buffer = bytearray(self._buffer)
            self._buffer += data
        if state is State.ANSWER or self._blocked or self._waits:
            self._update_reading()
        else:
            self._read_on()

    def eof_received(self) -> bool:
        """Take that the client sends no more; it may still read (asyncio)."""
        self._ended_by_peer = True
        if self._state is State.CLOSING:
            return False
        if self._state is not State.ANSWER and not self._waits:
            self._end_early()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that TCP is gone (asyncio)."""
        self._register.remove(self)
        self._group.deadlines.forget(self)
        self._group.shares.leave(self)
        self._state = State.CLOSING
        self._buffer = b""
        self._abandon()
        self._wake()

    def resume_writing(self) -> None:
        """Go on once the client has read (asyncio)."""
        super().resume_writing()
        self._wake()
        if self._state in (State.HEAD, State.BODY) and self._buffer:
            self._read_on()

    # Reading.

    def _wants_to_read(self) -> bool:
        if self._state is State.ANSWER and len(self._buffer) > MAX_EARLY_BYTES:
            return False
        return super()._wants_to_read()

    def _handle_share(self) -> None:
        self._read_on()

    def _read_on(self) -> None:
        """Take requests from what was read, as long as each is answered at once."""
        self._is_reading_on = True
        try:
            for _ in range(SHARE_FRAMES):
                if self._blocked or not self._read_some():
                    break
            else:
                self._wait_for_share()
                return
        except BadRequestError as error:
            self._reject(error.status, error.reason)
        finally:
            self._is_reading_on = False
        if self._ended_by_peer and self._state in (State.HEAD, State.BODY):
            if not self._blocked:
                self._end_early()
        else:
            self._update_reading()

    def _read_some(self) -> bool:
        """Take the next part of what was read; false when it has none."""
        if self._state is State.HEAD:
            return self._read_head()
        if self._state is State.BODY:
            return self._read_chunks() if self._body is not None else self._read_body()
        return False

    def _read_head(self) -> bool:
        buffer = self._buffer
        if buffer[:1] in (b"\r", b"\n"):
            # RFC 9112 section 2.2: empty lines before a request are to be ignored.
            buffer = self._buffer = buffer.lstrip(b"\r\n")
        if not buffer:
            self._scanned = 0
            return False
        limit = self._group.limits.max_head_size
        end = _end_of_head(buffer, self._scanned)
        if (end or len(buffer)) > limit:
            self._check_start(buffer)
            raise BadRequestError(431, f"The head of a request may have {limit} bytes.")
        if not end:
            if self._scanned < _FIRST:
                self._check_start(buffer)
            self._scanned = max(1, len(buffer) - 3)
            return False
        data, self._buffer, self._scanned = bytes(buffer[:end]), buffer[end:], 0
        if self.refused:
            self._refuse()
            return False
        if data[:1] == _TLS_HANDSHAKE or not answers.starts_like_http(data[:_FIRST]):
            self._check_start(data)
        head = self._group.read_head(data)
        if head.wants_web_socket and self._hand_over(head, data):
            return False
        if self.proxy is not None and not self._may_ask(head):
            return False
        self.head = head
        self._begin_body(head)
        return self._state is not State.CLOSING

    def _check_start(self, buffer: bytes | bytearray) -> None:
        start = bytes(buffer[:_FIRST])
        if start[:1] == _TLS_HANDSHAKE:
            self._note("TLS on a plain port")
            self._transport.abort()
            self._state = State.CLOSING
            raise BadRequestError(400, "This port does not speak TLS.")
        if not answers.starts_like_http(start):
            raise BadRequestError(400, "What came is no HTTP request.")

    def _begin_body(self, head: Head) -> None:
        limits = self._group.limits
        if head.length == 0:
            self._dispatch(b"")
            return
        if head.length is not None and head.length > limits.max_body_size:
            raise BadRequestError(413, f"A request may have {limits.max_body_size} bytes.")
        self._state = State.BODY
        self._body = bytearray() if head.length is None else None
        if head.expects and not self._buffer:
            self._queue(answers.CONTINUE)
        self._expire_in(limits.body_timeout)

    def _read_body(self) -> bool:
        head, buffer = self.head, self._buffer
        if head is None or head.length is None:
            return False
        length = head.length
        self._charge(min(len(buffer), length))
        if len(buffer) < length:
            return False
        if len(buffer) == length:
            body, self._buffer = bytes(buffer), b""
        else:
            body, self._buffer = bytes(buffer[:length]), buffer[length:]
        self._dispatch(body)
        return True

    def _read_chunks(self) -> bool:
        head, body = self.head, self._body
        if head is None or head.parser is None or body is None:
            return False
        parser = head.parser
        try:
            if self._buffer:
                parser.receive_data(bytes(self._buffer))
                self._buffer = b""
            event = parser.next_event()
        except h11.RemoteProtocolError:
            raise BadRequestError(400, "The chunks of the body are none.") from None
        if isinstance(event, h11.Data):
            body += event.data
            if len(body) > self._group.limits.max_body_size:
                limit = self._group.limits.max_body_size
                raise BadRequestError(413, f"A request may have {limit} bytes.")
            self._charge(len(body))
            return True
        if isinstance(event, h11.EndOfMessage):
            self._buffer = parser.trailing_data[0]
            self._body = head.parser = None
            self._dispatch(bytes(body))
            return True
        return False

    def _charge(self, size: int) -> None:
        """Count bytes of a body for all connections together."""
        group = self._group
        group.held += size - self._charged
        self._charged = size
        if group.held > group.limits.max_held_bytes:
            raise BadRequestError(503, "This server has too much to do. Try again later.")

    def _dispatch(self, body: bytes) -> None:
        self._state = State.ANSWER
        self.request = next(self._group.requests)
        self._expire_in(self._group.limits.answer_timeout)
        self._group.handler.requested(self, body)

    def _may_ask(self, head: Head) -> bool:
        """Tell whether the client of a trusted proxy is not refused."""
        self._register.identify(self, head.fields.get("x-forwarded-for", ""))
        if self.refused:
            self._refuse()
        return not self.refused

    def _settle(self) -> None:
        super()._settle()
        if self.proxy is not None:
            self._register.release(self)

    def _hand_over(self, head: Head, data: bytes) -> bool:
        door = self._group.door
        if door is None or not door.has_guests:
            return False
        self.flush()
        data += self._buffer
        self._buffer, self._state = b"", State.CLOSING
        self._register.remove(self)
        self._group.deadlines.forget(self)
        if not self._reading and not self._transport.is_closing():
            self._transport.resume_reading()
        door.hand_over(self._transport, head.path, data)
        return True


def _end_of_head(buffer: bytes | bytearray, start: int) -> int:
    """Return how many bytes the head has; 0 while it has no end.

    A line may end without CR (RFC 9112 section 2.2), so an end may come before one with it.
    """
    end = buffer.find(b"\n\r\n", start)
    end = end + 3 if end >= 0 else 0
    bare = buffer.find(b"\n\n", start, end or len(buffer))
    return bare + 2 if bare >= 0 else end
