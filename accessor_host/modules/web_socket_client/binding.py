"""The Python half of ``@modules/web-socket-client``: the clients of scripts.

Scripts speak of a client by its target, and its events go there. What a script sends is encoded
already and waits in the lifecycle until it can leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.mime_types import BAD_IMAGE
from ...errors import AccessDeniedError, DecodingError, EncodingError
from ...net.listing import MAX_SHOWN, more_than_shown
from ...net.quoting import printable
from ...options import validate
from ...websocket.client import ClientLifecycle
from ..client_tls import client_tls_files
from ..payloads import Payload, frame_of, missing_permission, to_event
from .handshake import apply_url
from .settings import client_settings

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["WebSocketClients"]


class WebSocketClients:
    """All clients of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clients: dict[int, _Client] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "client.create": self._create,
            "client.open": self._open,
            "client.send": self._send,
            "client.close": self._close,
            "client.forget": self._forget,
        }

    async def stop(self) -> None:
        """Close every client, and wait until their connections are gone."""
        # Meanwhile scripts may make more, which cannot open, and those that are over are forgotten.
        clients = list(self._clients.values())
        for client in clients:
            client.lifecycle.close(1001)
        for client in clients:
            await client.lifecycle.wait_inactive()

    def state(self) -> list[str]:
        """Describe the clients."""
        clients = list(self._clients.values())
        shown = [client.state() for client in clients[:MAX_SHOWN]]
        return [f"clients: {len(clients)}", *shown, *more_than_shown(len(clients))]

    def _create(self, target: int, options: dict[str, Any]) -> None:
        if target in self._clients:
            return
        client = self._clients[target] = _Client(self._services, target, options)
        self._services.senders[_address(target)] = client.send

    def _open(self, target: int) -> None:
        if target in self._clients:
            self._clients[target].open()

    def _send(self, target: int, payload: Payload) -> None:
        if target in self._clients:
            self._clients[target].send(payload)

    def _close(self, target: int, code: int, reason: str) -> None:
        if target in self._clients:
            self._clients[target].close(code, reason)

    def _forget(self, target: int) -> None:
        client = self._clients.get(target)
        if client is not None and not client.lifecycle.is_active:
            del self._clients[target]
            del self._services.senders[_address(target)]


class _Client:
    """One client of a script."""

    def __init__(self, services: Services, target: int, options: dict[str, Any]) -> None:
        self._services = services
        self._target = target
        self._answered = 0
        values = validate("web-socket-client", options).values
        apply_url(values)
        self._to_event = to_event(values["receiveType"], values["maxImagePixels"])
        self._files = client_tls_files(values)
        self.lifecycle = ClientLifecycle(
            self,
            client_settings(values, services.permissions),
            flusher=services.flusher,
            loop=services.loop,
        )

    def open(self) -> None:
        """Begin to connect."""
        self._answered += 1
        if self._services.is_stopping:
            self.failed("ERR_HOST_STOPPING", "the host is stopping; no client can open")
            return
        permissions = self._services.permissions
        if permissions is not None:
            try:
                permissions.check_files(self._files)
            except AccessDeniedError as error:
                self._fail(error.code, error.reason, error)
                return
        self.lifecycle.open()
        self._services.hold(self)
        self._settle()

    def state(self) -> str:
        """Describe the client in one line."""
        lifecycle = self.lifecycle
        phase = "open" if lifecycle.is_open else "active" if lifecycle.is_active else "inactive"
        # Not what follows the question mark: it may be a secret.
        url = printable(lifecycle.url.partition("?")[0])
        return f"  client of {url}: {phase}, {lifecycle.queued} messages queued"

    def send(self, payload: Payload) -> None:
        """Send what the script encoded, or queue it."""
        self._answered += 1
        try:
            self.lifecycle.send(frame_of(payload))
        except EncodingError as error:
            self.failed(BAD_IMAGE, str(error))
        self._settle()

    def close(self, code: int, reason: str) -> None:
        """Close, and stop connecting."""
        self._answered += 1
        self.lifecycle.close(code, reason)
        self._settle()

    def _settle(self) -> None:
        if self.lifecycle.is_active:
            return
        self._services.release(self)
        if not self.lifecycle.queued:
            self._services.post((self._target, "idle", self._answered))

    # Called by the lifecycle

    def opened(self) -> None:
        self._services.post((self._target, "opened", self.lifecycle.subprotocol))

    def message(self, data: str | bytes) -> None:
        try:
            payload = self._to_event(data)
        except DecodingError as error:
            self.failed(BAD_IMAGE, error.reason)
        else:
            self._services.turns.post_message(self._target, payload)
        if self._services.turns.is_behind:
            self.lifecycle.pause()
            self._services.turns.when_served(self._target, self.lifecycle.resume)

    def violated(self) -> None:
        # The script may answer what came before, when its turn comes.
        if self._services.turns.holds(self._target):
            self.lifecycle.pause()
            self._services.turns.when_served(self._target, self.lifecycle.resume)

    def closed(self, code: int, reason: str) -> None:
        self._services.post((self._target, "closed", code, reason))
        self._settle()

    def failed(self, code: str, message: str) -> None:
        self._fail(code, message, self.lifecycle.error)

    def _fail(self, code: str, message: str, error: Exception | None) -> None:
        missing = missing_permission(error) if code == AccessDeniedError.code else ()
        self._services.post((self._target, "failed", code, message, *missing))
        self._settle()


def _address(target: int) -> str:
    return f"client.send {target}"
