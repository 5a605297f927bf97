"""One case with one host: what the driver of a case works with."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidHandshake, InvalidMessage

from .certificates import Certificates
from .process import HostEnded, HostProcess, Report
from .values import same, show, show_long
from .wire import Deviation, Peer, RawPeer
from .wires.http import HttpPeer
from .wires.listener import Listener
from .wires.mqtt import MqttPeer
from .wires.tcp import TcpPeer
from .wires.udp import UdpPeer

__all__ = ["POLL", "Skipped", "Trial", "TrialServer"]

POLL = 0.02
"""Seconds between attempts to connect. A host that does not emit ``listening`` is judged for that
in its own cases, not in each: so the others find out by trying."""

BACKLOG = 256

STARTED = "@started"
"""What the prelude reports."""

MAX_KEPT_REPORTS = 20
"""Reports of a script that are kept to explain a failure: its last ones."""


AnyPeer = TypeVar("AnyPeer", bound=TcpPeer)


class Skipped(Exception):
    """Say why a case has no verdict."""


class Trial:
    """What a case's driver sees: the host's reports, and the wire.

    Args:
        process: the host, running the case's script.
        ports: the constants ``PORT`` and ``OTHER_PORT`` of the script.
        certificates: files for TLS, if the case needs them.
        folder: the constant ``FOLDER`` of the script.
        stack: what has to be closed when the case is over.
    """

    def __init__(
        self,
        process: HostProcess,
        ports: tuple[int, int],
        certificates: Certificates | None,
        folder: Path,
        stack: AsyncExitStack,
    ) -> None:
        self._process = process
        self.port, self.other_port = ports
        self._certificates = certificates
        self._stack = stack
        self.folder = folder
        """The constant ``FOLDER`` of the script: a folder that only this trial has."""
        self.activity = "the host starts"
        """What is being waited for, for the reason of a failure."""
        self.expected = ""
        """The report that is being waited for, with its values."""
        self.reported: deque[str] = deque(maxlen=MAX_KEPT_REPORTS)
        """What the script has reported."""
        self.has_started = False
        """Whether the script has begun to run."""
        self.on_started: Callable[[], None] = lambda: None
        """Called when it has: the case's own deadline counts from then on."""

    async def start(self) -> None:
        """Start the host, up to the first line of the script; done already unless it is held."""
        await self._stack.enter_async_context(self._process)
        await self.expect(STARTED)
        self.has_started = True
        self.on_started()

    @contextmanager
    def waiting(self, activity: str, expected: str = "") -> Iterator[None]:
        """Say what is being waited for, should it never happen.

        Args:
            activity: in words.
            expected: the report, if it is one.
        """
        self.activity, self.expected = activity, expected
        yield

    # What the script reports

    async def next(self, wanted: str = "anything", expected: str = "") -> Report:
        """Return the next report.

        Args:
            wanted: what it should be, for the reason of a failure.
            expected: the same at length.
        """
        with self.waiting(f"the script reports {wanted}", expected or wanted):
            try:
                report = await self._process.next()
            except HostEnded as error:
                raise Deviation(
                    f"{error} before the script reported {wanted}",
                    expected=expected or wanted,
                    actual=str(error),
                ) from None
        if report.name != STARTED:
            self.reported.append(_call(report.name, report.values, show_long))
        return report

    async def expect(self, name: str, *values: object) -> Report:
        """Take the next report, which must be this one, with these values and no more."""
        expected = _call(name, values, show_long)
        report = await self.next(_call(name, values), expected)
        if report.name != name or not same(values, report.values):
            actual = _call(report.name, report.values)
            raise Deviation(
                f"expected {_call(name, values)}, but the script reported {actual}",
                expected=expected,
                actual=_call(report.name, report.values, show_long),
            )
        return report

    async def value(self, name: str) -> Any:
        """Take the next report, which must have this name and one value, and return that."""
        report = await self.next(name)
        if report.name != name or len(report.values) != 1:
            actual = _call(report.name, report.values)
            raise Deviation(
                f"expected {name} with one value, but the script reported {actual}",
                expected=f"{name} with one value",
                actual=_call(report.name, report.values, show_long),
            )
        return report.values[0]

    def printed(self) -> list[str]:
        """Return the last lines that the host has printed on standard output, apart from reports.

        All that the script printed before a report has come with it.
        """
        return self._process.tail("stdout").splitlines()

    async def ended(self) -> int:
        """Wait until the host has ended by itself, and return its exit code."""
        with self.waiting("the host ends by itself"):
            return await self._process.ended()

    def interrupt(self) -> None:
        """Send the host SIGINT, as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    # Scripts with a server

    @asynccontextmanager
    async def connect(
        self, *, host: str = "127.0.0.1", port: int | None = None, path: str = "/", **options: Any
    ) -> AsyncIterator[Peer]:
        """Connect to the script's server, as soon as it accepts connections.

        Args:
            host: address to connect to.
            port: TCP port; without it, the script's ``PORT``.
            path: request target.
            options: for ``websockets.asyncio.client.connect``.
        """
        port = port or self.port
        await self.listening(host=host, port=port)
        scheme = "wss" if "ssl" in options else "ws"
        settings: dict[str, Any] = {
            "compression": None,
            "ping_interval": None,
            "open_timeout": None,
            "close_timeout": 1,
            "max_size": None,
            "proxy": None,
            **options,
        }
        with self.waiting("the host answers an opening handshake"):
            try:
                connection = await connect(
                    f"{scheme}://localhost{path}", host=host, port=port, **settings
                )
            except (InvalidHandshake, InvalidMessage, EOFError) as error:
                raise Deviation(f"the opening handshake failed: {error}") from None
            except ssl.SSLError as error:
                raise Deviation(f"the TLS handshake failed: {error.reason}") from None
        try:
            yield Peer(self.waiting, connection)
        finally:
            await connection.close()

    @asynccontextmanager
    async def connect_raw(
        self, *, host: str = "127.0.0.1", port: int | None = None
    ) -> AsyncIterator[RawPeer]:
        """Open a TCP connection to the script's server, as soon as it accepts connections."""
        reader, writer = await self._reach(host, port or self.port)
        try:
            yield RawPeer(self.waiting, reader, writer)
        finally:
            writer.transport.abort()

    @asynccontextmanager
    async def connect_tcp(
        self,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> AsyncIterator[TcpPeer]:
        """Open a TCP connection to the script's server, for any bytes.

        Args:
            host: address to connect to.
            port: TCP port; without it, the script's ``PORT``.
            context: for TLS.
        """
        reader, writer = await self._reach(host, port or self.port, context)
        try:
            yield TcpPeer(self.waiting, reader, writer)
        finally:
            writer.transport.abort()

    @asynccontextmanager
    async def connect_http(
        self,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> AsyncIterator[HttpPeer]:
        """Open an HTTP connection to the script's server; arguments as for :meth:`connect_tcp`."""
        reader, writer = await self._reach(host, port or self.port, context)
        try:
            yield HttpPeer(self.waiting, reader, writer)
        finally:
            writer.transport.abort()

    async def listening(self, *, host: str = "127.0.0.1", port: int | None = None) -> None:
        """Wait until somebody accepts connections on a port."""
        _, writer = await self._reach(host, port or self.port)
        writer.transport.abort()

    async def refused(self, *, host: str = "127.0.0.1", port: int | None = None) -> None:
        """Wait until nobody accepts connections on a port any more."""
        with self.waiting("the server's port is closed"):
            while True:
                try:
                    _, writer = await asyncio.open_connection(host, port or self.port)
                except OSError:
                    return
                writer.transport.abort()
                await asyncio.sleep(POLL)

    async def accepts(self, *, host: str = "127.0.0.1", port: int | None = None) -> bool:
        """Tell whether somebody accepts connections on a port right now."""
        try:
            _, writer = await asyncio.open_connection(host, port or self.port)
        except OSError:
            return False
        writer.transport.abort()
        return True

    async def _reach(
        self, host: str, port: int, context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = None if context is None else "localhost"
        with self.waiting(f"the server accepts connections on {host}:{port}"):
            while True:
                try:
                    return await asyncio.open_connection(
                        host, port, ssl=context, server_hostname=name
                    )
                except ssl.SSLError as error:
                    raise Deviation(f"the TLS handshake failed: {error.reason}") from None
                except OSError:
                    if (code := self._process.has_ended) is not None:
                        raise Deviation(
                            f"{HostEnded(code)} before its server accepted connections"
                        ) from None
                    await asyncio.sleep(POLL)

    # Scripts with a client

    async def serve(self, *, port: int | None = None, **options: Any) -> TrialServer:
        """Listen on the script's ``PORT``, for its client.

        Args:
            port: another port.
            options: for ``websockets.asyncio.server.serve``.
        """
        server = TrialServer(self)
        listener = serve(
            server.handle,
            "127.0.0.1",
            port or self.port,
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_size=None,
            **options,
        )
        server.listener = await self._stack.enter_async_context(listener)
        return server

    async def serve_raw(self, *, port: int | None = None) -> asyncio.Queue[RawPeer]:
        """Listen for plain TCP on the script's ``PORT``, and queue who connects."""
        peers: asyncio.Queue[RawPeer] = asyncio.Queue()
        is_over = asyncio.Event()

        # No coroutine: a client that connects while the trial ends must not find it ended.
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if is_over.is_set():
                writer.transport.abort()
                return
            # Holds the writer: one that nobody holds closes its connection.
            self._stack.callback(lambda: writer.transport.abort())
            peers.put_nowait(RawPeer(self.waiting, reader, writer, masks=False))

        server = await asyncio.start_server(accept, "127.0.0.1", port or self.port)
        self._stack.callback(server.close)
        self._stack.callback(is_over.set)
        return peers

    async def accept_raw(self, peers: asyncio.Queue[RawPeer]) -> RawPeer:
        """Return the next connection out of a queue of :meth:`serve_raw`."""
        with self.waiting("the client connects"):
            return await peers.get()

    async def serve_tcp(
        self, *, port: int | None = None, context: ssl.SSLContext | None = None
    ) -> Listener[TcpPeer]:
        """Listen on the script's ``PORT``, for its TCP client and any bytes.

        Args:
            port: another port.
            context: for TLS.
        """
        return await self._serve(Listener(self.waiting, TcpPeer), port, context)

    async def serve_http(
        self, *, port: int | None = None, context: ssl.SSLContext | None = None
    ) -> Listener[HttpPeer]:
        """Listen for the script's HTTP client; arguments as for :meth:`serve_tcp`."""
        return await self._serve(Listener(self.waiting, HttpPeer), port, context)

    async def serve_mqtt(
        self, *, port: int | None = None, context: ssl.SSLContext | None = None
    ) -> Listener[MqttPeer]:
        """Be the broker of the script's client; arguments as for :meth:`serve_tcp`."""
        return await self._serve(Listener(self.waiting, MqttPeer), port, context)

    async def _serve(
        self, listener: Listener[AnyPeer], port: int | None, context: ssl.SSLContext | None
    ) -> Listener[AnyPeer]:
        await listener.listen("127.0.0.1", port or self.port, context)
        self._stack.push_async_callback(listener.end)
        return listener

    # Datagrams

    async def udp(self, port: int = 0, *, host: str = "127.0.0.1") -> UdpPeer:
        """Return a UDP socket.

        Args:
            port: to receive on, for example the script's ``OTHER_PORT``; 0 takes a free one.
            host: address to receive on.
        """
        peer = UdpPeer(self.waiting)
        await peer.bind(host, port)
        self._stack.callback(peer.close)
        return peer

    # TLS

    @property
    def certificates(self) -> Certificates:
        """Files for TLS; the case has to say that it needs them."""
        if self._certificates is None:
            raise ValueError('this case has to say needs=("tls",)')
        return self._certificates


class TrialServer:
    """A server that the script's client connects to."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.listener: Any = None
        self.count = 0
        """How many clients have connected."""

    async def handle(self, connection: ServerConnection) -> None:
        """Take a connection, and keep it as long as it lasts."""
        self.count += 1
        self._peers.put_nowait(Peer(self._trial.waiting, connection))
        await connection.wait_closed()

    async def accept(self) -> Peer:
        """Return the next client."""
        with self._trial.waiting("the client connects"):
            return await self._peers.get()


def _call(name: str, values: Any, show: Callable[[object], str] = show) -> str:
    return f"{name}({', '.join(map(show, values))})"
