"""Resources of the web, for scripts: one request, blocking, within limits.

Source: accessor host reference section 6.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache, partial
from http.client import HTTPS_PORT, HTTPConnection, HTTPException, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import (
    AbstractHTTPHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

from ...net.blocking import connect_blocking, secure
from ...net.failures import failure_of
from ...net.permits import ConnectPermit
from .resource import Resource, ResourceError, check_size, timed_out

__all__ = ["MAX_REDIRECTS", "WebRequest", "fetch"]

MAX_REDIRECTS = 10
"""Redirects that one request follows: more than any sane server makes."""

_SCHEMES = ("http", "https")
_METHOD = re.compile("[A-Za-z][A-Za-z0-9_-]*")

_PLAIN = "".join(map(chr, range(0x21, 0x7F)))
"""Characters that URLs have as they are; people write others, which are percent-encoded."""

_PIECE = 64 * 1024


@dataclass(frozen=True)
class WebRequest:
    """One request.

    Args:
        url: an absolute URL of the scheme ``http`` or ``https``.
        timeout: seconds that everything may take.
        method: the method.
        headers: more headers.
        body: what is sent, if anything.
    """

    url: str
    timeout: float
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def fetch(request: WebRequest, permit: ConnectPermit | None = None) -> Resource:
    """Make a request and return the body of the answer.

    Args:
        request: the request; redirects are followed, to the same schemes.
        permit: decides where to connect, redirects included; None is anywhere.

    Raises:
        AccessDeniedError: a permission is missing.
        ResourceError: the answer's status is no success, or there is no answer.
    """
    deadline = time.monotonic() + request.timeout
    try:
        _check_scheme(request.url, f"cannot fetch {request.url!r}")
        if not _METHOD.fullmatch(request.method):
            raise ValueError(f"{request.method!r} is no method")
        prepared = Request(  # noqa: S310 - the scheme was checked
            quote(request.url, safe=_PLAIN),
            request.body,
            dict(request.headers),
            method=request.method,
        )
        if request.body is not None and not prepared.has_header("Content-type"):
            prepared.add_header("Content-type", "text/plain; charset=utf-8")
        with _opener(permit).open(prepared, timeout=request.timeout) as response:
            return Resource(
                _read(response, request, deadline), response.headers.get_content_charset()
            )
    except HTTPError as error:
        error.close()
        raise ResourceError(
            error.code, f"{request.url}: HTTP {error.code} {error.reason}"
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        raise _explain(error, request) from None


class _Redirects(HTTPRedirectHandler):
    """Follow redirects to web servers, and to nothing else."""

    max_redirections = MAX_REDIRECTS

    def http_error_302(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message
    ) -> Any:
        target = urljoin(req.full_url, headers.get("location", ""))
        try:
            _check_scheme(target, f"{req.full_url} redirects to {target!r}")
        except ResourceError:
            fp.close()
            raise
        return super().http_error_302(req, fp, code, msg, headers)  # type: ignore[arg-type]

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _CheckedConnection(HTTPConnection):
    """Connect where that is permitted."""

    def __init__(self, host: str, *, permit: ConnectPermit, **settings: Any) -> None:
        super().__init__(host, **settings)
        self._permit = permit

    def connect(self) -> None:
        self.sock = connect_blocking(self.host, self.port, self.timeout or 0.0, self._permit)


class _CheckedSecureConnection(_CheckedConnection):
    """The same, with TLS."""

    default_port = HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        self.sock = secure(self.sock, self.host)


class _CheckedHandler(AbstractHTTPHandler):
    """Open connections that are checked."""

    def __init__(self, permit: ConnectPermit) -> None:
        super().__init__()
        self._permit = permit

    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(partial(_CheckedConnection, permit=self._permit), request)

    def https_open(self, request: Request) -> HTTPResponse:
        return self.do_open(partial(_CheckedSecureConnection, permit=self._permit), request)

    http_request = https_request = AbstractHTTPHandler.do_request_


def _opener(permit: ConnectPermit | None) -> OpenerDirector:
    return _unchecked_opener() if permit is None else _make_opener(_CheckedHandler(permit))


@cache
def _unchecked_opener() -> OpenerDirector:
    # Once: to read the certificates of the system takes longer than most requests.
    return _make_opener(HTTPHandler(), HTTPSHandler())


def _make_opener(*handlers: AbstractHTTPHandler) -> OpenerDirector:
    # Only what is named here: the default one reads files too.
    opener = OpenerDirector()
    for handler in (*handlers, HTTPDefaultErrorHandler(), HTTPErrorProcessor(), _Redirects()):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "accessor-host")]
    return opener


def _check_scheme(url: str, what: str) -> None:
    if urlsplit(url).scheme not in _SCHEMES:
        raise ResourceError("EPROTO", f"{what}: only http: and https: URLs can be fetched")


def _read(response: HTTPResponse, request: WebRequest, deadline: float) -> bytes:
    check_size(request.url, response.length or 0)
    data = bytearray()
    # What one read returns has arrived: a slow server does not hide behind a large piece.
    while piece := response.read1(_PIECE):
        data += piece
        check_size(request.url, len(data))
        if time.monotonic() > deadline:
            raise timed_out(request.url, request.timeout)
    if response.length:
        raise ResourceError("ECONNRESET", f"{request.url}: the answer is not complete")
    return bytes(data)


def _explain(error: Exception, request: WebRequest) -> ResourceError:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return timed_out(request.url, request.timeout)
    failure = failure_of(cause) if isinstance(cause, OSError) else None
    if failure is not None:
        code, reason = failure
        return ResourceError(code, f"{request.url}: {reason}")
    return ResourceError("EPROTO", f"{request.url}: {str(cause) or type(cause).__name__}")
