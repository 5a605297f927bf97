"""Requests to bytes, and bytes to answers: h11 with limits (RFC 9112)."""

from __future__ import annotations

import re
from typing import Final

import h11

from ..net.quoting import printable
from .client_failures import RequestError
from .client_settings import Head

__all__ = ["END", "LARGEST_HEAD", "MAX_ANSWER_FIELDS", "MAX_INFORMATIONAL", "ClientWire"]

LARGEST_HEAD = 64 * 1024
"""Most bytes before the end of an answer's head, or of a chunk's; no server sends this many."""

MAX_ANSWER_FIELDS = 256
"""Header fields of an answer: some ten are usual."""

MAX_INFORMATIONAL = 16
"""Interim answers (1xx) before the real one: two are a lot."""

_SLICE = 16 * 1024
"""Bytes that are parsed at a time: what they can cost is bounded before more is looked at."""

_HTTP = b"HTTP/1."

_BLANK_LINE = re.compile(rb"\n\r?\n")


class _End:
    """The end of an answer."""


END: Final = _End()


class ClientWire:
    """What is said on one connection."""

    __slots__ = ("_ended", "_h11", "_informational", "_lines", "_start", "_tail", "_unread")

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        self._unread = bytearray()
        self._ended = False
        self._start: bytes | None = b""  # of the answer, until its head is complete
        self._tail = b""
        self._lines = 0
        self._informational = 0

    @property
    def is_between(self) -> bool:
        """Tell whether a request may be sent: nothing came that was not asked for."""
        if self._unread or self._ended or self._h11.trailing_data[0]:
            return False
        return self._h11.our_state is h11.IDLE

    @property
    def has_answer(self) -> bool:
        """Tell whether a byte of an answer to the last request has come."""
        return self._start != b"" or bool(self._unread)

    def request(
        self, method: str, target: str, fields: list[tuple[str, str]], body: bytes | None
    ) -> bytes:
        """Return the bytes of a request.

        Args:
            method: of the request.
            target: path and query.
            fields: all of them, those of its framing too.
            body: what is sent behind them.

        Raises:
            RequestError: they make no request.
        """
        wire = self._h11
        self._start, self._tail, self._lines, self._informational = b"", b"", 0, 0
        try:
            data = wire.send(h11.Request(method=method, target=target, headers=fields)) or b""
            if body:
                data += wire.send(h11.Data(body)) or b""
            return data + (wire.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError as error:
            raise RequestError("HTTP_BAD_REQUEST", f"it makes no request: {error}") from None

    def receive(self, data: bytes) -> None:
        """Take bytes of the server."""
        self._unread += data

    def receive_end(self) -> None:
        """Take that no more comes."""
        self._ended = True

    def next_event(self) -> Head | bytes | _End | None:
        """Return what comes next of the answer; None needs more bytes.

        Raises:
            RequestError: it is no HTTP, or too large; or its end came too early.
        """
        wire = self._h11
        while True:
            try:
                event = wire.next_event()
            except h11.RemoteProtocolError as error:
                raise self._fault(error) from None
            kind = type(event)
            if kind is h11.Data:
                return bytes(event.data)  # type: ignore[union-attr]
            if event is h11.NEED_DATA:
                if not self._feed():
                    return None
            elif kind is h11.Response:
                return self._head(event)  # type: ignore[arg-type]
            elif kind is h11.InformationalResponse:
                self._informational += 1
                if self._informational > MAX_INFORMATIONAL:
                    raise RequestError(
                        "HTTP_BAD_ANSWER", f"more than {MAX_INFORMATIONAL} interim answers came"
                    )
            elif kind is h11.EndOfMessage:
                if wire.our_state is h11.DONE and wire.their_state is h11.DONE:
                    wire.start_next_cycle()
                return END
            else:
                raise RequestError("ECONNRESET", "the server ended the connection")

    def _feed(self) -> bool:
        unread = self._unread
        if not unread:
            if self._ended:
                self._h11.receive_data(b"")
                return True
            return False
        piece = bytes(unread[:_SLICE])
        del unread[:_SLICE]
        if self._start is not None:
            self._look_at_head(piece)
        self._h11.receive_data(piece)
        return True

    def _look_at_head(self, piece: bytes) -> None:
        # Before h11 does: it would wait for a line's end, and parse any number of lines.
        self._start = start = ((self._start or b"") + piece[: len(_HTTP)])[: len(_HTTP)]
        if not _HTTP.startswith(start):
            raise RequestError(
                "HTTP_BAD_ANSWER", f"the server does not speak HTTP/1.1; it sent {piece[:24]!r}"
            )
        known = self._tail + piece
        end = _BLANK_LINE.search(known)
        self._lines += known.count(b"\n", len(self._tail), end.start() if end else len(known))
        self._tail = known[-2:]
        if self._lines > MAX_ANSWER_FIELDS + MAX_INFORMATIONAL:
            raise _too_many_fields()

    def _head(self, response: h11.Response) -> Head:
        self._start = None
        if len(response.headers) > MAX_ANSWER_FIELDS:
            raise _too_many_fields()
        return Head(
            response.status_code,
            response.reason.decode("latin-1"),
            [(name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers],
        )

    def _fault(self, error: h11.RemoteProtocolError) -> RequestError:
        if self._ended and not self._unread:
            where = "without an answer" if self._start == b"" else "in the middle of its answer"
            return RequestError("ECONNRESET", f"the server ended the connection {where}")
        return RequestError("HTTP_BAD_ANSWER", f"the answer is not HTTP: {printable(str(error))}")


def _too_many_fields() -> RequestError:
    return RequestError(
        "HTTP_BAD_ANSWER", f"the answer has more than {MAX_ANSWER_FIELDS} header fields"
    )
