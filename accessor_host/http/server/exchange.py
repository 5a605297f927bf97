"""One connection of an HTTP server, as its owner sees it: a request, and the answer to it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterable
from enum import Enum
from math import inf
from typing import Any

from ...net.stream import Stream
from . import answers
from .group import HttpGroup
from .heads import Head

__all__ = ["Exchange", "State"]

logger = logging.getLogger("accessor_host.http")

_SHORT = 4 * 1024
"""Bytes of a body that is copied behind its head at once."""

_ids = itertools.count(1)


class State(Enum):
    """What a connection does."""

    HEAD = "waits for a request"
    BODY = "reads a body"
    ANSWER = "waits for an answer"
    CLOSING = "closing"


class Exchange(Stream):
    """The outgoing half of a connection that a client opens, and what both halves know.

    It serves one request at a time: what a client sends before it has its answer waits, so that
    answers come in order and few bytes are held.

    Args:
        group: what this connection has in common with others of its listener.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_charged",
        "_ended_by_peer",
        "_group",
        "_is_reading_on",
        "_scanned",
        "_state",
        "_unsent_seen",
        "context",
        "drained",
        "head",
        "host",
        "id",
        "proxy",
        "refused",
        "request",
    )

    def __init__(self, group: HttpGroup) -> None:
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
        self.proxy: tuple[str, int] | None = None
        """Address and port of the trusted proxy that has opened it, if one has; the register tells.
        ``remote_host`` is then about the client whose request waits for an answer."""
        self.refused = b""
        """The only answer that this client gets; the register decides."""
        self.context: Any = None
        """Free for the owner, as long as a request waits for an answer."""
        self.drained: asyncio.Future[None] | None = None
        """Is done once the client has read enough, for who sends an answer in pieces."""
        self._group = group
        self._state = State.HEAD
        self._buffer: bytes | bytearray = b""
        self._scanned = 0  # bytes of it in which no head ends
        self._body: bytearray | None = None  # of a request in chunks
        self._charged = 0  # bytes of a body that count for all connections together
        self._ended_by_peer = False
        self._is_reading_on = False
        self._unsent_seen = 0

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
        from ...net.tls.peer_certificate import describe

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
        head = self.head
        if status in answers.NO_BODY or (head is not None and head.method == "HEAD"):
            self.begin(status, fields, len(body))
        elif len(body) > _SHORT:
            self.begin(status, fields, len(body))
            self._queue(body)
        else:
            start = answers.head_of(status, fields, len(body), closes=not self._goes_on)
            self._queue(start + body)
            self._unsent_seen = 0
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
        self._state = State.HEAD
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
        if self._state is State.CLOSING:
            return
        if self._state is State.HEAD and not self._buffer:
            self._begin_closing()
        elif self.request and self.drained is not None:
            self._transport.abort()
        else:
            self._reject(503, "This server stops.", counts=False)

    @property
    def is_gone(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing() or self._state is State.CLOSING

    def state(self) -> str:
        """Describe the connection in one line for people."""
        method = "" if self.head is None else f", {self.head.method}"
        return f"{self}: {self._state.value}{method}, {self.unsent_bytes} bytes unsent"

    def __str__(self) -> str:
        if not self.remote_host:
            return f"connection {self.id}"
        return f"connection {self.id} from {self.remote_host}:{self.remote_port}"

    # The end.

    def expire(self, now: float) -> None:
        """Act on the deadline that has passed."""
        limits, state = self._group.limits, self._state
        if state is State.CLOSING:
            self._transport.abort()
        elif (unsent := self.unsent_bytes) > 0:
            # A large answer, and a slow client: it is cut once it does not read at all.
            if unsent == self._unsent_seen:
                self._note("late reading")
                self._transport.abort()
                return
            self._unsent_seen = unsent
            self._expire_in(limits.idle_timeout)
        elif state is State.ANSWER:
            self._note("no answer")
            self._reject(500, "This server did not answer in time.", counts=False)
        elif state is State.BODY:
            self._note("late body")
            self._reject(408, "The request did not come to its end in time.", counts=False)
        elif self._buffer:
            self._note("late head")
            self._reject(408, "The request did not come to its end in time.", counts=False)
        else:
            # Nothing was asked; nothing is answered.
            self._begin_closing()

    @property
    def _goes_on(self) -> bool:
        """Whether another request may follow on this connection."""
        head = self.head
        return head is not None and head.keeps_alive and not self._group.is_stopping

    def _reject(self, status: int, text: str, *, counts: bool = True) -> None:
        """Answer what cannot be served, and end the connection."""
        if self._state is State.CLOSING:
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
        if self._state is State.BODY or self._buffer:
            self._reject(400, "The request ended in the middle.")
        else:
            self._begin_closing()

    def _begin_closing(self) -> None:
        """End the stream; the client has some time to read what was sent."""
        self._state = State.CLOSING
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
