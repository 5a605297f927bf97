"""First bytes on a TLS port: a TLS handshake, plain HTTP, or neither; never a message."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from functools import cache
from pathlib import Path

from accessor_host.conformance.certificates import PASSWORD, make_certificates
from accessor_host.net.tls.contexts import server_context
from accessor_host.net.tls.settings import ServerTls
from accessor_host.net.tls.transport import SecureTransport
from accessor_host.websocket.plain_http import plain_on_tls

from ..loop import Wire

__all__ = ["SEEDS", "run"]


def _hello() -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


SEEDS = [
    b"\0" + _hello(),
    b"\5" + _hello(),
    b"\0GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\0\x16\x03\x01\x00\x00",
    b"\0\x15\x03\x03\x00\x02\x02\x28",
    b"\0SSH-2.0-x\r\n",
]


class _Deaf(asyncio.Protocol):
    """A connection above TLS, which must hear nothing."""

    def data_received(self, data: bytes) -> None:
        raise AssertionError(f"{data!r} came through")


def run(data: bytes) -> None:
    """Connect to a TLS port.

    Args:
        data: the first byte is the size of the reads, 0 for all at once.
    """
    size, stream = data[:1], data[1:]
    if not stream:
        return
    step = size[0] or len(stream)
    wire = Wire()
    transport = SecureTransport(_context(), _Deaf(), plain_on_tls)
    transport.connection_made(wire)
    for start in range(0, len(stream), step):
        transport.data_received(stream[start : start + step])
        if wire.is_over:
            break
    transport.eof_received()
    transport.connection_lost(None)
    sent = bytes(wire.sent)
    is_tls = stream[:1] == b"\x16"
    if sent and not is_tls and not sent.startswith(b"HTTP/1.1 400 "):
        raise AssertionError(f"{sent!r} is no answer to {stream!r}")


@cache
def _context() -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder))
        return server_context(ServerTls(pfx_path=str(certificates.pfx), pfx_password=PASSWORD))
