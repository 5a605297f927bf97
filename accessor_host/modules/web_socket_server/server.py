"""The Python face of ``web-socket-server``: the same Server and Socket, without JavaScript.

Source: module specification section 1, with the Python codecs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from ...codecs.values import Codec
from ...core.emitter import Emitter
from ...errors import ConnectionFault, DecodingError
from ...websocket.server import ServerLifecycle, Statistics
from ..endpoint import Endpoint, running_loop
from .request import Request
from .settings import server_settings

if TYPE_CHECKING:
    from ...websocket.handler import Peer, ServerPeer, StartError
    from ...websocket.opening import Verifier

__all__ = ["Request", "Server", "Socket"]

logger = logging.getLogger("accessor_host.server")

_SCHEMA = "web-socket-server"


class Socket(Emitter):
    """One client's connection, as the argument of a server's ``connection`` event.

    Events: ``message(value)``, decoded by the server's ``receiveType``; ``close(code, reason)``,
    exactly once; ``drain()``, when more than ``highWaterMark`` had waited for the client, and now
    at most a quarter of that does; ``pong(data)``, the answer to a :meth:`ping`;
    ``error(fault)``, a :class:`ConnectionFault`, at most once and before ``close``,
    or a :class:`DecodingError` for each message that was dropped because it is no such image.
    Without a listener a message is dropped, and a fault is logged in one line.

    Listeners that are attached before the first ``await`` of a ``connection`` listener miss
    nothing.
    """

    data: Any = None
    """What ``verify_client`` found out about the client; free for any use."""

    def __init__(self, peer: ServerPeer, receive: Codec, send: Codec) -> None:
        super().__init__()
        self._peer = peer
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
        if self._peer.is_open:
            if isinstance(message, bytes):
                return self._peer.send_binary(message)
            return self._peer.send_text(message)
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
        self._peer.close(code, reason)

    def is_open(self) -> bool:
        """Tell whether values can be sent; false at once after :meth:`close`."""
        return self._peer.is_open

    def unsent_bytes(self) -> int:
        """Return the bytes that wait for this client; what the system holds for it has left."""
        return self._peer.unsent_bytes

    def ping(self, data: bytes | str = b"") -> bool:
        """Send a ping; ``pong`` with the same data follows once the client answers.

        Args:
            data: at most 125 bytes; text is sent as UTF-8.

        Returns:
            Whether it was taken. False when the socket is not open, or when 64 pings already wait
            for their answers.

        Raises:
            ValueError: the data are too long.
            TypeError: the data are neither text nor bytes.
        """
        # Not bytes(): of a number, that is as many zeros.
        payload = data.encode() if isinstance(data, str) else memoryview(data).tobytes()
        return self._peer.ping(payload)

    def remote_host(self) -> str:
        """Return the IP address of the client, of the one behind a trusted proxy; or empty."""
        return self._peer.remote_host

    def remote_port(self) -> int:
        """Return the TCP port of the client; 0 on a Unix socket, or behind a silent proxy."""
        return self._peer.remote_port

    def path(self) -> str:
        """Return the path that the client asked for, without query."""
        return self._peer.request_path.partition("?")[0]

    def subprotocol(self) -> str | None:
        """Return the subprotocol that is spoken; None when none was chosen."""
        return self._peer.subprotocol

    def __str__(self) -> str:
        if not self.remote_host():
            return f"socket {self._peer.id}"
        return f"socket {self._peer.id} from {self.remote_host()}:{self.remote_port()}"


class Server(Endpoint):
    """A WebSocket server in the running asyncio loop.

    Events: ``listening(port)`` before any connection; ``connection(socket, request)``, of which a
    listener with one parameter gets the :class:`Socket` alone; ``error(error)``, a
    :class:`ListenError` or :class:`TlsError` when it cannot listen; ``close()`` once a started
    server has stopped.
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
        super().__init__(_SCHEMA, options, keyword)
        self._handler = _Handler(self, self._receive, self._send)
        self._lifecycle = self._handler.lifecycle

    def start(self) -> None:
        """Begin to listen; returns at once, ``listening`` or ``error`` follows.

        A server that is starting or listening already gets an ``error``. One that is stopping
        starts again once it has stopped.

        Raises:
            RuntimeError: no asyncio loop is running.
        """
        self._handler.start(running_loop("Server.start()"))

    def stop(self) -> None:
        """Stop listening and close every socket with 1001; returns at once, ``close`` follows.

        What was sent before is delivered. Nothing when the server is not started.
        """
        self._lifecycle.stop()

    def reload(self) -> None:
        """Read the files of its TLS again now, changed or not; no socket is touched.

        Files that have changed are found anyway, when a client's handshake begins. An ``error``
        follows if they cannot be used: then the server goes on with what it has.
        """
        self._lifecycle.reload()

    async def wait_listening(self) -> int:
        """Wait until the server listens.

        Returns:
            The port.

        Raises:
            ListenError: it cannot listen, or was stopped before it could.
            TlsError: its key or certificate cannot be used.
            RuntimeError: it was never started.
        """
        started = self._handler.started
        if started is None:
            raise RuntimeError("Server.start() was not called")
        return await asyncio.shield(started)

    async def wait_closed(self) -> None:
        """Wait until a started server has stopped, or has failed to start."""
        await self._lifecycle.wait_inactive()

    def address(self) -> dict[str, str | int] | None:
        """Return ``address``, ``family`` ("IPv4" or "IPv6") and ``port`` while listening.

        On a Unix socket ``address`` is its path, ``family`` is "unix" and ``port`` is 0.
        """
        address = self._lifecycle.address
        if address is None:
            return None
        return dict(zip(("address", "family", "port"), address, strict=True))

    @property
    def port(self) -> int:
        """Return the TCP port while it listens, 0 on a Unix socket; else the option ``port``."""
        address = self._lifecycle.address
        return int(self.options["port"] if address is None else address[2])

    def statistics(self) -> Statistics:
        """Return how many connections there are, and what was refused so far.

        Returns:
            ``connections`` in their handshake, open or closing; and ``refusals``, counted by kind:
            ``HTTP 403`` and the like for handshakes, codes of :class:`ConnectionFault`,
            ``WS_BAD_IMAGE`` (a message that was dropped), ``unreadable handshake``, ``no TLS`` and
            ``failed TLS`` (on a port with TLS), ``TLS on a plain port``, ``dropped`` (too many even
            for an answer), ``late opening``, ``late closing``, ``late pong`` and ``idle``. Starts
            and stops reset nothing.
        """
        return self._lifecycle.statistics()

    def broadcast(self, value: object, filter: Callable[[Socket], object] | None = None) -> int:
        """Send a value to every open socket; it is encoded once.

        Args:
            value: what ``sendType`` can express.
            filter: called with each socket before anything is sent; returns whether it is to get
                the value. What it raises is raised here, and nothing is sent. None sends to all.

        Returns:
            The number of sockets that took it.

        Raises:
            EncodingError: the value has no form in the type.
        """
        message = self._send.encode(value)
        peers = self._lifecycle.peers
        if filter is not None:
            peers = [peer for peer in peers if filter(peer.context)]
        if isinstance(message, bytes):
            return sum(peer.send_binary(message) for peer in peers)
        return sum(peer.send_text(message) for peer in peers)

    def _add_event_handler(self, event: str, k: Callable[..., Any], v: Callable[..., Any]) -> None:
        if event == "connection" and not _takes_two(k):
            super()._add_event_handler(event, k, _without_request(k, v))
        else:
            super()._add_event_handler(event, k, v)

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
        host, port = self.options["hostInterface"], self.port
        return f"server on {host}" if host.startswith("unix:") else f"server on {host}:{port}"


