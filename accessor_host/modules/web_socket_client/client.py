"""The Python face of ``web-socket-client``: the same Client, without JavaScript.

Source: module specification section 2, with the Python codecs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from ...codecs.values import Codec
from ...errors import ConnectError, DecodingError, TlsError
from ...websocket.client import ClientLifecycle
from ...websocket.settings import ClientSettings
from ..endpoint import Endpoint, running_loop
from .handshake import apply_url
from .settings import client_settings

__all__ = ["Client"]

logger = logging.getLogger("accessor_host.client")

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
            Or the option ``url`` alone, as in ``Client("wss://gateway.example.org/sensors")``.
        keyword: more options, in snake_case or camelCase; they win.

    Raises:
        OptionError: a value is not allowed.
        TypeError: ``options`` is neither a mapping nor a text.

    Warns:
        OptionWarning: for an option that does not exist, with the nearest known name.
    """

    def __init__(
        self, options: Mapping[str, object] | str | None = None, /, **keyword: object
    ) -> None:
        given = {"url": options} if isinstance(options, str) else options
        super().__init__(_SCHEMA, given, keyword)
        self._handler = _Handler(self, client_settings(self.options), self._receive)
        self._lifecycle = self._handler.lifecycle

    def open(self) -> None:
        """Begin to connect; returns at once, ``open`` or ``error`` follows.

        Nothing when connecting or open. A client that is closing opens again once it is closed.

        Raises:
            RuntimeError: no asyncio loop is running.
        """
        self._handler.open(running_loop("Client.open()"))

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
        return self._lifecycle.send(self._send.encode(value))

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
        self._lifecycle.close(code, reason)
        self._handler.settle(ConnectError("WS_CLOSED", "the client was closed before it was open"))

    def is_open(self) -> bool:
        """Tell whether values go out; false at once after :meth:`close`."""
        return self._lifecycle.is_open

    def subprotocol(self) -> str:
        """Return what the server chose of ``subprotocols`` at the last opening; "" for none."""
        return self._lifecycle.subprotocol

    async def wait_open(self) -> None:
        """Wait until the client is open.

        Raises:
            ConnectError: it cannot connect, or was closed before it could.
            TlsError: a file of authorities, of a key or of a certificate cannot be used.
            RuntimeError: :meth:`open` was never called.
        """
        opening = self._handler.opening
        if opening is None:
            raise RuntimeError("Client.open() was not called")
        await asyncio.shield(opening)

    async def wait_closed(self) -> None:
        """Wait until the client is closed, or has failed to open; at once when it is."""
        await self._lifecycle.wait_inactive()

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
        return str(self._lifecycle)

    def _complete(self, values: dict[str, Any]) -> None:
        apply_url(values)


class _Handler:
    """Make events of what happens to a client, and tell those who wait until it is open.

    Args:
        client: emits the events.
        settings: of the client.
        receive: decodes messages.
    """

    def __init__(self, client: Client, settings: ClientSettings, receive: Codec) -> None:
        self.lifecycle = ClientLifecycle(self, settings)
        """Opens and closes the client."""
        self.opening: asyncio.Future[None] | None = None
        """Is done once the client is open, or has why it is not; None before the first attempt."""
        self._client = client
        self._receive = receive

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to connect, and let those wait who want to know."""
        if not self.lifecycle.is_open and (self.opening is None or self.opening.done()):
            self.opening = loop.create_future()
            # Whoever waits gets the exception; nobody has to.
            self.opening.add_done_callback(lambda future: future.cancelled() or future.exception())
        self.lifecycle.open()

    def settle(self, error: Exception | None) -> None:
        """Tell those who wait that the client is open, or why it is not."""
        if self.opening is None or self.opening.done():
            return
        if error is None:
            self.opening.set_result(None)
        else:
            self.opening.set_exception(error)

    def opened(self) -> None:
        self.settle(None)
        self._client.emit("open")

    def message(self, data: str | bytes) -> None:
        try:
            value = self._receive.decode(data)
        except DecodingError as error:
            self._emit_error(error)
        else:
            self._client.emit("message", value)

    def violated(self) -> None:
        """Do nothing: listeners have run."""

    def closed(self, code: int, reason: str) -> None:
        self._client.emit("close", code, reason)

    def failed(self, code: str, message: str) -> None:
        error = self.lifecycle.error
        if isinstance(error, ConnectError | TlsError):
            self.settle(error)
        self._emit_error(error)

    def _emit_error(self, error: Exception | None) -> None:
        if self._client.listeners("error"):
            self._client.emit("error", error)
        else:
            logger.error("%s: %s", self._client, error)
