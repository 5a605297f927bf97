"""Requests to open a WebSocket: the library must agree, and so must the short cut past it."""

from __future__ import annotations

from typing import cast

from websockets.http11 import Request
from websockets.server import ServerProtocol

from accessor_host.websocket.fast_handshake import answer, read_upgrade

from ..differential.cases import Case
from ..differential.once import DEFLATE_HEAD, HEAD, check

__all__ = ["SEEDS", "run"]

_END = b"\r\n\r\n"

_ORIGINS = ("https://a.example", None)

SEEDS = [
    HEAD,
    DEFLATE_HEAD,
    HEAD[:-2] + b"Origin: https://a.example\r\n\r\n",
    HEAD[:-2] + b"Origin: https://b.example\r\n\r\n",
    HEAD.replace(b"Upgrade\r\n", b"keep-alive, Upgrade\r\n"),
    HEAD[:-2] + b"Content-Length: 0\r\n\r\n",
    HEAD.replace(b"GET", b"POST"),
    HEAD.replace(b"1.1", b"1.0"),
    b"\x16\x03\x01\x02\x00\x01",
]


def run(data: bytes) -> None:
    """Send a request, and what is behind it as frames."""
    head, end, rest = data.partition(_END)
    head += end
    if not head:
        return
    check(Case(head, rest if end else b"", (), compression=False))
    for origins in (None, _ORIGINS):
        for compression in (False, True):
            _check_short_cut(data, origins, compression)


def _check_short_cut(
    data: bytes, origins: tuple[str | None, ...] | None, compression: bool
) -> None:
    upgrade = read_upgrade(data, origins, compression=compression)
    if upgrade is None:
        return
    protocol = ServerProtocol(origins=cast("None", origins))
    protocol.receive_data(data[: upgrade.size])
    request = cast("Request", protocol.events_received()[0])
    response = protocol.accept(request)
    if response.status_code != 101:
        raise AssertionError(f"accepted by the short cut alone: {response}")
    if (request.path, protocol.origin) != (upgrade.path, upgrade.origin):
        raise AssertionError(f"{upgrade} is not {request}")
    theirs, ours = response.serialize().split(b"\r\n"), answer(upgrade.key).split(b"\r\n")
    # The second may have passed in between.
    if [line for line in theirs if line[:5] != b"Date:"] != [
        line for line in ours if line[:5] != b"Date:"
    ]:
        raise AssertionError(f"{ours} is not {theirs}")
