"""What a proxy answers, and what the environment says of proxies: a tunnel, or one reason."""

from __future__ import annotations

import asyncio

from accessor_host.net.proxies import Proxy, ProxyError, find_proxy
from accessor_host.net.tunnel import LARGEST_ANSWER, Tunnel

from ..loop import Wire
from ..loop import run as run_in_loop

__all__ = ["SEEDS", "run"]

_SECRET = "c2VjcmV0"  # noqa: S105 - of nobody

_OURS = "Basic Zm9yIHRoZSBwcm94eSBhbG9uZQ=="
"""What the client proves itself with, which no answer has."""

SEEDS = [
    b"HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\nhello",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"\0HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
    b"HTTP/1.1 502 \x1b[2J\r\n\r\n",
    b"HTTP/1.1 20\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\1http://me:c2VjcmV0@proxy.example:3128\n.example, 10.0.0.0/8 *\n10.1.2.3",
    b"\1socks5://me:c2VjcmV0@[::1]:1080/\n[fd00::1]:443 a.example:80\na.example",
]


def run(data: bytes) -> None:
    """Answer as a proxy, or name one.

    Args:
        data: the answer, in two reads when the first byte is a NUL; behind a byte 1, three lines:
            a proxy, exceptions, and a host.
    """
    if data[:1] == b"\1":
        _find(*(data[1:].decode("utf-8", "surrogateescape") + "\n\n").split("\n")[:3])
    else:
        run_in_loop(_answer(data))


def _find(url: str, exceptions: str, host: str) -> None:
    environment = {"ALL_PROXY": url, "NO_PROXY": exceptions}
    try:
        proxy = find_proxy("", host, 443, secure=True, environment=environment)
    except ProxyError as error:
        text = str(error)
    else:
        if proxy is not None and not 1 <= proxy.port <= 65_535:
            raise AssertionError(f"{url!r} has the port {proxy.port}")
        # What stands before the host is not shown, wherever it ends.
        text = "" if proxy is None or proxy.host in _SECRET else str(proxy).replace(proxy.host, "")
    if _SECRET in text and "@" in url.partition(_SECRET)[2]:
        raise AssertionError(f"{text!r} shows a secret")


class _Inner(asyncio.Protocol):
    """Writes down what reaches it."""

    def __init__(self) -> None:
        self.transport: asyncio.BaseTransport | None = None
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data


class _Wire(Wire):
    """A wire whose protocol can change."""

    protocol: asyncio.BaseProtocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol


async def _answer(data: bytes) -> None:
    inner, wire = _Inner(), _Wire()
    opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    proxy = Proxy("127.0.0.1", 3128, _OURS)
    tunnel = wire.protocol = Tunnel(inner, "a.example", 443, proxy, opened)
    tunnel.connection_made(wire)
    answer = data.removeprefix(b"\0")
    middle = len(answer) // 2 if data[:1] == b"\0" else 0
    for part in (answer[:middle], answer[middle:]):
        if part and not wire.is_over:
            wire.protocol.data_received(part)
    if wire.protocol is tunnel:
        tunnel.eof_received()
        tunnel.connection_lost(None)
    error = opened.exception()
    if error is None:
        head, _, rest = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.") or len(head) + 4 > LARGEST_ANSWER or inner.data != rest:
            raise AssertionError(f"a tunnel for {answer[:100]!r}, with {inner.data[:100]!r}")
    elif not isinstance(error, ProxyError) or inner.transport is not None or not wire.is_over:
        raise AssertionError(f"no tunnel, and what is left is {error!r}, {inner.data[:100]!r}")
    elif not str(error).isprintable() or _OURS in str(error):
        raise AssertionError(f"{str(error)!r} is no text for a log")
