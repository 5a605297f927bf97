"""A connection of a client to one server: one exchange after the other."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from ...net.shares import SHARE_BYTES, SHARE_FRAMES
from ...net.stream import Stream
from .failures import RequestError
from .roles import Asker, Keeper, Origin
from .settings import Head, Request
from .wire import END
from .wires import make_wire

__all__ = ["ClientConnection"]

_HIGH_WATER = 64 * 1024
"""Bytes of a request that are collected before they are written."""

_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
"""Methods that mean a body, so that an empty one is said to be empty (RFC 9110 section 8.6)."""

_AGENT = ("User-Agent", "accessor-host")
_CONNECTION = (("Connection", "close"), ("Connection", "keep-alive"))


class ClientConnection(Stream):
    """A connection, from when it is about to be made.

    Args:
        pool: whose it is.
        origin: where it leads to.
    """

    __slots__ = (
        "_error",
        "_pool",
        "_wire",
        "exchange",
        "is_connected",
        "is_gone",
        "is_used",
        "origin",
    )

    def __init__(self, pool: Keeper, origin: Origin) -> None:
        super().__init__(pool.flusher, pool.shares, _HIGH_WATER, _HIGH_WATER)
        self.origin = origin
        self.exchange: Asker | None = None
        """Whose answer comes next."""
        self.is_connected = False
        """Whether there is, or was, TCP to the server, and TLS if wanted."""
        self.is_gone = False
        """Whether it is of no use any more."""
        self.is_used = False
        """Whether it has served a request before this one."""
        self._pool = pool
        self._wire = make_wire()
        self._error: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request that waits (asyncio)."""
        super().connection_made(transport)
        self.is_connected = True
        if self.exchange is None or self.is_gone:
            self.abort()
            return
        self._pool.connected(self.exchange)
        self._send(self.exchange)

    def start(self, exchange: Asker) -> None:
        """Send another request."""
        self.exchange = exchange
        self._send(exchange)

    def abort(self) -> None:
        """Cut TCP, if there is any."""
        self.is_gone = True
        self.exchange = None
        self._wire.close()
        if self.is_connected:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes of the server (asyncio)."""
        if self.exchange is None:
            # Nobody asked for these.
            self._give_up()
            return
        self._wire.receive(data)
        if not self._waits:
            self._handle_share()

    def eof_received(self) -> None:
        """Take the end of the server's bytes (asyncio)."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that TCP is gone (asyncio)."""
        self._error = self._error or exc
        self._end()

    def pause_writing(self) -> None:
        """Go on reading: a server may answer before it has read all (asyncio)."""

    def resume_writing(self) -> None:
        """Nothing was stopped (asyncio)."""

    def resume(self) -> None:
        """Read from the server again, behind what is here already."""
        if self._paused:
            self._paused = False
            self._wait_for_share()

    def expire(self, now: float) -> None:
        """Act on that nobody has wanted it for long."""
        self._give_up()

    def _send(self, exchange: Asker) -> None:
        request = exchange.request
        try:
            data = self._wire.request(
                request.method, request.url.target, _fields(request), request.body
            )
        except RequestError as error:
            self._fail(error)
        else:
            self._queue(data)

    def _end(self) -> None:
        if self.exchange is None:
            self._give_up()
            return
        self._wire.receive_end()
        if not self._waits and not self._paused:
            self._handle_share()

    def _handle_share(self) -> None:
        wire = self._wire
        end = wire.taken + SHARE_BYTES
        for _ in range(SHARE_FRAMES):
            exchange = self.exchange
            if exchange is None or self._paused:
                return
            try:
                event = wire.next_event()
                if event is None:
                    return
                if event is END:
                    self._complete(exchange)
                elif isinstance(event, Head):
                    exchange.began(event)
                else:
                    exchange.continued(event)  # type: ignore[arg-type]
            except RequestError as error:
                self._fail(error)
                return
            if wire.taken >= end:
                break
        self._wait_for_share()

    def _complete(self, exchange: Asker) -> None:
        """Hand the connection back, and then the answer over."""
        self.exchange = None
        self.is_used = True
        reusable = exchange.request.settings.keep_alive and self._wire.is_between
        if reusable and not self._transport.is_closing():
            self._pool.give_back(self)
        else:
            self._give_up()
        exchange.ended()

    def _fail(self, error: RequestError) -> None:
        exchange = self.exchange
        self._give_up()
        if exchange is None:
            return
        if error.code == "ECONNRESET" and not self._wire.has_answer:
            if self.is_used and exchange.may_be_repeated:
                # It had ended before the request came, and nobody knew yet.
                self._pool.repeat(exchange)
                return
            if isinstance(self._error, OSError) and not isinstance(self._error, ConnectionError):
                # Of TLS, a server may speak only after the handshake: it tells why.
                exchange.fail(self._pool.explain(exchange, self._error))
                return
        url = str(exchange.request.url)
        if not error.reason.startswith(url):
            error = RequestError(error.code, f"{url}: {error.reason}")
        exchange.fail(error)

    def _give_up(self) -> None:
        """End the connection, which is the pool's no more."""
        if not self.is_gone:
            self.abort()
            self._pool.forget(self)


def _fields(request: Request) -> list[tuple[str, str]]:
    """Return all fields of a request."""
    url, body, settings = request.url, request.body, request.settings
    if not request.fields and body is None and request.method not in _WITH_BODY:
        return _own_fields(url.authority, url.authorization, settings.keep_alive)
    fields = [("Host", url.authority)]
    names = {name.lower() for name, _ in request.fields}
    if "user-agent" not in names:
        fields.append(_AGENT)
    if url.authorization and "authorization" not in names:
        fields.append(("Authorization", url.authorization))
    fields += request.fields
    if body is not None or request.method in _WITH_BODY:
        fields.append(("Content-Length", str(len(body or b""))))
    fields.append(_CONNECTION[settings.keep_alive])
    return fields


@lru_cache(maxsize=64)
def _own_fields(authority: str, authorization: str, keep_alive: bool) -> list[tuple[str, str]]:
    """Return the fields of a request to which the script adds none; nobody changes them."""
    fields = [("Host", authority), _AGENT]
    if authorization:
        fields.append(("Authorization", authorization))
    fields.append(_CONNECTION[keep_alive])
    return fields
