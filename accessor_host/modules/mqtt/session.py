"""paho-mqtt on a transport of ours: no thread, no socket, no time of its own.

paho keeps the sessions: which messages are under way at which quality of service, and what is sent
again on the next connection. It speaks to what it takes for a socket; that is a :class:`Pipe`, and
its other end an asyncio transport that ``net/`` has opened, where permissions hold. paho gets whole
packets only, of a size that was checked (:mod:`.packets`). What is received, and what is sent with
quality 0, needs no session and does not pass through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ...net.flusher import Flusher
from ...net.outgoing import Outgoing
from .packets import PacketFault, PacketReader, publish_packet, read_publish

if TYPE_CHECKING:
    from .settings import ClientSettings

__all__ = ["HIGH_WATER", "Session", "SessionOwner"]

HIGH_WATER = 64 * 1024
"""Unsent bytes from which on messages wait in the queue of the client, which is bounded."""

_REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not accept this clientId",
    3: "it is not available",
    4: "the username or password is wrong",
    5: "this client is not authorized",
}
"""What a CONNACK means (MQTT 3.1.1 section 3.2.2.3)."""

_CONNACK = 0x20
_RETURN_CODE = 3
"""Where it stands in a CONNACK."""

_PUBLISH = 3
_QOS = 0x06

_REFUSED = 0x80
"""The return code of a subscription that is refused (MQTT 3.1.1 section 3.9.3)."""


class SessionOwner:
    """What a session tells; each is called in the loop, outside of paho."""

    def connected(self, has_session: bool) -> None:
        """The broker has accepted the client.

        Args:
            has_session: whether it knows the client. Otherwise, if it was to, what is under way is
                the owner's to publish again.
        """

    def received(self, topic: str, payload: bytes) -> None:
        """A message has come."""

    def acknowledged(self, mid: int) -> None:
        """The broker has a message; of QoS 0, it has left."""

    def subscribed(self, mid: int, is_granted: bool) -> None:
        """The broker has answered a subscription."""

    def writable(self) -> None:
        """The broker reads again."""

    def lost(self, fault: PacketFault | None, error: Exception | None) -> None:
        """The connection is over; nothing is called any more until the next one.

        Args:
            fault: what the broker did wrong, or why it does not accept the client.
            error: of the transport.
        """


class Pipe:
    """What paho takes for its socket (``paho.mqtt.client.SocketLike``).

    Args:
        write: takes bytes for the broker.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._incoming = memoryview(b"")
        self.is_closed = False
        """Whether paho, or the broker, has closed it."""

    def fill(self, packet: bytes) -> None:
        """Have a packet read; the one before has been."""
        self._incoming = memoryview(packet)

    def recv(self, size: int) -> bytes:
        """Return bytes of the packet (``socket.recv``)."""
        if self.is_closed:
            return b""
        if not self._incoming:
            raise BlockingIOError
        piece = bytes(self._incoming[:size])
        self._incoming = self._incoming[size:]
        return piece

    def send(self, data: bytes | bytearray) -> int:
        """Take bytes, all of them (``socket.send``)."""
        if self.is_closed:
            raise ConnectionResetError
        self._write(bytes(data))
        return len(data)

    def close(self) -> None:
        """Do no more (``socket.close``); the transport is the session's."""
        self.is_closed = True

    def fileno(self) -> int:
        """Return what nobody may wait for."""
        return -1

    def setblocking(self, flag: bool) -> None:
        """Never block, whatever paho says."""


class _Client(paho.Client):
    """paho's client, on a pipe."""

    pipe: Pipe

    def _create_socket(self) -> Pipe:
        # paho has no public way to hand it a connection; tests/modules/mqtt/test_session.py sees it
        # when this one goes.
        return self.pipe


