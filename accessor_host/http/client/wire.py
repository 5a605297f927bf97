"""Requests to bytes, and bytes to answers, with limits (RFC 9112): what all parsers share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final

from .failures import RequestError
from .settings import Head

__all__ = [
    "END",
    "LARGEST_HEAD",
    "MAX_ANSWER_FIELDS",
    "MAX_INFORMATIONAL",
    "ClientWire",
    "End",
    "start_fault",
    "too_many_fields",
    "too_many_interim_answers",
]

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


_PHRASE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
"""What may stand behind a status (RFC 9112 section 4): scripts show it."""


class End:
    """The end of an answer."""


END: Final = End()


class ClientWire(ABC):
    """What is said on one connection: one request, and its answer, after the other."""

    __slots__ = ("_ended", "_informational", "_lines", "_start", "_tail", "_unread", "taken")

    def __init__(self) -> None:
        self.taken = 0
        """Bytes of the server that were parsed so far."""
        self._unread = bytearray()
        self._ended = False
        self._start: bytes | None = b""  # of the answer, until its head is complete
        self._tail = b""
        self._lines = 0
        self._informational = 0

    @property
    def has_answer(self) -> bool:
        """Tell whether a byte of an answer to the last request has come."""
        return self._start != b"" or bool(self._unread)

    @property
    @abstractmethod
    def is_between(self) -> bool:
        """Tell whether a request may be sent: nothing came that was not asked for."""

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
        self._start, self._tail, self._lines, self._informational = b"", b"", 0, 0
        return self._request(method, target, fields, body)

    def receive(self, data: bytes) -> None:
        """Take bytes of the server."""
        self._unread += data

    def receive_end(self) -> None:
        """Take that no more comes."""
        self._ended = True

    @abstractmethod
    def close(self) -> None:
        """Let go of what refers to this object: nothing is said any more."""

    @abstractmethod
    def next_event(self) -> Head | bytes | End | None:
        """Return what comes next of the answer; None needs more bytes.

        Raises:
            RequestError: it is no HTTP, or too large; or its end came too early.
        """

    @abstractmethod
    def _request(
        self, method: str, target: str, fields: list[tuple[str, str]], body: bytes | None
    ) -> bytes:
        """Return the bytes of a request, and expect its answer."""

    def _take(self) -> bytes:
        """Return the next bytes to parse; none when there are none."""
        unread = self._unread
        if len(unread) <= _SLICE:
            piece = bytes(unread)
            unread.clear()
        else:
            piece = bytes(unread[:_SLICE])
            del unread[:_SLICE]
        self.taken += len(piece)
        if piece and self._start is not None:
            self._look_at_head(piece)
        return piece

    def _look_at_head(self, piece: bytes) -> None:
        # Before a parser does: it would wait for a line's end, and parse any number of lines.
        self._start = start = ((self._start or b"") + piece[: len(_HTTP)])[: len(_HTTP)]
        if not _HTTP.startswith(start):
            raise RequestError(
                "HTTP_BAD_ANSWER", f"the server does not speak HTTP/1.1; it sent {piece[:24]!r}"
            )
        count = piece.count(b"\n")
        if self._lines + count <= MAX_ANSWER_FIELDS:
            # However many of them belong to the body: if any do, nothing more comes here.
            self._lines += count
            self._tail = piece[-2:]
            return
        known = self._tail + piece
        end = _BLANK_LINE.search(known)
        self._lines += known.count(b"\n", len(self._tail), end.start() if end else len(known))
        self._tail = known[-2:]
        if self._lines > MAX_ANSWER_FIELDS + MAX_INFORMATIONAL:
            raise too_many_fields()

    def _unfinished(self) -> RequestError:
        where = "without an answer" if self._start == b"" else "in the middle of its answer"
        return RequestError("ECONNRESET", f"the server ended the connection {where}")


def start_fault(status: int, phrase: bytes) -> RequestError | None:
    """Return what is wrong with the first line of an answer, which parsers are generous about."""
    if status >= 100 and _PHRASE.fullmatch(phrase) is not None:
        return None
    return RequestError("HTTP_BAD_ANSWER", "the answer is not HTTP: its first line is none")


def too_many_fields() -> RequestError:
    """Make the error of an answer with too many header fields."""
    return RequestError(
        "HTTP_BAD_ANSWER", f"the answer has more than {MAX_ANSWER_FIELDS} header fields"
    )


def too_many_interim_answers() -> RequestError:
    """Make the error of an answer that never comes."""
    return RequestError("HTTP_BAD_ANSWER", f"more than {MAX_INFORMATIONAL} interim answers came")
