"""Plain HTTP answers to whoever does not get a WebSocket (RFC 9110, RFC 6455 section 4.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

__all__ = [
    "MAX_REFUSAL",
    "accept",
    "health",
    "not_found",
    "overloaded",
    "plain_on_tls",
    "refusal",
    "starts_like_http",
    "too_fast",
    "too_large",
    "too_many",
    "undecided",
    "unreadable",
]

RETRY_AFTER = 10
"""Seconds after which a client that came to a full server is told to try again."""

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token, as a request line starts with (RFC 9110 section 9.1)."""

MAX_REFUSAL = 8 * 1024
"""Most characters of a refusal's reason, and of its fields together: clients take no more."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
"""Name and value of a field (RFC 9110 section 5), in ASCII."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What a reason cannot have: characters that steer, and halves of characters."""

_OURS = frozenset(("connection", "content-length", "content-type", "transfer-encoding"))
"""Fields that say what the body is and where it ends."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def _answer(status: HTTPStatus, text: str, *extra: tuple[str, str]) -> Response:
    """Build a complete answer, after which the connection closes.

    Args:
        status: HTTP status.
        text: body, plain text.
        extra: more header fields.
    """
    body = text.encode()
    headers = Headers(
        [
            *extra,
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
    )
    return Response(status, status.phrase, headers, body)


def accept(protocol: ServerProtocol, request: Request, scheme: str) -> Response:
    """Answer a request: 101 for a good opening handshake, else what is wrong with it.

    Args:
        protocol: has not answered yet; knows the origins that are allowed.
        request: the request read from this connection.
        scheme: ``ws`` or ``wss``.
    """
    if request.method != "GET":
        response = _answer(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "This port speaks the WebSocket protocol only: a handshake is a GET request.\n",
            ("Allow", "GET"),
        )
        if request.method == "HEAD":
            # The answer to HEAD has the fields of a body, and none (RFC 9110 section 9.3.2).
            response.body = b""
        return response
    if request.protocol == "HTTP/1.0":
        # An Upgrade field in HTTP/1.0 is to be ignored (RFC 9110 section 7.8).
        return _upgrade_required(request, scheme)
    response = protocol.accept(request)
    if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
        return response
    if response.status_code == HTTPStatus.UPGRADE_REQUIRED:
        return _upgrade_required(request, scheme)
    text = bytes(response.body).decode()
    if response.status_code == HTTPStatus.BAD_REQUEST and "Sec-WebSocket-Version" in text:
        # RFC 6455 section 4.4: say which version would be understood.
        return _answer(HTTPStatus.BAD_REQUEST, text, ("Sec-WebSocket-Version", "13"))
    return _answer(HTTPStatus(response.status_code), text)


def overloaded() -> Response:
    """Answer a handshake that comes while there are as many connections as there may be."""
    return _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "This WebSocket server has as many connections as it may have. Try again later.\n",
        ("Retry-After", str(RETRY_AFTER)),
    )


def health(request: Request, path: str) -> Response | None:
    """Answer who asks whether the server listens; it does.

    Args:
        request: the request read from this connection.
        path: where that is asked; empty for nowhere.

    Returns:
        The answer; None when this request is about something else.
    """
    if not path or request.path.partition("?")[0] != path or "Upgrade" in request.headers:
        return None
    if request.method not in ("GET", "HEAD"):
        return None
    response = _answer(HTTPStatus.OK, "ok\n", ("Cache-Control", "no-store"))
    if request.method == "HEAD":
        response.body = b""
    return response


def not_found() -> Response:
    """Answer a handshake for a path that is not served."""
    return _answer(HTTPStatus.NOT_FOUND, "This WebSocket server does not serve this path.\n")


def too_large(limit: int) -> Response:
    """Answer a handshake whose head is too large.

    Args:
        limit: bytes.
    """
    return _answer(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The request may have {limit} bytes in its request line and fields.\n",
    )


def undecided() -> Response:
    """Answer a handshake on which nobody has decided in time."""
    return _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "This WebSocket server could not decide in time. Try again later.\n",
        ("Retry-After", str(RETRY_AFTER)),
    )


def too_many() -> Response:
    """Answer a handshake of a host that has as many connections as it may have (RFC 6585)."""
    return _answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Your address has as many connections to this server as it may have. Try again later.\n",
        ("Retry-After", str(RETRY_AFTER)),
    )


def too_fast() -> Response:
    """Answer a handshake of a host that opens connections too fast (RFC 6585)."""
    return _answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Your address opens connections faster than it may. Try again in a second.\n",
        ("Retry-After", "1"),
    )


def refusal(status: int, reason: str, headers: Mapping[str, str | Sequence[str]]) -> Response:
    """Answer a handshake in the words of whoever refuses it.

    Args:
        status: 400 to 599.
        reason: stands in the body, and in the status line if it is ASCII; empty says what the
            status means.
        headers: more fields: a value, or several, by name.

    Raises:
        ValueError: that is no refusal, or no HTTP.
    """
    if type(status) is not int or not 400 <= status <= 599:
        raise ValueError(f"the status of a refusal must be 400 to 599, not {status!r}")
    if not isinstance(reason, str) or len(reason) > MAX_REFUSAL or _UNFIT.search(reason):
        raise ValueError(
            "the reason of a refusal must be a text without control characters, of at most "
            f"{MAX_REFUSAL} characters"
        )
    fields = list(_fields(headers))
    if sum(len(name) + len(value) for name, value in fields) > MAX_REFUSAL:
        raise ValueError(f"the headers of a refusal may have {MAX_REFUSAL} characters at most")
    phrase = _PHRASES.get(status, "Refused")
    response = _answer(HTTPStatus.FORBIDDEN, f"{reason or phrase}\n", *fields)
    response.status_code = status
    response.reason_phrase = reason if reason and reason.isascii() else phrase
    return response


def _fields(headers: Mapping[str, str | Sequence[str]]) -> Iterator[tuple[str, str]]:
    if not isinstance(headers, Mapping):
        raise ValueError("the headers of a refusal must be values by their names")
    for name, given in headers.items():
        if not (isinstance(name, str) and _NAME.fullmatch(name)) or name.lower() in _OURS:
            raise ValueError(f"a refusal cannot have the header {name!r}")
        values = [given] if isinstance(given, str) else given
        if not isinstance(values, list | tuple):
            raise ValueError(f"the header {name!r} of a refusal must be a text, or a list of them")
        for value in values:
            if not (isinstance(value, str) and _VALUE.fullmatch(value)):
                raise ValueError(f"the header {name!r} of a refusal must be printable ASCII")
            yield name, value


def plain_on_tls(head: bytes) -> bytes | None:
    """Answer whoever speaks plain HTTP on a TLS port.

    Args:
        head: the first bytes that came.

    Returns:
        The answer; None when this is no HTTP either.
    """
    if not starts_like_http(head):
        return None
    text = "This port speaks TLS: connect with wss://, or https://, instead.\n"
    response = _answer(HTTPStatus.BAD_REQUEST, text)
    # Clients show their users the status line rather than the body.
    response.reason_phrase = "Plain HTTP on a TLS port"
    return response.serialize()


def unreadable(head: bytes) -> Response:
    """Answer what could not be read as a request.

    Args:
        head: the first bytes that came.
    """
    method, separator, _ = head.partition(b" ")
    if separator and method != b"GET" and method.isupper() and method.isalpha():
        # Typically a POST whose body nobody here is going to read.
        return _answer(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "This port speaks the WebSocket protocol only: a handshake is a GET request.\n",
            ("Allow", "GET"),
        )
    return _answer(
        HTTPStatus.BAD_REQUEST,
        "This port speaks the WebSocket protocol, which opens with an HTTP/1.1 GET request.\n"
        "What came is not one.\n",
    )


def starts_like_http(head: bytes) -> bool:
    """Tell whether the first bytes can begin an HTTP request.

    Args:
        head: at least one byte.
    """
    token = _METHOD.match(head)
    return token is not None and head[token.end() : token.end() + 1] in (b"", b" ")


def _upgrade_required(request: Request, scheme: str) -> Response:
    hosts = request.headers.get_all("Host")
    # Only what looks like a host is repeated: the body goes to whoever asked, as plain text.
    host = hosts[0] if hosts and re.fullmatch(r"[\w.:\[\]-]{1,255}", hosts[0]) else "HOST:PORT"
    return _answer(
        HTTPStatus.UPGRADE_REQUIRED,
        "This port speaks the WebSocket protocol, not plain HTTP.\n"
        f"Connect with a WebSocket client to {scheme}://{host}/\n"
        f"In a browser's console: new WebSocket('{scheme}://{host}/')\n",
        ("Upgrade", "websocket"),
    )
