"""What a client of HTTP is told, for one request and for all of them together."""

# Annotations are no strings here: each of a NamedTuple would be compiled at import.

from typing import NamedTuple, Protocol

from .urls import Url

__all__ = ["ClientLimits", "Head", "Request", "RequestSettings", "ResponseHandler"]


class ClientLimits(NamedTuple):
    """What all requests of one client have together.

    Args:
        max_connections: TCP connections at a time, idle ones among them: a host has some hundred
            descriptors for everything.
        max_per_origin: of these, to one server: browsers have 6, a gateway speaks for many.
        idle: seconds that a connection is kept for the next request. Node's servers end theirs
            after 5: one that is given up earlier here is never stale.
        max_queued: requests that wait for a connection; one more fails.
        max_held: bytes of answers that are not with the script yet.
    """

    max_connections: int = 64
    max_per_origin: int = 16
    idle: float = 4.0
    max_queued: int = 1_000
    max_held: int = 64 * 1024 * 1024


class RequestSettings(NamedTuple):
    """How one request is made.

    Args:
        keep_alive: whether the connection may serve further requests.
        connect_timeout: seconds for name, TCP and TLS.
        timeout: seconds until the whole answer is there, waiting for a connection included; of an
            answer in pieces, seconds without one.
        max_body: bytes of an answer's body, unless it comes in pieces.
        in_pieces: whether the body is handed over as it comes.
        max_redirects: redirects that are followed.
        proxy: URL of a proxy, ``direct``, or empty for what the environment says.
        trust_all: whether any certificate is accepted.
        authorities: PEM file of the authorities to trust; empty for those of the system.
    """

    keep_alive: bool = False
    connect_timeout: float = 5.0
    timeout: float = 30.0
    max_body: int = 16 * 1024 * 1024
    in_pieces: bool = False
    max_redirects: int = 0
    proxy: str = ""
    trust_all: bool = False
    authorities: str = ""


class Request(NamedTuple):
    """One request.

    Args:
        url: where it goes.
        method: checked by :func:`~.client_fields.check_method`.
        fields: checked by :func:`~.client_fields.check_fields`.
        body: what is sent; None for nothing.
        settings: how it is made.
    """

    url: Url
    method: str = "GET"
    fields: list[tuple[str, str]] = []  # noqa: RUF012 (nobody changes it)
    body: bytes | None = None
    settings: RequestSettings = RequestSettings()


class Head(NamedTuple):
    """What an answer begins with.

    Args:
        status: its code.
        reason: its phrase, which may be empty.
        fields: names in lower case and values, in their order.
    """

    status: int
    reason: str
    fields: list[tuple[str, str]]

    def field(self, name: str) -> str | None:
        """Return the first value of a field.

        Args:
            name: in lower case.
        """
        # A loop: it is asked for several fields of each answer.
        for known, value in self.fields:
            if known == name:
                return value
        return None


class ResponseHandler(Protocol):
    """Who hears of an answer: :meth:`answered`, or the others, or :meth:`failed` at any time."""

    def answered(self, head: Head, body: bytes) -> None:
        """Take a whole answer."""

    def began(self, head: Head) -> None:
        """Take the head of an answer in pieces."""

    def continued(self, piece: bytes) -> None:
        """Take a piece."""

    def ended(self) -> None:
        """Take that it was the last."""

    def failed(self, error: Exception) -> None:
        """Take why there is no answer, or no more of it."""
