"""A client of a broker over time: attempts, connections, its queue, its subscriptions, its end.

Source: module specification section 9, without the deviations of existing hosts.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ...errors import AccessDeniedError, TlsError
from ...net.connect import connect, why
from ...net.flusher import Flusher
from ...net.quoting import printable
from .session import Session, SessionOwner
from .settings import ClientSettings

if TYPE_CHECKING:
    from .packets import PacketFault

__all__ = ["MAX_SUBSCRIPTIONS", "ClientHandler", "Message", "MqttClient"]

logger = logging.getLogger("accessor_host.mqtt")

MAX_SUBSCRIPTIONS = 1_000
"""Filters of one client: each is asked for again with every connection."""

_JITTER = 0.25
"""Share of a delay that is left to chance, so that clients of a broker that comes back do not all
knock at once."""

_CHECKS = 4
"""Looks at the clock in one time of keep-alive."""


class Message(NamedTuple):
    """A message to publish.

    Args:
        number: of the script's, to tell it when the message is acknowledged; 0 is not to tell.
        topic: where.
        payload: what.
        qos: 0, 1 or 2.
        retain: whether the broker keeps it for later subscribers.
    """

    number: int
    topic: str
    payload: bytes
    qos: int
    retain: bool

    @property
    def weight(self) -> int:
        """Return the bytes that it takes while it waits, about."""
        return len(self.payload) + len(self.topic) + 16


class ClientHandler(Protocol):
    """What a client tells its owner."""

    def connected(self) -> None:
        """It is connected."""

    def message(self, topic: str, payload: bytes) -> None:
        """A message has come."""

    def published(self, number: int) -> None:
        """The broker has the message of that number; of QoS 0, it has left."""

    def unpublished(self, number: int) -> None:
        """The message of that number may be lost."""

    def closed(self) -> None:
        """It is not connected any more; once for each :meth:`connected`."""

    def failed(self, code: str, message: str, error: Exception | None) -> None:
        """Something went wrong."""

    def settled(self) -> None:
        """It may have become inactive, or active."""


class MqttClient(SessionOwner):
    """Connect, try again, queue, publish, subscribe and end, for one client.

    Args:
        handler: is told what happens.
        settings: where to connect to, and how.
        flusher: shared with others.
        loop: where to run.
    """

    def __init__(
        self,
        handler: ClientHandler,
        settings: ClientSettings,
        flusher: Flusher,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._handler = handler
        self._settings = settings
        self._loop = loop
        self._session = Session(self, settings, flusher)
        self._queue: deque[Message] = deque()
        self._queued_bytes = 0
        self._inflight: dict[int, Message] = {}  # by paho's number
        self._filters: dict[str, int] = {}  # wanted, with their quality of service
        self._asked: dict[int, str] = {}  # requests for one filter, by paho's number
        self._task: asyncio.Task[None] | None = None
        self._ended: set[asyncio.Task[None]] = set()
        self._answer: asyncio.Future[None] | None = None  # until the broker has accepted us
        self._over: asyncio.Future[None] | None = None  # as long as it is connected
        self._drained: asyncio.Future[None] | None = None  # while it is ending
        self._restart = False
        self._reported = ""  # code of the last error of attempts since it was connected
        self._cause: tuple[PacketFault | None, Exception | None] = (None, None)

    @property
    def is_connected(self) -> bool:
        """Tell whether the broker has accepted the client and it is not ending."""
        return self._over is not None and not self._over.done()

    @property
    def is_active(self) -> bool:
        """Tell whether it connects, waits to try again, is connected or ending."""
        return self._task is not None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is queued or subscribed for the next start."""
        return not (self._queue or self._filters)

    @property
    def queued(self) -> int:
        """Count the messages that wait to be sent."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to connect; nothing when it is active. While it is ending, it starts again then."""
        if self._drained is not None:
            self._restart = True
        elif self._task is None:
            self._reported = ""
            self._task = self._spawn()

    def end(self) -> None:
        """Deliver what was published, as far as the broker acknowledges it in time, and disconnect.

        Subscriptions are forgotten. When it is not connected, what is queued is dropped with one
        error.
        """
        self._restart = False
        self._filters.clear()
        if self._over is not None:
            if self._drained is None:
                self._drained = self._loop.create_future()
                if not self._over.done():
                    self._over.set_result(None)
            return
        # While it says good-bye, whoever does so cuts a broker that does not answer.
        if self._task is not None and self._drained is None:
            self._task.cancel()
            self._task = None
            self._session.drop()
        self._drop_unsent()
        self._handler.settled()

    async def wait_inactive(self) -> None:
        """Wait until it is inactive, and nothing of it is left in the loop."""
        while self._ended:
            await asyncio.wait(self._ended)

    def publish(self, message: Message) -> None:
        """Send a message, or queue it.

        Args:
            message: checked.
        """
        settings = self._settings
        if self._may_send(message.qos) and not self._queue:
            self._send(message)
            return
        weight = message.weight
        if len(self._queue) >= settings.max_queued_messages:
            bound = f"maxQueuedMessages, {settings.max_queued_messages} messages"
        elif self._queued_bytes + weight > settings.max_queued_bytes:
            bound = f"maxQueuedBytes, {settings.max_queued_bytes} bytes"
        else:
            self._queue.append(message)
            self._queued_bytes += weight
            return
        self._handler.failed(
            "MQTT_QUEUE_FULL", f"a message is not published: {bound}, wait already", None
        )
        if message.number:
            self._handler.unpublished(message.number)

    def subscribe(self, topic: str, qos: int) -> None:
        """Subscribe to a filter, now if it is connected and with each later connection.

        Args:
            topic: checked, and permitted.
            qos: most that messages are delivered with.
        """
        if topic not in self._filters and len(self._filters) >= MAX_SUBSCRIPTIONS:
            self._handler.failed(
                "MQTT_TOO_MANY_SUBSCRIPTIONS",
                f"not subscribed to '{topic}': a client has {MAX_SUBSCRIPTIONS} subscriptions "
                "at most",
                None,
            )
            return
        self._filters[topic] = qos
        if self.is_connected:
            self._asked[self._session.subscribe(topic, qos)] = topic

    def unsubscribe(self, topic: str) -> None:
        """End a subscription; nothing when there is none.

        Args:
            topic: as it was subscribed to.
        """
        self._filters.pop(topic, None)
        if self.is_connected:
            self._session.unsubscribe(topic)

    def pause(self) -> None:
        """Stop reading from the broker."""
        self._session.pause()

    def resume(self) -> None:
        """Read from the broker again."""
        self._session.resume()

    def __str__(self) -> str:
        return f"client of {self._settings.url}"

    # What the session tells.

    def connected(self, has_session: bool) -> None:
        if self._answer is None or self._answer.done():
            return
        self._answer.set_result(None)
        self._reported = ""
        self._over = self._loop.create_future()
        if not (has_session or self._settings.clean):
            self._queue.extendleft(reversed(self._inflight.values()))
            self._queued_bytes += sum(message.weight for message in self._inflight.values())
            self._inflight.clear()
        self._asked.clear()
        for topic, qos in self._filters.items():
            self._asked[self._session.subscribe(topic, qos)] = topic
        self._handler.connected()
        self._send_queued()

    def received(self, topic: str, payload: bytes) -> None:
        self._handler.message(topic, payload)

    def acknowledged(self, mid: int) -> None:
        message = self._inflight.pop(mid, None)
        if message is not None and message.number:
            self._handler.published(message.number)
        self._send_queued()

    def subscribed(self, mid: int, is_granted: bool) -> None:
        topic = self._asked.pop(mid, None)
        if topic is not None and not is_granted:
            self._handler.failed(
                "MQTT_SUBSCRIPTION_REFUSED",
                f"the broker refuses the subscription to '{printable(topic)}'",
                None,
            )

    def writable(self) -> None:
        self._send_queued()

    def lost(self, fault: PacketFault | None, error: Exception | None) -> None:
        self._cause = fault, error
        for future in (self._answer, self._over):
            if future is not None and not future.done():
                future.set_result(None)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # Sending.

    def _may_send(self, qos: int) -> bool:
        if self._over is None or not self._session.is_writable:
            return False
        return qos == 0 or len(self._inflight) < self._settings.max_inflight

    def _send_queued(self) -> None:
        while self._queue and self._may_send(self._queue[0].qos):
            message = self._queue.popleft()
            self._queued_bytes -= message.weight
            self._send(message)
        drained = self._drained
        if drained is not None and not drained.done() and not (self._queue or self._inflight):
            drained.set_result(None)

    def _send(self, message: Message) -> None:
        mid = self._session.publish(
            message.topic, message.payload, message.qos, retain=message.retain
        )
        if message.qos:
            self._inflight[mid] = message
        elif message.number:
            self._handler.published(message.number)

    def _drop_unsent(self) -> None:
        unsent = [*self._inflight.values(), *self._queue]
        self._inflight.clear()
        self._queue.clear()
        self._queued_bytes = 0
        self._session.forget()
        if not unsent:
            return
        words = "a message was" if len(unsent) == 1 else f"{len(unsent)} messages were"
        self._handler.failed(
            "MQTT_UNSENT_MESSAGES",
            f"{words} not acknowledged by the broker before the client ended",
            None,
        )
        for message in unsent:
            if message.number:
                self._handler.unpublished(message.number)

    # Connecting.

    def _spawn(self) -> asyncio.Task[None]:
        task = self._loop.create_task(self._run())
        self._ended.add(task)
        task.add_done_callback(self._ended.discard)
        return task

    async def _run(self) -> None:
        """Connect, and again, until it is to end or may not."""
        try:
            context = await self._context()
            delay = self._settings.min_delay
            while True:
                began = self._loop.time()
                await self._connect(context)
                if self._drained is not None:
                    await self._finish()
                    return
                if not self._settings.reconnect:
                    break
                # A broker that accepts and drops us at once is no reason to hurry.
                if self._loop.time() - began > delay:
                    delay = self._settings.min_delay
                await asyncio.sleep(delay * random.uniform(1 - _JITTER, 1))  # noqa: S311
                delay = min(2 * delay, self._settings.max_delay)
        except AccessDeniedError as error:
            self._handler.failed(error.code, error.reason, error)
        except TlsError as error:
            self._handler.failed(error.code, error.reason, error)
        except Exception as error:
            # A defect of ours; without this, the run would never end.
            logger.exception("%s: failed", self)
            self._session.drop()
            self._handler.failed("MQTT_INTERNAL_ERROR", f"the client failed: {error!r}", None)
        self._task = None
        self._handler.settled()

    async def _connect(self, context: Any) -> None:
        """Connect once, and return when that is over, or has failed."""
        reason = await self._attempt(context)
        if reason is not None:
            self._report(*reason)
            return
        over, checking = self._over, None
        if over is None:
            return
        if self._settings.keepalive:
            checking = self._loop.create_task(self._check_alive(self._settings.keepalive / _CHECKS))
        try:
            await over
            if self._drained is not None and self._session.is_open:
                self._send_queued()
                await asyncio.wait([self._drained], timeout=self._settings.closing_timeout)
        finally:
            if checking is not None:
                checking.cancel()
        if self._drained is None:
            self._over = None
            self._handler.closed()
            fault, _ = self._reason()
            if fault is not None:
                self._handler.failed(fault.code, f"{self}: {fault.reason}", None)

    async def _finish(self) -> None:
        """Say good-bye, and wait until the connection is gone."""
        connection = self._session.disconnect()
        self._drop_unsent()
        self._over = None
        if connection is not None:
            try:
                async with asyncio.timeout(self._settings.closing_timeout):
                    await connection.gone.wait()
            except TimeoutError:
                connection.abort()
                # In the next iteration its socket is closed: whoever waits can rely on it.
                await asyncio.sleep(0)
        self._drained = None
        self._task = None
        self._handler.closed()
        if self._restart:
            self._restart = False
            self.start()
        self._handler.settled()

    async def _check_alive(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self._session.check_alive()

    async def _attempt(self, context: Any) -> tuple[str, str] | None:
        """Connect once; return None when the broker has accepted us, else code and reason."""
        settings = self._settings
        self._answer = self._loop.create_future()
        self._cause = (None, None)
        connection = self._session.protocol()
        failure = "MQTT_CONNECT_FAILED"
        try:
            async with asyncio.timeout(settings.connect_timeout or None):
                await connect(
                    self._loop,
                    lambda: connection,
                    settings.host,
                    settings.port,
                    context,
                    settings.permit,
                    server_name=settings.server_name,
                )
                await self._answer
            if self._over is not None:
                return None
            fault, error = self._reason()
            if fault is not None:
                return fault.code, fault.reason
            if isinstance(error, OSError):
                return failure, why(error, settings.tls)
            return failure, "the broker closed the connection before it answered"
        except TimeoutError as error:
            if self._over is not None:
                return None
            if error.errno is not None:
                return failure, why(error, settings.tls)
            missing = "answer of the broker" if connection.is_made else "connection"
            return failure, f"no {missing} within {settings.connect_timeout * 1000:g} ms"
        except (OSError, ValueError) as error:
            return failure, why(error, settings.tls)
        finally:
            self._answer = None
            if self._over is None:
                self._session.drop()
                await asyncio.sleep(0)

    def _reason(self) -> tuple[PacketFault | None, Exception | None]:
        return self._cause

    def _report(self, code: str, reason: str) -> None:
        """Tell why an attempt failed; the same is not told again until it was connected."""
        logger.debug("%s: %s", self, reason)
        if code == self._reported:
            return
        self._reported = code
        message = f"could not connect to {self._settings.url}: {reason}"
        if self._queue:
            message += f"; messages that stay queued: {len(self._queue)}"
        self._handler.failed(code, message, None)

    async def _context(self) -> Any:
        settings = self._settings.tls
        if settings is None:
            return None
        # Imported late: clients without TLS do without.
        from ...net.tls.contexts import client_context

        # In a thread: it may read files.
        return await asyncio.to_thread(client_context, settings)
