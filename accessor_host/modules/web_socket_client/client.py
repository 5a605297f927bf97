"""The Python face of ``web-socket-client``: the same Client, without JavaScript.

Source: module specification section 2, with the Python codecs.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from types import TracebackType

from ...errors import ConnectError, DecodingError, TlsError
from ...websocket.client import Connector
from ..endpoint import Endpoint, running_loop

__all__ = ["Client"]

logger = logging.getLogger("accessor_host.modules.web_socket_client.client")

_SCHEMA = "web-socket-client"


class Client(Endpoint):
    """A WebSocket client in the running asyncio loop.

    Events: ``open()``; ``message(value)``, decoded by ``receiveType``; ``close(code, reason)``,
    exactly once for each ``open``; ``error(error)``: a :class:`ConnectError` once the last attempt
    to connect has failed, a :class:`TlsError` when it cannot be made, an :class:`UnsentError` for
    what is not sent, a :class:`ConnectionFault` before ``close``, a :class:`DecodingError` for a
    message that is dropped. An ``error`` without a listener is logged in one line.

    A connection that ends is not opened again unless :meth:`open` is called. Attach listeners,
    then call :meth:`open`; ``async with`` opens and closes.

    Args:
        options: by the names of the module specification, camelCase. ``schemas/`` describes them.
        keyword: more options, in snake_case or camelCase; they win.

    Raises:
        OptionError: a value is not allowed.

    Warns:
        OptionWarning: for an option that does not exist, with the nearest known name.
    """

    def __init__(self, options: Mapping[str, object] | None = None, /, **keyword: object) -> None:
        super().__init__(_SCHEMA, options, keyword)
        self._connector = Connector(
            _Bridge(self), self.options, ssl=self._tls_context if self.options["sslTls"] else None
        )
        self._opening: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Begin to connect; returns at once, ``open`` or ``error`` follows.

        Nothing when connecting or open. A client that is closing opens again once it is closed.

        Raises:
            RuntimeError: no asyncio loop is running.
        """
        loop = running_loop("Client.open()")
        if not self.is_open() and (self._opening is None or self._opening.done()):
            self._opening = loop.create_future()
            # Whoever waits gets the exception; nobody has to.
            self._opening.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._connector.open()

    def send(self, value: object) -> bool:
        """Send a value, encoded by ``sendType``, or queue it until the client is open.

        Args:
            value: what the type can express. It is encoded now: later changes are not sent.

        Returns:
            Whether it was taken. False when ``discardMessagesBeforeOpen`` drops it, when
            ``maxQueuedMessages`` wait already, or ``maxUnsentBytes``; the last two are an
            ``error`` as well.

        Raises:
            EncodingError: the value has no form in the type.
        """
        return self._connector.send(self._send.encode(value))

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close the client, or stop trying to open it; allowed in any state.

        What was sent while it was open is delivered. Messages that are still queued are dropped,
        with one ``error`` that says how many.

        Args:
            code: 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4); None for
                no code.
            reason: at most 123 bytes in UTF-8.

        Raises:
            ValueError: the code may not be sent, or the reason is too long.
        """
        self._connector.close(code, reason)
        self._settle(ConnectError("WS_CLOSED", "the client was closed before it was open"))

    def is_open(self) -> bool:
        """Tell whether values go out; false at once after :meth:`close`."""
        return self._connector.is_open

    async def wait_open(self) -> None:
        """Wait until the client is open.

        Raises:
            ConnectError: it cannot connect, or was closed before it could.
            TlsError: the file of authorities cannot be used.
            RuntimeError: :meth:`open` was never called.
        """
        if self._opening is None:
            raise RuntimeError("Client.open() was not called")
        await asyncio.shield(self._opening)

    async def wait_closed(self) -> None:
        """Wait until the client is closed, or has failed to open; at once when it is."""
        await self._connector.wait_inactive()

    async def __aenter__(self) -> Client:
        self.open()
        try:
            await self.wait_open()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        await self.wait_closed()

    def __str__(self) -> str:
        return str(self._connector)

    def _tls_context(self) -> ssl.SSLContext | None:
        from ...net.tls.contexts import client_context

        return client_context(self.options)

    def _settle(self, error: Exception | None) -> None:
        if self._opening is None or self._opening.done():
            return
        if error is None:
            self._opening.set_result(None)
        else:
            self._opening.set_exception(error)

    def _emit_error(self, error: Exception | None) -> None:
        if self.listeners("error"):
            self.emit("error", error)
        else:
            logger.error("%s: %s", self, error)

    def _opened(self) -> None:
        self._settle(None)
        self.emit("open")

    def _message(self, data: str | bytes) -> None:
        try:
            value = self._receive.decode(data)
        except DecodingError as error:
            self._emit_error(error)
        else:
            self.emit("message", value)

    def _failed(self) -> None:
        error = self._connector.error
        if isinstance(error, ConnectError | TlsError):
            self._settle(error)
        self._emit_error(error)


class _Bridge:
    """Turn what the connector reports into events."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def opened(self) -> None:
        self._client._opened()

    def message(self, data: str | bytes) -> None:
        self._client._message(data)

    def closed(self, code: int, reason: str) -> None:
        self._client.emit("close", code, reason)

    def failed(self, code: str, message: str) -> None:
        self._client._failed()
