"""From a server's name and port to TCP, and TLS if wanted; and words for what fails."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

    from .permits import ConnectPermit
    from .proxies import Proxy
    from .tls.settings import ClientTls

__all__ = ["ascii_host", "connect", "why"]

_STAGGER = 0.25
"""Seconds until the next address is tried beside one that does not answer (RFC 8305)."""


async def connect(
    loop: asyncio.AbstractEventLoop,
    make_protocol: Callable[[], asyncio.Protocol],
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    permit: ConnectPermit | None = None,
    *,
    server_name: str = "",
    proxy: Proxy | None = None,
) -> None:
    """Connect to a server.

    Args:
        loop: resolves the name and makes the transport.
        make_protocol: called once; the protocol gets the transport once TCP, and TLS if wanted,
            is there.
        host: name or IP address, in ASCII.
        port: TCP port.
        context: for TLS; None speaks plain text.
        permit: decides whether this may be; None is always. A proxy is asked about as well.
        server_name: the server's name in TLS, and in its certificate; empty for the host.
        proxy: makes a tunnel to the server, whose name it resolves; None goes there directly.

    Raises:
        AccessDeniedError: it may not connect there.
        OSError: the name or the server cannot be reached, or TLS fails; a ``ProxyError`` when the
            proxy is the reason.
        ValueError: the host, or the server's name, is no name.
    """
    protocol = make_protocol()
    steps: list[asyncio.Future[None]] = []
    if context is not None:
        # Imported late: clients without TLS do without.
        from .tls.transport import ClientTransport

        secured = _step(loop)
        protocol = ClientTransport(context, protocol, server_name or host, secured)
        steps.append(secured)
    if proxy is None:
        transport = await _reach(loop, protocol, host, port, permit)
    else:
        # Imported late: few have a proxy.
        from .tunnel import Tunnel

        if permit is not None:
            permit.check_target(host, port)
        tunnelled = _step(loop)
        protocol = Tunnel(protocol, host, port, proxy, tunnelled)
        steps.insert(0, tunnelled)
        transport = await _reach_proxy(loop, protocol, proxy, permit)
    try:
        for step in steps:
            await step
    except asyncio.CancelledError:
        transport.abort()
        raise


def _step(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    step: asyncio.Future[None] = loop.create_future()
    # Who waits for it may have gone when it fails.
    step.add_done_callback(lambda future: future.cancelled() or future.exception())
    return step


async def _reach_proxy(
    loop: asyncio.AbstractEventLoop,
    protocol: asyncio.Protocol,
    proxy: Proxy,
    permit: ConnectPermit | None,
) -> asyncio.Transport:
    from .proxies import ProxyError

    try:
        return await _reach(loop, protocol, ascii_host(proxy.host), proxy.port, permit)
    except (OSError, ValueError) as error:
        raise ProxyError(f"the proxy {proxy}: {why(error, None)}") from None


async def _reach(
    loop: asyncio.AbstractEventLoop,
    protocol: asyncio.Protocol,
    host: str,
    port: int,
    permit: ConnectPermit | None,
) -> asyncio.Transport:
    """Make a TCP connection, where that is permitted."""
    if permit is None and (isinstance(loop, asyncio.BaseEventLoop) or _is_address(host)):
        return await _connect(loop, protocol, host, port)
    # uvloop, asked for a connection, does not stop looking up the name when it is cancelled.
    if permit is not None:
        permit.check_name(host, port)
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if permit is not None:
        permit.check_connect(host, port, addresses)
    # One after the other, by address: the name is not looked up again, as it may mean another.
    for address in addresses[:-1]:
        with suppress(OSError):
            return await _connect(loop, protocol, address, port)
    return await _connect(loop, protocol, addresses[-1], port)


async def _connect(
    loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, host: str, port: int
) -> asyncio.Transport:
    options: dict[str, Any] = {}
    if isinstance(loop, asyncio.BaseEventLoop) and not _is_address(host):
        # uvloop tries one address after the other. For a single address asyncio had better not
        # race either: cancelled in the wrong moment, a race leaves its socket to the collector.
        options["happy_eyeballs_delay"] = _STAGGER
    transport, _ = await loop.create_connection(lambda: protocol, host, port, **options)
    return transport


def why(error: OSError | ValueError, tls: ClientTls | None) -> str:
    """Say why a server could not be reached.

    Args:
        error: what :func:`connect` raised.
        tls: settings of a client that speaks TLS; None for plain text.
    """
    if isinstance(error, socket.gaierror):
        return f"the host name cannot be resolved: {_lower(error.strerror or str(error))}"
    if tls is not None:
        from .tls.contexts import describe_tls_failure

        words = describe_tls_failure(error, tls.names)
        if words is not None:
            return words
    if isinstance(error, OSError):
        return _words(error)
    return f"not a host name: {error}"


def ascii_host(host: str) -> str:
    """Return the ASCII form of a host name (RFC 5891); one that has none as it is."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host  # whoever resolves it says what is wrong


def _words(error: OSError) -> str:
    # With several addresses that fail differently, asyncio has one error with all their texts.
    numbers = re.findall(r"\[Errno (\d+)\]", str(error)) if error.errno is None else [error.errno]
    reasons = dict.fromkeys(_lower(os.strerror(int(number))) for number in numbers)
    return ", ".join(reasons) or _lower(str(error)) or type(error).__name__


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
