"""The Python face of ``web-socket-server``: the same Server and Socket, without JavaScript.

Source: module specification section 1, with the Python codecs.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType, TracebackType
from typing import Any

from .codecs import Codec, codec_for, require_supported_types
from .emitter import Emitter
from .errors import ConnectionFault, ListenError, OptionError
from .options import OptionWarning, camel_case, validate
from .websocket.connection import Connection
from .websocket.limits import Limits
from .websocket.listener import Listener

__all__ = ["Server", "Socket"]

logger = logging.getLogger("accessor_host.server")

_SCHEMA = "web-socket-server"


class Socket(Emitter):
    """One client's connection, as the argument of a server's ``connection`` event.

    Events: ``message(value)``, decoded by the server's ``receiveType``; ``close(code, reason)``,
    exactly once; ``error(fault)``, a :class:`ConnectionFault`, at most once and before ``close``.
    Without a listener a message is dropped, and a fault is logged in one line.

    Listeners that are attached before the first ``await`` of a ``connection`` listener miss
    nothing.
    """

    def __init__(self, connection: Connection, receive: Codec, send: Codec) -> None:
        super().__init__()
        self._connection = connection
        self._receive = receive
        self._send = send
        self._warned = False

    def send(self, value: object) -> bool:
        """Send a value, encoded by the server's ``sendType``; never waits.

        Args:
            value: what the type can express.

        Returns:
            Whether it was taken. False when the socket is not open, with one warning in the log
            for each socket, or when ``maxUnsentBytes`` already wait for this client.

        Raises:
            EncodingError: the value has no form in the type.
        """
        message = self._send.encode(value)
        if self._connection.is_open:
            return self._connection.send_text(message)
        if not self._warned:
            self._warned = True
            logger.warning("%s: sent on a socket that is not open; nothing is sent", self)
        return False

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close the socket; nothing when it is closing or closed.

        Args:
            code: 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4); None for
                no code.
            reason: at most 123 bytes in UTF-8.

        Raises:
            ValueError: the code may not be sent, or the reason is too long.
        """
        self._connection.close(code, reason)

    def is_open(self) -> bool:
        """Tell whether values can be sent; false at once after :meth:`close`."""
        return self._connection.is_open

    def remote_host(self) -> str:
        """Return the IP address of the client."""
        return self._connection.remote_host

    def remote_port(self) -> int:
        """Return the TCP port of the client."""
        return self._connection.remote_port

    def __str__(self) -> str:
        return f"socket {self._connection.id} from {self.remote_host()}:{self.remote_port()}"


class _State(Enum):
    IDLE = "idle"
    STARTING = "starting"
    LISTENING = "listening"
    STOPPING = "stopping"


