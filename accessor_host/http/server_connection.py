"""One connection of an HTTP server: requests one after another, and an answer to each."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Iterable
from enum import Enum
from math import inf
from typing import Any, Protocol

import h11

from ..net.shares import SHARE_FRAMES
from ..net.stream import Stream
from . import server_answers as answers
from .server_group import HttpGroup
from .server_heads import BadRequestError, Head, read_head

__all__ = ["MAX_EARLY_BYTES", "HttpConnection", "Register"]

logger = logging.getLogger("accessor_host.http")

MAX_EARLY_BYTES = 64 * 1024
"""Bytes of further requests that a client may send before it has its answer, give or take a read;
then it is not read."""

_END = re.compile(rb"\n\r?\n")
"""End of a head; a line may end without CR (RFC 9112 section 2.2)."""

_TLS_HANDSHAKE = b"\x16"
"""First byte of a TLS record of type handshake (RFC 8446 section 5.1)."""

_FIRST = 16
"""Bytes that tell what a client speaks."""

_ids = itertools.count(1)


class _State(Enum):
    HEAD = "waits for a request"
    BODY = "reads a body"
    ANSWER = "waits for an answer"
    CLOSING = "closing"


class Register(Protocol):
    """Who keeps the connections of a server: its listener."""

    def add(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> None:
        """Take a connection that has its TCP; refuse it or cut it when there are too many."""

    def remove(self, connection: HttpConnection) -> None:
        """Take that a connection is gone, or is another server's now."""


