"""A client's connection over time: attempts, the queue before it opens, its end, and again.

Source: module specification section 2, without the deviations of existing hosts.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from typing import TYPE_CHECKING, cast

from ..errors import AccessDeniedError, ConnectError, ConnectionFault, TlsError, UnsentError
from ..net.connect import connect, why
from ..net.deadlines import Deadlines
from ..net.flusher import Flusher
from ..net.shares import Shares
from .client_connection import ClientConnection
from .close_codes import check_close
from .group import ConnectionGroup
from .outbox import Outbox
from .settings import ClientSettings

if TYPE_CHECKING:
    from ssl import SSLContext

    from ..net.proxies import Proxy
    from .handler import ClientHandler, Failure, Peer

__all__ = ["ClientLifecycle"]

logger = logging.getLogger("accessor_host.websocket")


class ClientLifecycle:
    """Connect, try again, queue, send and close, for one client.

    It is inactive at first, again after the last attempt failed or the connection ended, and
    after ``close`` unless a connection is to be closed. :attr:`is_active` has its new value when
    the handler hears of the change, and when ``open`` and ``close`` return.

    Args:
        handler: takes what happens.
        settings: where to connect to, and how.
        flusher: shared with others; None makes one.
        loop: where to run; None takes the loop that runs when ``open`` is called.
    """

    def __init__(
        self,
        handler: ClientHandler,
        settings: ClientSettings,
        *,
        flusher: Flusher | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.error: Failure | None = None
        """What ``failed`` told last; None before."""
        self.subprotocol = ""
        """What the server chose when the client opened last; empty for none."""
        self._handler = handler
        self._settings = settings
        self._flusher = flusher or Flusher()
        self._loop = loop
        self._discarded = False
        self._outbox = Outbox(
            settings.max_queued_messages, settings.limits.max_unsent_bytes, settings.names
        )
        self._group: ConnectionGroup | None = None
        # At most one of these two is set; the second until TCP is gone.
        self._dialing: asyncio.Task[None] | None = None
        self._connection: Peer | None = None
        self._reopen = False  # once TCP is gone
        self._throttled = 0  # messages that leave one at a time before the rest does
        self._timer: asyncio.TimerHandle | None = None
        self._ended: set[asyncio.Task[None]] = set()  # cancelled, and about to know it
        self._inactive = asyncio.Event()
        self._inactive.set()

    @property
    def is_open(self) -> bool:
        """Tell whether messages go out; false at once after :meth:`close`."""
        return self._connection is not None and self._connection.is_open

    @property
    def is_active(self) -> bool:
        """Tell whether it connects, waits to try again, is open or closing."""
        return self._dialing is not None or self._connection is not None

    @property
    def queued(self) -> int:
        """Count the messages that wait to be sent."""
        return len(self._outbox)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self._settings.url

    def open(self) -> None:
        """Begin to connect; nothing when connecting or open.

        While it is closing, it opens again once the old connection is gone.

        Raises:
            RuntimeError: no asyncio loop is running, and none was given.
        """
        if self._connection is not None:
            self._reopen = not self._connection.is_open
        elif self._dialing is None:
            self._begin()

    def send(self, payload: str | bytes) -> bool:
        """Send a message, or queue it while the client is not open.

        Args:
            payload: str for a text message, bytes for a binary one.

        Returns:
            Whether it was taken. False when it is discarded before the client is open, when it
            does not fit in the queue, or when it would pass ``max_unsent_bytes``; for the last two
            the handler gets an error before this returns.
        """
        connection = self._connection
        if connection is not None and connection.is_open:
            if not self._outbox:
                if isinstance(payload, str):
                    return connection.send_text(payload)
                return connection.send_binary(payload)
        elif self._settings.discards:
            if not self._discarded:
                self._discarded = True
                logger.warning("%s: not open; messages are discarded until it is", self)
            return False
        bound = self._outbox.add(payload)
        if bound is None:
            return True
        self._report(UnsentError("WS_QUEUE_FULL", f"a message is not sent: {bound}, wait already"))
        return False

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close the client, stop trying to open it, and drop what is queued; in any state.

        What was sent while it was open is delivered, what throttling held back too. Messages
        that were queued and cannot be sent any more are reported by one error.

        Args:
            code: RFC 6455 section 7.4; None sends a close frame without a code.
            reason: at most 123 bytes in UTF-8.

        Raises:
            ValueError: the code may not be sent, or the reason is too long.
        """
        check_close(code, reason)
        self._reopen = False
        if self._dialing is not None:
            self._dialing.cancel()
            self._dialing = None
            self._inactive.set()
        elif self._connection is not None:
            self._throttled = 0
            self._send_queued()
            self._connection.close(code, reason)
        unsent = self._outbox.clear()
        if unsent:
            words = "a message was" if unsent == 1 else f"{unsent} messages were"
            self._report(
                UnsentError("WS_UNSENT_MESSAGES", f"{words} not sent before the client was closed")
            )

    def pause(self) -> None:
        """Stop reading from the server; what was read already is still delivered."""
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """Read from the server again."""
        if self._connection is not None:
            self._connection.resume()

    async def wait_inactive(self) -> None:
        """Wait until it is inactive, and nothing of it is left in the loop."""
        await self._inactive.wait()
        if self._ended:
            await asyncio.wait(self._ended)

    def __str__(self) -> str:
        return f"client of {self._settings.url}"

    # Connecting.

    def _begin(self) -> None:
        loop = self._loop or asyncio.get_running_loop()
        if self._group is None:
            limits = self._settings.limits
            deadlines, shares = Deadlines(loop), Shares(loop, loop.time)
            self._group = ConnectionGroup(
                self, limits, self._flusher, deadlines, shares, loop.time, Counter()
            )
        self._inactive.clear()
        self._dialing = task = loop.create_task(self._dial(loop, self._group))
        self._ended.add(task)
        task.add_done_callback(self._ended.discard)

    async def _dial(self, loop: asyncio.AbstractEventLoop, group: ConnectionGroup) -> None:
        """Try to connect until it works, or often enough."""
        try:
            proxy = self._find_proxy()
            await self._try(loop, group, await self._context(), proxy)
        except (AccessDeniedError, TlsError, ConnectError) as error:
            self._give_up(error)
        except Exception as error:
            # A defect of ours; without this, who waits for the client would wait for ever.
            logger.exception("%s: connecting failed", self)
            self._give_up(ConnectError("WS_INTERNAL_ERROR", f"connecting failed: {error!r}"))

    async def _try(
        self,
        loop: asyncio.AbstractEventLoop,
        group: ConnectionGroup,
        context: SSLContext | None,
        proxy: Proxy | None,
    ) -> None:
        for attempt in range(self._settings.retries + 1):
            if attempt:
                await asyncio.sleep(self._settings.retry_pause)
            reason = await self._attempt(loop, group, context, proxy)
            if reason is None:
                return
            logger.debug("%s: attempt %d: %s", self, attempt + 1, reason)
        attempts = self._settings.retries + 1
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        message = f"could not connect to {self._settings.url} after {tries}: {reason}"
        if self._outbox:
            message += f"; messages that stay queued: {len(self._outbox)}"
        self._give_up(ConnectError("WS_CONNECT_FAILED", message))

    async def _context(self) -> SSLContext | None:
        settings = self._settings.tls
        if settings is None:
            return None
        # Imported late: clients without TLS do without.
        from ..net.tls.contexts import client_context

        # In a thread: it may read files.
        return await asyncio.to_thread(client_context, settings)

    def _find_proxy(self) -> Proxy | None:
        settings = self._settings
        if not settings.proxy and not any(name.lower().endswith("_proxy") for name in os.environ):
            return None
        # Imported late: few have a proxy.
        from ..net.proxies import ProxyError, find_proxy

        try:
            return find_proxy(
                settings.proxy, settings.host, settings.port, secure=settings.tls is not None
            )
        except ProxyError as error:
            message = f"could not connect to {settings.url}: {error}"
            raise ConnectError("WS_CONNECT_FAILED", message) from None

    async def _attempt(
        self,
        loop: asyncio.AbstractEventLoop,
        group: ConnectionGroup,
        context: SSLContext | None,
        proxy: Proxy | None,
    ) -> str | None:
        """Connect once; return None when that worked, else why not."""
        answered: asyncio.Future[str | None] = loop.create_future()
        settings = self._settings
        connection = ClientConnection(group, settings, answered)
        try:
            async with asyncio.timeout(settings.connect_timeout or None) as timeout:
                await connect(
                    loop,
                    lambda: connection,
                    settings.host,
                    settings.port,
                    context,
                    settings.permit,
                    server_name=settings.server_name,
                    proxy=proxy,
                )
                return await answered
        except (OSError, ValueError) as error:
            # The deadline may pass in the moment in which it opens.
            if _is_open(answered):
                return None
            if timeout.expired() and isinstance(error, TimeoutError):
                through = "" if proxy is None else f" through the proxy {proxy}"
                missing = (
                    "answer to the handshake" if connection.is_connected else f"connection{through}"
                )
                return f"no {missing} within {settings.connect_timeout * 1000:g} ms"
            return why(error, settings.tls)
        finally:
            if not _is_open(answered):
                connection.give_up()
                # In the next iteration its socket is closed: whoever waits for us can rely on it.
                await asyncio.sleep(0)

    def _give_up(self, error: Failure) -> None:
        self._dialing = None
        self._inactive.set()
        self._report(error)

    # What the connection says.

    def opened(self, peer: Peer) -> None:
        """Send what is queued, and pass on that the client is open."""
        self._dialing = None
        self._connection = peer
        self.subprotocol = cast("ClientConnection", peer).subprotocol
        self._throttled = len(self._outbox) if self._settings.throttle else 0
        self._send_queued()
        self._handler.opened()

    def message(self, peer: Peer, data: str | bytes) -> None:
        """Pass on a message."""
        self._handler.message(data)

    def violated(self, peer: Peer) -> None:
        """Pass on that the server did something wrong."""
        self._handler.violated()

    def drained(self, peer: Peer) -> None:
        """Nothing: a client's owner is not told."""

    def ponged(self, peer: Peer, data: bytes) -> None:
        """Nothing: a client's owner sends no pings."""

    def fault(self, peer: Peer, fault: ConnectionFault) -> None:
        """Pass on what the server did wrong."""
        self._report(fault)

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        """Pass on the end, and open again if that was asked for meanwhile."""
        self._connection = None
        self._stop_timer()
        if self._reopen:
            self._reopen = False
            self._begin()
        else:
            self._inactive.set()
        self._handler.closed(code, reason)

    # Sending what was queued.

    def _send_queued(self) -> None:
        """Send what waits: while throttled one message, and the next one later; else all."""
        self._stop_timer()
        connection = self._connection
        while self._outbox and connection is not None and connection.is_open:
            is_text, data = self._outbox.take()
            if is_text:
                connection.send_text(data)
            else:
                connection.send_binary(data)
            self._throttled = max(0, self._throttled - 1)
            if self._throttled:
                loop = self._loop or asyncio.get_running_loop()
                self._timer = loop.call_later(self._settings.throttle, self._send_queued)
                return

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _report(self, error: Failure) -> None:
        self.error = error
        self._handler.failed(error.code, error.reason)


def _is_open(answered: asyncio.Future[str | None]) -> bool:
    return answered.done() and not answered.cancelled() and answered.result() is None