class Session:
    """The session of one client with its broker, over all its connections.

    Args:
        owner: is told.
        settings: of the client.
        flusher: writes once in each iteration of the loop.
    """

    def __init__(self, owner: SessionOwner, settings: ClientSettings, flusher: Flusher) -> None:
        self._owner = owner
        self._settings = settings
        self._flusher = flusher
        self._reader = PacketReader(settings.max_packet_size)
        self._connection: Connection | None = None
        # What paho's callbacks have told while it worked.
        self._told: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._client = self._make()

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection."""
        return self._connection is not None

    @property
    def is_writable(self) -> bool:
        """Tell whether the broker takes what is sent."""
        return self._connection is not None and not self._connection.is_blocked

    def protocol(self) -> Connection:
        """Return the protocol for the next connection; the one before is forgotten."""
        self.drop()
        self._connection = Connection(self, self._flusher)
        return self._connection

    def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> int:
        """Send a message, and return its number; of QoS 1 and 2 it is sent again until it is there.

        Args:
            topic: checked.
            payload: checked.
            qos: 0, 1 or 2.
            retain: whether the broker keeps it for later subscribers.

        Returns:
            0 for QoS 0, which has no session: it is written, and that is all.
        """
        connection = self._connection
        if qos == 0:
            if connection is not None:
                connection.pipe.send(publish_packet(topic, payload, retain=retain))
            return 0
        while True:
            info = self._client.publish(topic, payload, qos, retain)
            # The number is of a message that is still under way: the next one is another.
            if info.rc != MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
                return info.mid

    def subscribe(self, topic: str, qos: int) -> int:
        """Ask for a subscription, and return the number of the request."""
        return self._client.subscribe(topic, qos)[1] or 0

    def unsubscribe(self, topic: str) -> None:
        """End a subscription."""
        self._client.unsubscribe(topic)

    def disconnect(self) -> Connection | None:
        """Say good-bye and end the stream; return the connection, which ends when the broker does.

        Returns:
            None when there is none.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            self._client.disconnect()
            self._told.clear()
            connection.finish()
        return connection

    def drop(self) -> None:
        """End the connection without a word, so that the broker publishes the will."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._hang_up(connection)

    def forget(self) -> None:
        """Forget what is under way: it is not sent again."""
        self._client = self._make()
        self._reader.restart(is_clean=True)

    def check_alive(self) -> None:
        """Ask the broker for a sign of life if it is time, and give it up if it gave none."""
        connection = self._connection
        if connection is not None:
            self._client.loop_misc()
            if connection.pipe.is_closed and self._connection is connection:
                self._lose(connection, PacketFault("MQTT_KEEPALIVE", "the broker is silent"), None)

    def pause(self) -> None:
        """Stop reading from the broker."""
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """Read from the broker again."""
        if self._connection is not None:
            self._connection.resume()

    # Called by the connection.

    def opened(self, connection: Connection) -> None:
        """Ask the broker to accept the client."""
        self._reader.restart(is_clean=self._settings.clean)
        self._client.pipe = connection.pipe
        self._client.reconnect()

    def fed(self, connection: Connection, data: bytes) -> None:
        """Take what the broker sends."""
        if self._connection is not connection:
            return
        try:
            for packet in self._reader.feed(data):
                if packet[0] == _CONNACK and packet[_RETURN_CODE]:
                    # paho would try an older version of the protocol, or another clientId.
                    raise _refusal(packet[_RETURN_CODE])
                if packet[0] >> 4 == _PUBLISH:
                    # Of QoS 2 at once, too (MQTT 3.1.1 section 4.3.3, method A): a broker that is
                    # killed before it releases a message may never do it.
                    if not self._reader.is_repeated:
                        self._owner.received(*read_publish(packet))
                    if self._connection is not connection:
                        return
                    if not packet[0] & _QOS:
                        continue
                connection.pipe.fill(packet)
                if self._client.loop_read():
                    # What it refuses, and we have let pass.
                    raise PacketFault(
                        "MQTT_PROTOCOL_ERROR", "the broker breaks the protocol: paho gives it up"
                    )
                if self._client.want_write():
                    self._client.loop_write()
                self._tell()
                if self._connection is not connection:
                    return
        except PacketFault as fault:
            self._tell()
            if self._connection is connection:
                self._lose(connection, fault, None)

    def closed(self, connection: Connection, error: Exception | None) -> None:
        """Take the end of the connection."""
        if self._connection is connection:
            self._lose(connection, None, error)

    def resumed(self, connection: Connection) -> None:
        """Send what had to wait."""
        if self._connection is connection:
            self._owner.writable()

    def _lose(
        self, connection: Connection, fault: PacketFault | None, error: Exception | None
    ) -> None:
        self._connection = None
        self._hang_up(connection)
        self._owner.lost(fault, error)

    def _hang_up(self, connection: Connection) -> None:
        connection.pipe.close()
        # It reads the end, and knows that what is under way has to be sent again.
        self._client.loop_read()
        self._told.clear()
        connection.abort()

    # What paho tells.

    def _tell(self) -> None:
        while self._told:
            told, self._told = self._told, []
            for function, details in told:
                function(*details)

    def _make(self) -> _Client:
        settings = self._settings
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=settings.clean,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,  # nor with an older version of the protocol
        )
        # How many there are, the client decides; paho would look through all for each.
        client.max_inflight_messages_set(0)
        if settings.username:
            client.username_pw_set(settings.username, settings.password or None)
        if settings.will is not None:
            will = settings.will
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.connect_async(settings.host, settings.port, settings.keepalive)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _on_connect(self, client: paho.Client, data: Any, flags: Any, code: Any, more: Any) -> None:
        if not (flags.session_present or self._settings.clean):
            # Not even of QoS 2 has the broker anything any more.
            self._reader.forget()
            client.drop_out_messages()
        self._told.append((self._owner.connected, (flags.session_present,)))

    def _on_publish(self, client: paho.Client, data: Any, mid: int, code: Any, more: Any) -> None:
        self._told.append((self._owner.acknowledged, (mid,)))

    def _on_subscribe(
        self, client: paho.Client, data: Any, mid: int, codes: list[Any], more: Any
    ) -> None:
        granted = all(code.value < _REFUSED for code in codes)
        self._told.append((self._owner.subscribed, (mid, granted)))


def _refusal(code: int) -> PacketFault:
    reason = _REFUSALS.get(code, f"its return code is {code}")
    return PacketFault("MQTT_REFUSED", f"the broker refuses the client: {reason}")


class Connection(Outgoing):
    """One connection: between a transport and the pipe that paho speaks to.

    Args:
        session: what it is for.
        flusher: writes once in each iteration of the loop.
    """

    __slots__ = ("_paused", "_session", "gone", "pipe")

    def __init__(self, session: Session, flusher: Flusher) -> None:
        super().__init__(flusher, HIGH_WATER, HIGH_WATER)
        self.pipe = Pipe(self._queue)
        """Where paho reads and writes."""
        self._session = session
        self._paused = False
        self.gone = asyncio.Event()
        """Is set once there is no transport any more."""

    @property
    def is_made(self) -> bool:
        """Tell whether there is, or was, TCP to the broker, and TLS if wanted."""
        return hasattr(self, "_transport")

    @property
    def is_blocked(self) -> bool:
        """Tell whether the broker does not read."""
        return self._blocked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new transport (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        self._session.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the broker (asyncio)."""
        self._session.fed(self, data)

    def pause_writing(self) -> None:
        """Note that the broker does not read (asyncio)."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Note that the broker reads again (asyncio)."""
        self._blocked = False
        self._session.resumed(self)

    def eof_received(self) -> None:
        """Take the end of the stream; the transport closes by itself (asyncio)."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection (asyncio)."""
        self.gone.set()
        self._session.closed(self, exc)

    def pause(self) -> None:
        """Stop reading."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def finish(self) -> None:
        """End the stream behind all that was sent."""
        self.pipe.close()
        try:
            self._finish()
        except OSError:
            # The broker was faster.
            self.abort()
        self.resume()

    def abort(self) -> None:
        """Cut the connection."""
        if self.is_made and not self.gone.is_set():
            self._transport.abort()