class HttpConnection(Stream):
    """A connection that a client opens.

    It serves one request at a time: what a client sends before it has its answer waits, so that
    answers come in order and few bytes are held.

    Args:
        group: what this connection has in common with others of its listener.
        register: keeps it.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_charged",
        "_ended_by_peer",
        "_group",
        "_is_reading_on",
        "_register",
        "_scanned",
        "_state",
        "_unsent_seen",
        "context",
        "drained",
        "head",
        "host",
        "id",
        "refused",
        "request",
    )

    def __init__(self, group: HttpGroup, register: Register) -> None:
        limits = group.limits
        super().__init__(
            group.flusher, group.shares, limits.high_water_mark, limits.max_unsent_bytes
        )
        self.id = next(_ids)
        """Number of this connection, unique in the process."""
        self.request = 0
        """Number of the request that waits for an answer, unique in the process; 0 for none."""
        self.head: Head | None = None
        """Head of the request that is read, or that waits for an answer."""
        self.host = ""
        """The host for which the register counts it; empty while it does not."""
        self.refused = b""
        """The only answer that this client gets; the register decides."""
        self.context: Any = None
        """Free for the owner, as long as a request waits for an answer."""
        self.drained: asyncio.Future[None] | None = None
        """Is done once the client has read enough, for who sends an answer in pieces."""
        self._group = group
        self._register = register
        self._state = _State.HEAD
        self._buffer: bytes | bytearray = b""
        self._scanned = 0  # bytes of it in which no head ends
        self._body: bytearray | None = None  # of a request in chunks
        self._charged = 0  # bytes of a body that count for all connections together
        self._ended_by_peer = False
        self._is_reading_on = False
        self._unsent_seen = 0

    # What asyncio says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the client its time for a request (asyncio)."""
        super().connection_made(transport)
        self._register.add(self, transport)
        self._expire_in(self._group.limits.head_timeout)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client (asyncio)."""
        state = self._state
        if state is _State.CLOSING:
            return
        if not self._buffer:
            if state is _State.HEAD and self._scanned == 0 and self.request == 0:
                self._expire_in(self._group.limits.head_timeout)
            self._buffer = data
        else:
            if not isinstance(self._buffer, bytearray):
                self._buffer = bytearray(self._buffer)
            self._buffer += data
        if state is _State.ANSWER or self._blocked or self._waits:
            self._update_reading()
        else:
            self._read_on()

    def eof_received(self) -> bool:
        """Take that the client sends no more; it may still read (asyncio)."""
        self._ended_by_peer = True
        if self._state is _State.CLOSING:
            return False
        if self._state is not _State.ANSWER and not self._waits:
            self._end_early()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that TCP is gone (asyncio)."""
        self._register.remove(self)
        self._group.deadlines.forget(self)
        self._group.shares.leave(self)
        self._state = _State.CLOSING
        self._buffer = b""
        self._abandon()
        self._wake()

    def resume_writing(self) -> None:
        """Go on once the client has read (asyncio)."""
        super().resume_writing()
        self._wake()
        if self._state in (_State.HEAD, _State.BODY) and self._buffer:
            self._read_on()

    def expire(self, now: float) -> None:
        """Act on the deadline that has passed."""
        limits, state = self._group.limits, self._state
        if state is _State.CLOSING:
            self._transport.abort()
        elif (unsent := self.unsent_bytes) > 0:
            # A large answer, and a slow client: it is cut once it does not read at all.
            if unsent == self._unsent_seen:
                self._note("late reading")
                self._transport.abort()
                return
            self._unsent_seen = unsent
            self._expire_in(limits.idle_timeout)
        elif state is _State.ANSWER:
            self._note("no answer")
            self._reject(500, "This server did not answer in time.", counts=False)
        elif state is _State.BODY:
            self._note("late body")
            self._reject(408, "The request did not come to its end in time.", counts=False)
        elif self._buffer:
            self._note("late head")
            self._reject(408, "The request did not come to its end in time.", counts=False)
        else:
            # Nothing was asked; nothing is answered.
            self._begin_closing()

    # What the owner may do.

    @property
    def is_secure(self) -> bool:
        """Whether it goes over TLS."""
        return self._transport.get_extra_info("ssl_object") is not None

    def client_certificate(self) -> dict[str, object] | None:
        """Return the certificate that the client has shown and that was verified, if any."""
        tls = self._transport.get_extra_info("ssl_object")
        if tls is None or not tls.getpeercert():
            return None
        # Imported late: most servers ask for none.
        from ..net.tls.peer_certificate import describe

        return describe(tls)

    def answer(self, status: int, fields: Iterable[tuple[str, str]], body: bytes) -> bool:
        """Answer the request.

        Args:
            status: 200 to 599.
            fields: names and values, checked.
            body: all of it.

        Returns:
            False when it is too large; then the client gets a 500.
        """
        if len(body) > self._group.limits.max_unsent_bytes:
            self._reject(500, "The answer of this server is too large.", counts=False)
            return False
        self.begin(status, fields, len(body))
        head = self.head
        if body and status not in answers.NO_BODY and (head is None or head.method != "HEAD"):
            self._queue(body)
        self.end()
        return True

    def begin(self, status: int, fields: Iterable[tuple[str, str]], length: int) -> None:
        """Begin an answer; :meth:`write` and :meth:`end` follow.

        Args:
            status: 200 to 599.
            fields: names and values, checked.
            length: bytes that its body has.
        """
        self._queue(answers.head_of(status, fields, length, closes=not self._goes_on))
        self._unsent_seen = 0

    def write(self, piece: bytes) -> asyncio.Future[None] | None:
        """Send a piece of an answer.

        Returns:
            What to wait for before the next one; None when the client reads fast enough.
        """
        self._queue(piece)
        self.flush()
        self._expire_in(self._group.limits.idle_timeout)
        if not self._blocked:
            return None
        self.drained = asyncio.get_running_loop().create_future()
        return self.drained

    def end(self) -> None:
        """Take that the answer is complete."""
        goes_on = self._goes_on
        self._settle()
        if not goes_on:
            self._begin_closing()
            return
        self._state = _State.HEAD
        self._expire_in(self._group.limits.idle_timeout)
        if self._buffer and not self._is_reading_on:
            # Not at once: who answers has other answers to give.
            self._wait_for_share()
        elif self._ended_by_peer and not self._buffer:
            self._begin_closing()
        else:
            self._update_reading()

    def cut(self) -> None:
        """Cut TCP: an answer cannot be completed."""
        self._transport.abort()

    def retire(self) -> None:
        """End the connection: the server stops. Who waits for an answer gets a 503."""
        if self._state is _State.CLOSING:
            return
        if self._state is _State.HEAD and not self._buffer:
            self._begin_closing()
        elif self.request and self.drained is not None:
            self._transport.abort()
        else:
            self._reject(503, "This server stops.", counts=False)

    @property
    def is_gone(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing() or self._state is _State.CLOSING

    def state(self) -> str:
        """Describe the connection in one line for people."""
        method = "" if self.head is None else f", {self.head.method}"
        return f"{self}: {self._state.value}{method}, {self.unsent_bytes} bytes unsent"

    def __str__(self) -> str:
        if not self.remote_host:
            return f"connection {self.id}"
        return f"connection {self.id} from {self.remote_host}:{self.remote_port}"

    # Reading.

    def _wants_to_read(self) -> bool:
        if self._state is _State.ANSWER and len(self._buffer) > MAX_EARLY_BYTES:
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
        if self._ended_by_peer and self._state in (_State.HEAD, _State.BODY):
            if not self._blocked:
                self._end_early()
        else:
            self._update_reading()

    def _read_some(self) -> bool:
        """Take the next part of what was read; false when it has none."""
        if self._state is _State.HEAD:
            return self._read_head()
        if self._state is _State.BODY:
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
        end = buffer.find(b"\r\n\r\n", self._scanned)
        end = end + 4 if end >= 0 else 0
        if not end and (found := _END.search(buffer, self._scanned)) is not None:
            end = found.end()
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
        head = read_head(data, self._group.limits.max_fields)
        if head.wants_web_socket and self._hand_over(head, data):
            return False
        self.head = head
        self._begin_body(head)
        return self._state is not _State.CLOSING

    def _check_start(self, buffer: bytes | bytearray) -> None:
        start = bytes(buffer[:_FIRST])
        if start[:1] == _TLS_HANDSHAKE:
            self._note("TLS on a plain port")
            self._transport.abort()
            self._state = _State.CLOSING
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
        self._state = _State.BODY
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
        self._state = _State.ANSWER
        self.request = next(self._group.requests)
        self._expire_in(self._group.limits.answer_timeout)
        self._group.handler.requested(self, body)

    def _hand_over(self, head: Head, data: bytes) -> bool:
        door = self._group.door
        if door is None or not door.has_guests:
            return False
        self.flush()
        data += self._buffer
        self._buffer, self._state = b"", _State.CLOSING
        self._register.remove(self)
        self._group.deadlines.forget(self)
        if not self._reading and not self._transport.is_closing():
            self._transport.resume_reading()
        door.hand_over(self._transport, head.path, data)
        return True

    # The end.

    @property
    def _goes_on(self) -> bool:
        """Whether another request may follow on this connection."""
        head = self.head
        return head is not None and head.keeps_alive and not self._group.is_stopping

    def _reject(self, status: int, text: str, *, counts: bool = True) -> None:
        """Answer what cannot be served, and end the connection."""
        if self._state is _State.CLOSING:
            return
        if counts:
            self._note(f"HTTP {status}")
        is_head = self.head is not None and self.head.method == "HEAD"
        self._queue(answers.plain(status, text, is_head=is_head, retry=10 * (status == 503)))
        self._begin_closing()

    def _refuse(self) -> None:
        self._queue(self.refused)
        self._begin_closing()

    def _end_early(self) -> None:
        """Act on that a client ends its stream where it should go on."""
        if self._state is _State.BODY or self._buffer:
            self._reject(400, "The request ended in the middle.")
        else:
            self._begin_closing()

    def _begin_closing(self) -> None:
        """End the stream; the client has some time to read what was sent."""
        self._state = _State.CLOSING
        self._buffer = b""
        self._abandon()
        self._wake()
        self._expire_in(self._group.limits.closing_timeout)
        self._update_reading()
        self._finish()
        if self._ended_by_peer and not self._transport.is_closing():
            self._transport.close()

    def _settle(self) -> None:
        """Forget the request: it has its answer, or will have none."""
        self._group.held -= self._charged
        self._charged = 0
        self.request = 0
        self.head = self._body = self.context = None

    def _abandon(self) -> None:
        if self.request:
            self._group.handler.abandoned(self)
        self._settle()

    def _wake(self) -> None:
        drained, self.drained = self.drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _note(self, kind: str) -> None:
        logger.debug("%s: %s", self, kind)
        self._group.refusals[kind] += 1

    def _expire_in(self, seconds: float) -> None:
        group = self._group
        group.deadlines.set(self, group.clock() + seconds if seconds else inf)