class _Handler:
    """Make events of what happens to a server, and tell those who wait for its start.

    Args:
        server: emits the events.
        receive: decodes messages.
        send: encodes what sockets send.
    """

    def __init__(self, server: Server, receive: Codec, send: Codec) -> None:
        settings = server_settings(server.options, verifier=_verifier(server.options))
        self.lifecycle = ServerLifecycle(self, settings)
        """Starts and stops the server."""
        self.started: asyncio.Future[int] | None = None
        """Gets the port once the server listens, or why it does not; None before a start."""
        self._server = server
        self._receive = receive
        self._send = send

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen, and let those wait who want to know."""
        if self.started is None or self.started.done():
            self.started = loop.create_future()
            # Whoever waits gets the exception; nobody has to.
            self.started.add_done_callback(_retrieve)
        self.lifecycle.start(loop)

    def listening(self, port: int) -> None:
        if self.started is not None:
            self.started.set_result(port)
        self._server.emit("listening", port)

    def failed(self, error: StartError) -> None:
        # A server that is started twice goes on: who waits for it waits for its first start.
        if not self.lifecycle.is_active:
            self._end_waiting(error)
        self._tell(error)

    def renewal_failed(self, error: StartError) -> None:
        self._tell(error)

    def _tell(self, error: StartError) -> None:
        if self._server.listeners("error"):
            self._server.emit("error", error)
        else:
            logger.error("%s", error)

    def stopped(self) -> None:
        if not self.lifecycle.is_active:
            reason = "the server was stopped before it was listening"
            self._end_waiting(self.lifecycle.error("ECANCELED", reason))
        self._server.emit("close")

    def opened(self, peer: Peer) -> None:
        client = cast("ServerPeer", peer)
        socket = Socket(client, self._receive, self._send)
        if peer.context is not None:
            socket.data = peer.context
        peer.context = socket
        self._server.emit("connection", socket, Request(client))

    def message(self, peer: Peer, data: str | bytes) -> None:
        socket: Socket = peer.context
        try:
            value = self._receive.decode(data)
        except DecodingError as error:
            self.lifecycle.count_refusal(error.code)
            _emit_fault(socket, error)
        else:
            socket.emit("message", value)

    def violated(self, peer: Peer) -> None:
        """Do nothing: listeners have run."""

    def drained(self, peer: Peer) -> None:
        peer.context.emit("drain")

    def ponged(self, peer: Peer, data: bytes) -> None:
        peer.context.emit("pong", data)

    def fault(self, peer: Peer, fault: ConnectionFault) -> None:
        _emit_fault(peer.context, fault)

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        # Each refers to the other: let both go without the garbage collector.
        socket, peer.context = peer.context, None
        socket.emit("close", code, reason)

    def _end_waiting(self, error: StartError) -> None:
        if self.started is not None and not self.started.done():
            self.started.set_exception(error)


def _emit_fault(socket: Socket, fault: ConnectionFault | DecodingError) -> None:
    if socket.listeners("error"):
        socket.emit("error", fault)
    else:
        logger.warning("%s: %s", socket, fault)


def _verifier(options: Mapping[str, Any]) -> Verifier | None:
    function = options["verifyClient"]
    if function is None:
        return None
    # Imported late: most servers admit everybody.
    from .verification import FunctionVerifier

    return FunctionVerifier(function)


def _takes_two(listener: Callable[..., Any]) -> bool:
    """Tell whether a listener takes two arguments."""
    from inspect import signature

    try:
        signature(listener).bind(None, None)
    except (TypeError, ValueError):
        # ValueError: a function written in C that does not say what it takes.
        return False
    return True


def _without_request(listener: Callable[..., Any], call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(listener)
    def narrowed(socket: Socket, _request: Request) -> Any:
        return call(socket)

    return narrowed


def _retrieve(future: asyncio.Future[int]) -> None:
    if not future.cancelled():
        future.exception()
