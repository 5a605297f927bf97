"""Answers parsed by httptools (llhttp, which Node has), where it is installed: ``[fast]``.

With h11, an exchange takes this process twice as long (``python -m bench.http_client``). llhttp
refuses more: lengths that are given twice, or beside chunks, and lines that end without CR.
"""

from __future__ import annotations

from collections import deque

import httptools

from ...net.quoting import printable
from .failures import RequestError
from .settings import Head
from .wire import (
    END,
    LARGEST_HEAD,
    MAX_ANSWER_FIELDS,
    MAX_INFORMATIONAL,
    ClientWire,
    End,
    start_fault,
    too_many_fields,
    too_many_interim_answers,
)

__all__ = ["HttptoolsWire"]

_BODILESS = frozenset((204, 304))
"""Answers that never have a body, apart from interim ones (RFC 9110 section 6.4.1)."""


class HttptoolsWire(ClientWire):
    """What is said on one connection; each answer has a parser of its own."""

    __slots__ = (
        "_barren",
        "_events",
        "_fault",
        "_fields",
        "_has_head",
        "_is_complete",
        "_is_head",
        "_is_interim",
        "_is_reusable",
        "_is_to_the_end",
        "_parser",
        "_pieces",
        "_reason",
        "_surplus",
    )

    def __init__(self) -> None:
        super().__init__()
        self._parser: httptools.HttpResponseParser | None = None
        self._events: deque[Head | bytes | End] = deque()
        self._is_complete = True
        self._is_reusable = True
        self._surplus = False  # more came than was asked for

    @property
    def is_between(self) -> bool:
        """Tell whether a request may be sent."""
        is_over = self._is_complete and self._is_reusable and not self._surplus
        return is_over and not (self._unread or self._ended or self._events)

    def close(self) -> None:
        """Let go of the parser, which refers to this object."""
        self._parser = None

    def next_event(self) -> Head | bytes | End | None:
        """Return what comes next of the answer."""
        while not self._events:
            if self._is_complete:
                return None
            piece = self._take()
            if piece:
                self._feed(piece)
            elif not self._ended:
                return None
            elif self._has_head and self._is_to_the_end:
                self._complete(reusable=False)
            else:
                raise self._unfinished()
        return self._events.popleft()

    def _request(
        self, method: str, target: str, fields: list[tuple[str, str]], body: bytes | None
    ) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in fields]]
        head = "\r\n".join(lines)
        # Each part was checked; were one not, this is where it would become another request.
        if head.count("\n") != len(fields) or head.count("\r") != len(fields):
            raise RequestError("HTTP_BAD_REQUEST", "it makes no request: a line ends in the middle")
        self._parser = httptools.HttpResponseParser(self)
        self._is_head = method == "HEAD"
        self._is_complete = self._has_head = self._is_interim = False
        self._is_to_the_end = False
        self._barren = 0
        self._fault: RequestError | None = None
        self._fields: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        self._reason = b""
        return f"{head}\r\n\r\n".encode("latin-1") + (body or b"")

    def _feed(self, piece: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            if not self._is_complete:
                reason = "the server changes to another protocol, which nobody has asked for"
                raise RequestError("HTTP_BAD_ANSWER", reason) from None
            self._surplus = True
        except httptools.HttpParserError as error:
            if self._fault is not None:
                raise self._fault from None
            if not self._is_complete:
                words = printable(str(error))
                reason = f"the answer is not HTTP: {words}"
                raise RequestError("HTTP_BAD_ANSWER", reason) from None
            self._surplus = True
        if self._pieces:
            self._events.append(b"".join(self._pieces))
            self._pieces.clear()
        if self._is_complete:
            self._events.append(END)
            self._parser = None
        elif self._events:
            self._barren = 0
        else:
            # A head, or what stands between chunks.
            self._barren += len(piece)
            if self._barren > LARGEST_HEAD:
                reason = f"the answer has {LARGEST_HEAD} bytes without a body in them"
                raise RequestError("HTTP_BAD_ANSWER", reason)

    def _complete(self, *, reusable: bool) -> None:
        """Take the end of an answer that ends with its connection."""
        self._is_complete, self._is_reusable = True, reusable
        self._parser = None
        self._events.append(END)

    def _refuse(self, fault: RequestError) -> RequestError:
        # The parser has an error of its own for what is raised in the following.
        self._fault = fault
        return fault

    # Called by the parser

    def on_message_begin(self) -> None:
        """Take that an answer begins."""
        if self._is_complete:
            self._surplus = True

    def on_status(self, reason: bytes) -> None:
        """Take the phrase, or a part of it."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; those behind the body say nothing new."""
        if self._has_head:
            return
        if len(self._fields) >= MAX_ANSWER_FIELDS:
            raise self._refuse(too_many_fields())
        text, lower = value.decode("latin-1").rstrip(" \t"), name.decode("latin-1").lower()
        # RFC 9112, section 7: names of codings have no case. h11 gives them in lower case.
        self._fields.append((lower, text.lower() if lower == "transfer-encoding" else text))

    def on_headers_complete(self) -> None:
        """Take the end of the head."""
        parser = self._parser
        if parser is None or self._is_complete:
            return
        status = parser.get_status_code()
        fault = start_fault(status, self._reason)
        if fault is not None:
            raise self._refuse(fault)
        if status < 200:
            self._is_interim = True
            self._informational += 1
            if self._informational > MAX_INFORMATIONAL:
                raise self._refuse(too_many_interim_answers())
            return
        head = Head(status, self._reason.decode("latin-1"), self._fields)
        coding = head.field("transfer-encoding")
        if coding is not None and coding != "chunked":
            reason = "the answer is not HTTP: only the transfer encoding chunked is supported"
            raise self._refuse(RequestError("HTTP_BAD_ANSWER", reason))
        self._has_head, self._start = True, None
        self._events.append(head)
        is_bodiless = self._is_head or status in _BODILESS
        has_length = coding is not None or head.field("content-length") is not None
        self._is_to_the_end = not (is_bodiless or has_length)
        if self._is_head:
            # The parser does not know that its body does not come.
            self._is_complete, self._is_reusable = True, parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        """Take a part of the body."""
        if self._is_complete:
            self._surplus = True
        else:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Take the end of an answer."""
        if self._is_interim:
            self._is_interim = False
            self._fields, self._reason = [], b""
        elif self._parser is not None and not self._is_complete:
            self._is_complete, self._is_reusable = True, self._parser.should_keep_alive()
