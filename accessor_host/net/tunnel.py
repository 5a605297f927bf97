"""A tunnel to a server through an HTTP proxy (RFC 9110 section 9.3.6)."""

from __future__ import annotations

import asyncio
import re
from typing import cast

from .proxies import Proxy, ProxyError
from .quoting import HIDDEN, printable, secrets_in

__all__ = ["LARGEST_ANSWER", "Tunnel"]

LARGEST_ANSWER = 16 * 1024
"""Most bytes of a proxy's answer up to its end: it has a status and few fields."""

_END = b"\r\n\r\n"

_HTTP = b"HTTP/1."

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]*))?\r\n")

_HOST = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:-]+")
"""What a host is made of (RFC 3986 section 3.2.2), with the addresses of IPv6."""


class Tunnel(asyncio.Protocol):
    """Ask a proxy for a server; then the transport is that of the protocol inside.

    Args:
        inner: speaks to the server; it gets the transport once the tunnel is there.
        host: name or IP address of the server, in ASCII; the proxy resolves it.
        port: TCP port of the server.
        proxy: what the transport leads to.
        opened: is done once the tunnel is there, or has why it is not, a :class:`ProxyError`.

    Raises:
        ValueError: the host is none.
    """

    def __init__(
        self,
        inner: asyncio.BaseProtocol,
        host: str,
        port: int,
        proxy: Proxy,
        opened: asyncio.Future[None],
    ) -> None:
        if not _HOST.fullmatch(host):
            # Nobody resolves it here, who would say the same.
            raise ValueError("it has characters that no host name has")
        self._inner = inner
        self._target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._proxy = proxy
        self._opened = opened
        self._head = bytearray()
        self._tcp: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the proxy (asyncio)."""
        self._tcp = cast("asyncio.Transport", transport)
        lines = [f"CONNECT {self._target} HTTP/1.1", f"Host: {self._target}"]
        if self._proxy.authorization:
            lines.append(f"Proxy-Authorization: {self._proxy.authorization}")
        self._tcp.write("\r\n".join((*lines, "", "")).encode())

    def data_received(self, data: bytes) -> None:
        """Take bytes of the proxy's answer (asyncio)."""
        if self._opened.done():
            return  # too late: whoever waited has gone
        head = self._head
        seam = max(0, len(head) + 1 - len(_END))
        head += data
        if not (head.startswith(_HTTP) or _HTTP.startswith(head)):
            self._fail(f"it does not speak HTTP/1.1; it sent {self._shown(bytes(head))!r}")
            return
        at = head.find(_END, seam)
        end = len(head) if at < 0 else at + len(_END)
        if end > LARGEST_ANSWER:
            self._fail(f"its answer has a head of more than {LARGEST_ANSWER} bytes")
        elif at >= 0:
            self._read_answer(bytes(head[:end]), bytes(head[end:]))

    def eof_received(self) -> None:
        """Take the end of the proxy's bytes (asyncio)."""
        self._fail(self._unanswered())

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that TCP is gone (asyncio)."""
        self._fail(self._unanswered())

    def _read_answer(self, head: bytes, rest: bytes) -> None:
        status = _STATUS_LINE.match(head)
        if status is None:
            self._fail(f"its answer is not HTTP: {self._quote(head.decode('ascii', 'replace'))}")
        elif not status[1].startswith(b"2"):
            self._fail(self._refusal(status))
        else:
            # A length that the answer names does not count: what follows is the server's.
            self._opened.set_result(None)
            self._tcp.set_protocol(self._inner)
            self._inner.connection_made(self._tcp)
            if rest:
                cast("asyncio.Protocol", self._inner).data_received(rest)

    def _refusal(self, status: re.Match[bytes]) -> str:
        words = b" ".join(part for part in status.groups() if part).decode("ascii", "replace")
        if status[1] != b"407":
            return f"it answered with HTTP {self._quote(words)}"
        if self._proxy.authorization:
            return f"it does not accept the user and password (HTTP {self._quote(words)})"
        return f"it wants a user and a password (HTTP {self._quote(words)})"

    def _quote(self, text: str) -> str:
        return printable(text, secrets_in(self._proxy.authorization))

    def _shown(self, head: bytes) -> bytes:
        for secret in secrets_in(self._proxy.authorization):
            head = head.replace(secret.encode(), HIDDEN.encode())
        return head[:24]

    def _unanswered(self) -> str:
        where = "in the middle of its answer" if self._head else "without an answer"
        return f"it ended the connection {where}"

    def _fail(self, reason: str) -> None:
        if not self._opened.done():
            self._opened.set_exception(ProxyError(f"the proxy {self._proxy}: {reason}"))
        self._tcp.abort()
