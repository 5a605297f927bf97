"""The Python half of ``@modules/mqtt``: the clients of scripts.

Scripts speak of a client by its target, and its events go there.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import AccessDeniedError, OptionError
from ...net.listing import MAX_SHOWN, more_than_shown
from ...net.quoting import printable
from ...options import validate
from ..client_tls import client_tls_files
from ..payloads import missing_permission
from .client import Message, MqttClient
from .settings import client_settings
from .topics import filter_fault, topic_fault

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_PERMITTED", "MqttClients"]

MAX_PERMITTED = 1_000
"""Topics of a client whose permission is remembered: most publish to a few, and often."""


class MqttClients:
    """All clients of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clients: dict[int, _Client] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "mqtt.create": self._create,
            "mqtt.start": self._start,
            "mqtt.subscribe": self._subscribe,
            "mqtt.unsubscribe": self._unsubscribe,
            "mqtt.publish": self._publish,
            "mqtt.end": self._end,
            "mqtt.forget": self._forget,
        }

    async def stop(self) -> None:
        """End every client, and wait until their connections are gone."""
        clients = list(self._clients.values())
        for one in clients:
            one.client.end()
        for one in clients:
            await one.client.wait_inactive()

    def state(self) -> list[str]:
        """Describe the clients."""
        clients = list(self._clients.values())
        shown = [client.state() for client in clients[:MAX_SHOWN]]
        return [f"mqtt clients: {len(clients)}", *shown, *more_than_shown(len(clients))]

    def _create(self, target: int, host: str, port: int, options: dict[str, Any]) -> None:
        if target in self._clients:
            return
        try:
            self._clients[target] = _Client(self._services, target, host, port, options)
        except OptionError as error:
            # JavaScript refuses it, unless the request is forged.
            self._services.post((target, "failed", "ERR_INVALID_ARG_VALUE", str(error)))

    def _start(self, target: int) -> None:
        if target in self._clients:
            self._clients[target].start()

    def _subscribe(self, target: int, topic: str, qos: int) -> None:
        if target in self._clients:
            self._clients[target].subscribe(topic, qos)

    def _unsubscribe(self, target: int, topic: str) -> None:
        if target in self._clients:
            self._clients[target].unsubscribe(topic)

    def _publish(
        self, target: int, number: int, topic: str, data: str, is_text: bool, flags: int
    ) -> None:
        if target in self._clients:
            self._clients[target].publish(number, topic, data, is_text, flags)

    def _end(self, target: int) -> None:
        if target in self._clients:
            self._clients[target].end()

    def _forget(self, target: int) -> None:
        client = self._clients.get(target)
        if client is not None and not client.client.is_active:
            del self._clients[target]


class _Client:
    """One client of a script."""

    def __init__(
        self, services: Services, target: int, host: str, port: int, options: dict[str, Any]
    ) -> None:
        self._services = services
        self._target = target
        self._answered = 0
        self._permitted: set[str] = set()
        values = validate("mqtt", options).values
        self._raw = values["rawBytes"]
        self._files = client_tls_files(values)
        settings = client_settings(host, port, values, services.permissions)
        self.client = MqttClient(self, settings, services.flusher, services.loop)

    def start(self) -> None:
        """Begin to connect."""
        self._answered += 1
        if self._services.is_stopping:
            self.failed("ERR_HOST_STOPPING", "the host is stopping; no client can start", None)
        else:
            try:
                if self._services.permissions is not None:
                    self._services.permissions.check_files(self._files)
                self.client.start()
            except AccessDeniedError as error:
                self.failed(error.code, error.reason, error)
        self.settled()

    def subscribe(self, topic: str, qos: int) -> None:
        """Subscribe to a filter."""
        self._answered += 1
        if filter_fault(topic) is None and self._is_permitted("subscribe", topic):
            self.client.subscribe(topic, min(max(qos, 0), 2))
        self.settled()

    def unsubscribe(self, topic: str) -> None:
        """End a subscription."""
        self._answered += 1
        if filter_fault(topic) is None:
            self.client.unsubscribe(topic)
        self.settled()

    def publish(self, number: int, topic: str, data: str, is_text: bool, flags: int) -> None:
        """Publish a message, or queue it.

        Args:
            number: for the callback; 0 for none.
            topic: where.
            data: a text, or bytes in base64.
            is_text: which of these.
            flags: quality of service, and 4 to retain.
        """
        self._answered += 1
        if self._is_permitted("publish", topic):
            if topic_fault(topic) is None:
                payload = _payload(data, is_text)
                qos = min(flags & 3, 2)
                self.client.publish(Message(number, topic, payload, qos, bool(flags & 4)))
        elif number:
            self.unpublished(number)
        if not self.client.is_active:
            self.settled()

    def end(self) -> None:
        """Deliver, disconnect, and forget the subscriptions."""
        self._answered += 1
        self.client.end()
        self.settled()

    def state(self) -> str:
        """Describe the client in one line."""
        client = self.client
        phase = "connected" if client.is_connected else "active" if client.is_active else "inactive"
        return f"  {printable(str(client))}: {phase}, {client.queued} messages queued"

    def _is_permitted(self, verb: str, topic: str) -> bool:
        permissions = self._services.permissions
        if permissions is None:
            return True
        value = f"{verb}:{topic}"
        if value in self._permitted:
            return True
        try:
            permissions.check("mqtt", value)
        except AccessDeniedError as error:
            self.failed(error.code, error.reason, error)
            return False
        if len(self._permitted) < MAX_PERMITTED:
            self._permitted.add(value)
        return True

    # What the client tells.

    def connected(self) -> None:
        self._services.post((self._target, "opened"))

    def message(self, topic: str, payload: bytes) -> None:
        data = (
            b2a_base64(payload, newline=False).decode()
            if self._raw
            else payload.decode("utf-8", "replace")
        )
        # No topic has a NUL.
        turns = self._services.turns
        turns.post_message(self._target, f"{topic}\0{data}")
        if turns.is_behind:
            self.client.pause()
            turns.when_served(self._target, self.client.resume)

    def published(self, number: int) -> None:
        self._services.post((self._target, "published", number, True))

    def unpublished(self, number: int) -> None:
        self._services.post((self._target, "published", number, False))

    def closed(self) -> None:
        self._services.post((self._target, "closed"))

    def failed(self, code: str, message: str, error: Exception | None) -> None:
        missing = missing_permission(error)
        self._services.post((self._target, "failed", code, message, *missing))

    def settled(self) -> None:
        if self.client.is_active:
            self._services.hold(self)
            return
        self._services.release(self)
        if self.client.is_empty:
            self._services.post((self._target, "idle", self._answered))


def _payload(data: str, is_text: bool) -> bytes:
    if is_text:
        return data.encode("utf-8", "replace")
    try:
        return a2b_base64(data)
    except Base64Error:
        return b""  # no codec of ours makes such a text
