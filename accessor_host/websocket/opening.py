"""Who may connect: what a client asks for, and who decides on it (RFC 6455 section 4.2).

The request of a client is its head, bytes as they came or as the parser has understood them. It is
taken apart by whoever wants to know, and held by nobody else once the client is connected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from .handler import ServerPeer

if TYPE_CHECKING:
    from websockets.http11 import Request

__all__ = [
    "LARGEST_REQUEST",
    "MAX_EARLY_BYTES",
    "Applicant",
    "Verifier",
    "head_of",
    "offered_subprotocols",
    "read_fields",
    "select_subprotocol",
]

LARGEST_REQUEST = 64 * 1024
"""Most bytes of a request's head: each may wait for a decision, and reaches scripts in one piece.

Browsers stop at less; the parser alone would take 128 lines of 8 KiB.
"""

MAX_EARLY_BYTES = 16 * 1024
"""Most bytes that a client may send behind its request before it has an answer, give or take a
read; then it is not read. A client has to wait for the answer (RFC 6455 section 4.1)."""


class Applicant(ServerPeer, Protocol):
    """A client that waits for the answer to its opening handshake."""

    def admit(self, subprotocol: str | None = None) -> bool:
        """Open the WebSocket; ``opened`` of the handler follows before this returns.

        Args:
            subprotocol: one of those that the client offers; None leaves it to the server's own
                list of them.

        Returns:
            Whether the client was still waiting.

        Raises:
            ValueError: the client does not offer that subprotocol; it waits on.
        """

    def refuse(
        self,
        status: int,
        reason: str = "",
        headers: Mapping[str, str | Sequence[str]] | None = None,
    ) -> bool:
        """Answer with HTTP and end the connection.

        Args:
            status: 400 to 599.
            reason: said behind the status, and in the body; empty says what the status means.
            headers: more fields, by their names.

        Returns:
            Whether the client was still waiting.

        Raises:
            ValueError: there is no such answer; the client waits on.
        """


class Verifier(Protocol):
    """Decide who may connect; called in the loop's thread, never raises."""

    def verify(self, applicant: Applicant) -> None:
        """Take a client whose handshake is good, and ``admit`` or ``refuse`` it, now or later.

        Without an answer within the opening timeout it gets an HTTP 503.
        """

    def forget(self, applicant: Applicant) -> None:
        """Take that a client waits no more: it has left, or it was given the 503."""


def head_of(request: Request) -> bytes:
    """Return the head of a request that the parser has read.

    Args:
        request: good, so that no field has an end of line in it.
    """
    lines = [f"{request.method} {request.path} {request.protocol}"]
    lines += [f"{name}: {value}" for name, value in request.headers.raw_items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def read_fields(head: bytes) -> Iterator[tuple[str, str]]:
    """Read the fields of a request: name in lower case, and value, in their order.

    Args:
        head: of a good request.
    """
    for line in head.decode("latin-1").split("\r\n")[1:-2]:
        name, _, value = line.partition(":")
        yield name.lower(), value.strip(" \t")


def offered_subprotocols(head: bytes) -> list[str]:
    """Return the subprotocols that a client offers, those that it prefers first.

    Args:
        head: of a good request.
    """
    values = [value for name, value in read_fields(head) if name == "sec-websocket-protocol"]
    names = [name.strip(" \t") for name in ",".join(values).split(",")]
    return [name for name in names if name]


def select_subprotocol(ours: Sequence[str], head: bytes) -> str | None:
    """Return the first subprotocol of ours that a client offers, or None.

    Args:
        ours: those that we prefer first.
        head: of a good request.
    """
    if not ours:
        return None
    offered = offered_subprotocols(head)
    return next((name for name in ours if name in offered), None)
