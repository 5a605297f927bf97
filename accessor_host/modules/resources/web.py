"""Resources of the web, for scripts: one request, within limits.

Source: accessor host reference section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...codecs.charsets import charset_of
from ...errors import TlsError
from ...http.client.client import Client
from ...http.client.failures import RequestError, TooManyRedirects
from ...http.client.fields import check_fields, check_method
from ...http.client.settings import Request, RequestSettings
from ...http.client.urls import parse_url
from ...http.client.waiting import Answer, request, request_waiting
from ...net.permits import ConnectPermit
from .resource import MAX_RESOURCE_SIZE, Resource, ResourceError, timed_out

__all__ = ["MAX_REDIRECTS", "WebRequest", "fetch", "fetch_waiting"]

MAX_REDIRECTS = 10
"""Redirects that one request follows: more than any sane server makes."""

_TOO_LARGE = ("HTTP_BODY_TOO_LARGE", "HTTP_TOO_MUCH")


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


async def fetch(client: Client, wanted: WebRequest) -> Resource:
    """Make a request and return the body of the answer.

    Args:
        client: makes it; its permit is asked at each redirect.
        wanted: the request; redirects are followed, to the same schemes.

    Raises:
        AccessDeniedError: a permission is missing.
        ResourceError: the answer's status is no success, or there is no answer.
    """
    try:
        return _resource(wanted, await request(client, _prepare(wanted)))
    except (RequestError, TlsError) as error:
        raise _explain(error) from None


def fetch_waiting(wanted: WebRequest, permit: ConnectPermit | None = None) -> Resource:
    """Make a request, let this thread wait, and return the body of the answer.

    Args:
        wanted: as for :func:`fetch`.
        permit: decides where to connect, redirects included; None is anywhere.

    Raises:
        AccessDeniedError: a permission is missing.
        ResourceError: the answer's status is no success, or there is no answer.
    """
    try:
        return _resource(wanted, request_waiting(_prepare(wanted), wanted.timeout, permit))
    except (RequestError, TlsError) as error:
        raise _explain(error) from None
    except TimeoutError:
        raise timed_out(str(parse_url(wanted.url)), wanted.timeout) from None


def _prepare(wanted: WebRequest) -> Request:
    fields = check_fields(wanted.headers.items())
    if wanted.body is not None and not any(name.lower() == "content-type" for name, _ in fields):
        fields.append(("Content-Type", "text/plain; charset=utf-8"))
    settings = RequestSettings(
        connect_timeout=wanted.timeout,
        timeout=wanted.timeout,
        max_body=MAX_RESOURCE_SIZE,
        max_redirects=MAX_REDIRECTS,
    )
    url = parse_url(wanted.url)
    return Request(url, check_method(wanted.method), fields, wanted.body, settings)


def _resource(wanted: WebRequest, answer: Answer) -> Resource:
    head, body = answer
    if not 200 <= head.status < 300:
        url = parse_url(wanted.url)
        raise ResourceError(head.status, f"{url}: HTTP {head.status} {head.reason}")
    return Resource(body, charset_of(head.field("content-type") or ""))


def _explain(error: RequestError | TlsError) -> ResourceError:
    if isinstance(error, TooManyRedirects):
        return ResourceError(error.status, error.reason)
    code = error.code
    if code in _TOO_LARGE:
        code = "EFBIG"
    elif code.startswith("HTTP_"):
        code = "EPROTO"
    return ResourceError(code, error.reason)