class Server(Emitter):
    """A WebSocket server in the running asyncio loop.

    Events: ``listening(port)`` before any connection; ``connection(socket)``; ``error(error)``,
    a :class:`ListenError` when listening fails; ``close()`` once a started server has stopped.
    Attach listeners, then call :meth:`start`; ``async with`` starts and stops.

    Args:
        options: by the names of the module specification, camelCase. ``schemas/`` describes them.
        keyword: more options, in snake_case or camelCase; they win.

    Raises:
        OptionError: a value is not allowed.

    Warns:
        OptionWarning: for an option that does not exist, with the nearest known name.
    """

    def __init__(self, options: Mapping[str, object] | None = None, /, **keyword: object) -> None:
        super().__init__()
        given = dict(options or {}) | {camel_case(name): value for name, value in keyword.items()}
        resolved = validate(_SCHEMA, given)
        for warning in resolved.warnings:
            warnings.warn(warning, OptionWarning, stacklevel=2)
        values = resolved.values
        require_supported_types(values)
        if values["sslTls"]:
            raise OptionError("sslTls", True, "false: TLS is not available in this version")
        self.options: Mapping[str, Any] = MappingProxyType(values)
        """The resolved options, by their camelCase names; read-only."""
        self._receive = codec_for(values["receiveType"])
        self._send = codec_for(values["sendType"])
        self._listener = Listener(
            _Bridge(self),
            host=values["hostInterface"],
            port=values["port"],
            limits=Limits.from_options(values),
            allowed_origins=values["allowedOrigins"],
            max_connections=values["maxConnections"],
        )
        self._state = _State.IDLE
        self._restart = False
        self._life: asyncio.Task[None] | None = None
        self._listening: asyncio.Future[int] | None = None
        self._stopping: asyncio.Event | None = None

    def start(self) -> None:
        """Begin to listen; returns at once, ``listening`` or ``error`` follows.

        A server that is starting or listening already gets an ``error``. One that is stopping
        starts again once it has stopped.

        Raises:
            RuntimeError: no asyncio loop is running.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("Server.start() needs a running asyncio loop") from None
        if self._state is _State.STOPPING:
            self._restart = True
        elif self._state is _State.IDLE:
            self._begin(loop)
        else:
            error = self._listen_error(
                "ERR_SERVER_ALREADY_STARTED", "the server is already started"
            )
            loop.call_soon(self._emit_error, error)

    def stop(self) -> None:
        """Stop listening and close every socket with 1001; returns at once, ``close`` follows.

        What was sent before is delivered. Nothing when the server is not started.
        """
        self._restart = False
        if self._state in (_State.STARTING, _State.LISTENING) and self._stopping is not None:
            self._state = _State.STOPPING
            self._stopping.set()

    async def wait_listening(self) -> int:
        """Wait until the server listens.

        Returns:
            The port.

        Raises:
            ListenError: it cannot listen, or was stopped before it could.
            RuntimeError: it was never started.
        """
        if self._listening is None:
            raise RuntimeError("Server.start() was not called")
        return await asyncio.shield(self._listening)

    async def wait_closed(self) -> None:
        """Wait until a started server has stopped, or has failed to start."""
        if self._life is not None:
            await asyncio.wait([self._life])

    def address(self) -> dict[str, str | int] | None:
        """Return ``address``, ``family`` ("IPv4" or "IPv6") and ``port`` while listening."""
        address = self._listener.address
        if address is None:
            return None
        return dict(zip(("address", "family", "port"), address, strict=True))

    async def __aenter__(self) -> Server:
        self.start()
        await self.wait_listening()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        await self.wait_closed()

    def __str__(self) -> str:
        return f"server on {self.options['hostInterface']}:{self.options['port']}"

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._state = _State.STARTING
        self._stopping = asyncio.Event()
        self._listening = loop.create_future()
        # Whoever waits gets the exception; nobody has to.
        self._listening.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._life = loop.create_task(self._live(self._listening, self._stopping))

    async def _live(self, listening: asyncio.Future[int], stopping: asyncio.Event) -> None:
        """Take the server from start to stop."""
        failure: ListenError | None = None
        try:
            await self._serve(listening, stopping)
        except ListenError as error:
            failure = None if stopping.is_set() else error
        finally:
            self._state = _State.IDLE
            self._life = None
            if not listening.done():
                reason = "the server was stopped before it was listening"
                listening.set_exception(failure or self._listen_error("ECANCELED", reason))
        # Only now, so that a listener may start the server again.
        if failure is None:
            self.emit("close")
        else:
            self._emit_error(failure)
        restart, self._restart = self._restart, False
        if restart and self._state is _State.IDLE:
            self._begin(asyncio.get_running_loop())

    async def _serve(self, listening: asyncio.Future[int], stopping: asyncio.Event) -> None:
        port = await self._listener.start()
        try:
            if not stopping.is_set():
                self._state = _State.LISTENING
                listening.set_result(port)
                self.emit("listening", port)
                await stopping.wait()
        finally:
            # Also when the loop is shut down around a server that nobody stopped.
            await self._listener.stop()

    def _listen_error(self, code: str, reason: str) -> ListenError:
        return ListenError(code, self.options["hostInterface"], self.options["port"], reason)

    def _emit_error(self, error: Exception) -> None:
        if self.listeners("error"):
            self.emit("error", error)
        else:
            logger.error("%s", error)

    def _opened(self, connection: Connection) -> None:
        socket = Socket(connection, self._receive, self._send)
        connection.context = socket
        self.emit("connection", socket)

    def _message(self, socket: Socket, data: str | bytes) -> None:
        socket.emit("message", self._receive.decode(data))


class _Bridge:
    """Turn what the connection core reports into events."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def opened(self, connection: Connection) -> None:
        self._server._opened(connection)

    def message(self, connection: Connection, data: str | bytes) -> None:
        self._server._message(connection.context, data)

    def fault(self, connection: Connection, fault: ConnectionFault) -> None:
        socket: Socket = connection.context
        if socket.listeners("error"):
            socket.emit("error", fault)
        else:
            logger.warning("%s: %s", socket, fault)

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        connection.context.emit("close", code, reason)
