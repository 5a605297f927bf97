"""One request and its answer, redirects included, whatever connections they take."""

from __future__ import annotations

from math import inf

from .failures import RequestError, TooManyRedirects
from .roles import Line, Manager
from .settings import Head, Request, ResponseHandler
from .urls import Url, redirect_target

__all__ = ["Exchange"]

_REDIRECTS = frozenset((301, 302, 303, 307, 308))

_SAFE_TO_REPEAT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"))
"""Methods that mean the same when they come twice (RFC 9110 section 9.2.2)."""

_OF_ONE_ORIGIN = frozenset(("authorization", "cookie"))
"""Fields that say who asks: no other server is to know."""

_OF_THE_BODY = frozenset(("content-type", "content-encoding", "content-language"))


class Exchange:
    """What is asked, and what came of it.

    Args:
        pool: has the connections.
        request: what is asked first.
        handler: hears of the answer.
    """

    __slots__ = (
        "_body",
        "_head",
        "_held",
        "_next",
        "_pool",
        "_redirects",
        "connection",
        "deadline",
        "handler",
        "is_over",
        "is_retried",
        "request",
        "whole",
    )

    def __init__(self, pool: Manager, request: Request, handler: ResponseHandler) -> None:
        self.request = request
        """What is asked now: after a redirect, something else than at first."""
        self.handler = handler
        self.connection: Line | None = None
        """What it has, from when it is about to be made."""
        self.deadline: float = inf
        """Loop time at which it has taken too long; owned by ``Deadlines``."""
        self.whole: float = inf
        """Loop time at which the whole answer has to be there."""
        self.is_over = False
        self.is_retried = False
        self._pool = pool
        self._redirects = 0
        self._next: Url | None = None  # where the answer that comes in redirects to
        self._head: Head | None = None
        self._body = bytearray()
        self._held = 0

    @property
    def has_begun(self) -> bool:
        """Tell whether the head of an answer is there."""
        return self._head is not None

    @property
    def may_be_repeated(self) -> bool:
        """Tell whether the request may be sent once more, on another connection."""
        return not self.is_retried and self.request.method in _SAFE_TO_REPEAT

    def stop(self) -> None:
        """Give it up; its handler hears nothing more."""
        if not self.is_over:
            self._finish()
            self.free()
            self._pool.drop(self)

    def free(self) -> None:
        """Let go of the answer: its handler has passed it on."""
        self._pool.held -= self._held
        self._held = 0

    def pause(self) -> None:
        """Read no more of an answer in pieces."""
        if self.connection is not None:
            self.connection.pause()

    def resume(self) -> None:
        """Read more of it."""
        if self.connection is not None:
            self.connection.resume()

    def fail(self, error: Exception) -> None:
        """Take why there is no answer; the pool has forgotten about it."""
        if not self.is_over:
            self._finish()
            self.free()
            self.handler.failed(error)

    def expire(self, now: float) -> None:
        """Act on that it has taken too long."""
        settings, url = self.request.settings, self.request.url
        connecting = self.connection is not None and not self.connection.is_connected
        if now < self.whole and connecting:
            milliseconds = settings.connect_timeout * 1000
            reason = f"no connection to {url} within {milliseconds:g} ms"
        else:
            milliseconds = settings.timeout * 1000
            missing = (
                "more of the answer" if settings.in_pieces and self._head else "complete answer"
            )
            reason = f"{url}: no {missing} within {milliseconds:g} ms"
        self._pool.drop(self)
        self.fail(RequestError("ETIMEDOUT", reason))

    # What the connection says.

    def began(self, head: Head) -> None:
        """Take the head of an answer.

        Raises:
            RequestError: it cannot be what is wanted.
        """
        settings = self.request.settings
        self._head = head
        location = None
        if settings.max_redirects and head.status in _REDIRECTS:
            location = head.field("location")
        if location is not None:
            if self._redirects >= settings.max_redirects:
                raise TooManyRedirects(
                    head.status,
                    f"{self.request.url}: redirected more than {settings.max_redirects} times",
                )
            self._next = redirect_target(self.request.url, location)
            return
        if settings.in_pieces:
            self._pool.extend(self)
            self.handler.began(head)
            return
        length = head.field("content-length")
        if length is not None and self.request.method != "HEAD" and int(length) > settings.max_body:
            raise self._too_large()

    def continued(self, piece: bytes) -> None:
        """Take a piece of the body.

        Raises:
            RequestError: it is too much.
        """
        settings = self.request.settings
        if settings.in_pieces and self._next is None:
            self._pool.extend(self)
            self.handler.continued(piece)
            return
        size = len(piece)
        if len(self._body) + size > settings.max_body:
            raise self._too_large()
        self._pool.held += size
        self._held += size
        self._body += piece
        if self._pool.held > self._pool.limits.max_held:
            raise RequestError(
                "HTTP_TOO_MUCH",
                f"{self.request.url}: more than {self._pool.limits.max_held} bytes of answers wait",
            )

    def ended(self) -> None:
        """Take the end of the answer."""
        head, target = self._head, self._next
        if target is not None:
            self._follow(target, 0 if head is None else head.status)
            return
        self._finish()
        if self.request.settings.in_pieces:
            self.handler.ended()
        elif head is not None:
            body, self._body = bytes(self._body), bytearray()
            self.handler.answered(head, body)

    def _follow(self, target: Url, status: int) -> None:
        """Ask again where a redirect leads."""
        self.request = _redirected(self.request, target, status)
        self._redirects += 1
        self._next = self._head = None
        self._body.clear()
        self.free()
        self.connection = None
        self.is_retried = False
        self._pool.submit(self, again=True)

    def _finish(self) -> None:
        self.is_over = True
        self._pool.settle(self)

    def _too_large(self) -> RequestError:
        limit = self.request.settings.max_body
        return RequestError("HTTP_BODY_TOO_LARGE", f"{self.request.url}: larger than {limit} bytes")


def _redirected(request: Request, url: Url, status: int) -> Request:
    """Return the request that follows a redirect (RFC 9110 section 15.4)."""
    method, body, fields = request.method, request.body, request.fields
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        fields = [field for field in fields if field[0].lower() not in _OF_THE_BODY]
    if url.origin != request.url.origin:
        fields = [field for field in fields if field[0].lower() not in _OF_ONE_ORIGIN]
    elif not url.authorization:
        url = url._replace(authorization=request.url.authorization)
    return request._replace(url=url, method=method, body=body, fields=fields)
