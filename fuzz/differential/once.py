"""One case after the other, for a fuzzer that brings its own."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import cache

from ..loop import run
from .cases import Case
from .comparison import compare
from .ours import Answer, Server, serving
from .theirs import judge

__all__ = ["DEFLATE_HEAD", "HEAD", "check"]

HEAD = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
"""A good opening handshake."""

DEFLATE_HEAD = HEAD[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
"""The same with an offer to compress."""


def check(case: Case) -> Answer:
    """Play a case, and return what our server answers.

    Raises:
        AssertionError: the library answers otherwise, in a way that is not known.
    """
    answer = run(_server(case.compression).answer(case))
    if compare(case, answer) is None:
        raise AssertionError(f"ours: {answer}; theirs: {judge(case)}")
    return answer


@cache
def _server(compression: bool) -> Server:
    return run(_kept.enter_async_context(serving("none", compression)))


_kept = AsyncExitStack()
"""Servers, which listen until the process ends."""
