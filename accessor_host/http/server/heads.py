"""Heads of requests: read without a parser where they are ordinary, by h11 otherwise.

h11 takes about 70 µs for the head of a browser's request, this takes 10. h11 stays the judge of
everything else, and of everything wrong: a head that is not exactly what is looked for here is left
to it, untouched. Only what it would accept is accepted here, and understood alike.
"""

from __future__ import annotations

import re

import h11

__all__ = [
    "MAX_BETWEEN_CHUNKS",
    "BadRequestError",
    "Head",
    "read_any",
    "read_head",
    "read_ordinary",
]

# Possessive quantifiers: nothing is tried twice, whatever comes.
_HEAD = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++) ([\x21-\x7e]++) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t\x20-\x7e\x80-\xff]*+\r\n)++)\r\n"
)
"""Request line and fields (RFC 9112 sections 3 and 5)."""

_LENGTH = re.compile(r"[0-9]{1,15}")

_JUDGED = ("transfer-encoding", "expect", "upgrade")
"""Fields that are not for the short way."""

_SCHEME = re.compile(r"https?://[^/?#]*", re.IGNORECASE)

_OK = ("1.0", "1.1")

MAX_BETWEEN_CHUNKS = 16 * 1024
"""Bytes that a client may send before a line between chunks has its end, and of the fields behind
the last one: there are hardly ever any."""


class BadRequestError(Exception):
    """Report a request that cannot be served as it is.

    Args:
        status: of the answer.
        reason: what is wrong with it, for whoever sent it.
    """

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(status, reason)


class Head:
    """Request line and fields of a request.

    Args:
        method: as it came.
        target: as it came: path and query, a URL, ``*``, or what CONNECT names.
        fields: values by their names in lower case; those of a name that came twice are joined.
        keeps_alive: whether the client may send another request.
        length: bytes of the body; None for one in chunks.
        expects: whether the client waits to be told that it may send the body.
        parser: reads the body, if it comes in chunks.
    """

    __slots__ = (
        "expects",
        "fields",
        "keeps_alive",
        "length",
        "method",
        "parser",
        "path",
        "query",
        "target",
        "told",
    )

    def __init__(
        self,
        method: str,
        target: str,
        fields: dict[str, str],
        *,
        keeps_alive: bool,
        length: int | None = 0,
        expects: bool = False,
        parser: h11.Connection | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.fields = fields
        self.keeps_alive = keeps_alive
        self.length = length
        self.expects = expects
        self.parser = parser
        self.told = ""
        """Free for the owner, who may keep what it has made of this."""
        path, _, self.query = _origin_form(target).partition("?")
        self.path = path or "/"

    @property
    def wants_web_socket(self) -> bool:
        """Whether this opens a web socket (RFC 6455 section 4.1)."""
        return (
            self.fields.get("upgrade", "").lower() == "websocket"
            and self.method == "GET"
            and self.length == 0
        )


def _origin_form(target: str) -> str:
    if target.startswith("/"):
        return target
    # RFC 9112 section 3.2.2: a server must accept the absolute form.
    found = _SCHEME.match(target)
    return target if found is None else target[found.end() :]


def read_head(data: bytes, max_fields: int) -> Head:
    """Read the head of a request.

    Args:
        data: the head, up to the empty line that ends it.
        max_fields: fields that it may have.

    Raises:
        BadRequestError: it is none, or none that can be served.
    """
    return read_ordinary(data, max_fields) or read_any(data, max_fields)


def read_ordinary(data: bytes, max_fields: int) -> Head | None:
    match = _HEAD.fullmatch(data)
    if match is None:
        return None
    lines = match[3].decode("latin-1").split("\r\n")
    lines.pop()
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip(" \t")
    if len(fields) != len(lines) or len(lines) > max_fields or "host" not in fields:
        return None
    for name in _JUDGED:
        if name in fields:
            return None
    keeps_alive, length = True, 0
    if "connection" in fields:
        connection = fields["connection"].lower()
        keeps_alive = connection == "keep-alive"
        if not keeps_alive and connection != "close":
            return None
    if "content-length" in fields:
        declared = fields["content-length"]
        if _LENGTH.fullmatch(declared) is None:
            return None
        length = int(declared)
    method, target = match[1].decode(), match[2].decode()
    if method == "CONNECT":
        return None
    return Head(method, target, fields, keeps_alive=keeps_alive, length=length)


def read_any(data: bytes, max_fields: int) -> Head:
    if data.count(b"\n") > max_fields + 2:
        raise BadRequestError(431, f"A request may have {max_fields} fields.")
    # It reads the chunks of the body, too.
    largest = max(len(data) + 1, MAX_BETWEEN_CHUNKS)
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=largest)
    try:
        parser.receive_data(data)
        request = parser.next_event()
    except h11.RemoteProtocolError as error:
        raise BadRequestError(error.error_status_hint, _sentence(error)) from None
    if not isinstance(request, h11.Request):
        raise BadRequestError(400, "What came is no HTTP request.")
    version = request.http_version.decode()
    if version not in _OK:
        raise BadRequestError(505, "This server speaks HTTP/1.1.")
    method = request.method.decode()
    if method == "CONNECT":
        raise BadRequestError(501, "This server is no proxy.")
    fields: dict[str, str] = {}
    for raw, value in request.headers:
        name, text = raw.decode(), value.decode("latin-1")
        if name in fields:
            text = f"{fields[name]}{'; ' if name == 'cookie' else ', '}{text}"
        fields[name] = text
    chunked = "transfer-encoding" in fields
    if chunked and ("content-length" in fields or version == "1.0"):
        # RFC 9112 section 6.1: whoever sends this may want to smuggle a request past a proxy.
        raise BadRequestError(400, "The length of the body is said in two ways.")
    tokens = [token.strip().lower() for token in fields.get("connection", "").split(",")]
    expects = "expect" in fields and version == "1.1"
    if expects and fields["expect"].lower() != "100-continue":
        raise BadRequestError(417, "Nothing but 100-continue can be expected of this server.")
    length = None if chunked else int(fields.get("content-length", "0").partition(",")[0])
    return Head(
        method,
        request.target.decode(),
        fields,
        keeps_alive=version == "1.1" and "close" not in tokens,
        length=length,
        expects=expects,
        parser=parser if chunked else None,
    )


def _sentence(error: h11.RemoteProtocolError) -> str:
    # Not what the parser says of it: that repeats what came.
    if error.error_status_hint == 501:
        return "This server does not know that transfer encoding."
    return "What came is no HTTP request."
