"""The Python half of ``@modules/http-client``: the requests of scripts.

All of them have one target. The first detail of an event, and the second of an operation, is the
number of the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import AccessDeniedError, EncodingError, OptionError, TlsError
from ...http.client.client import Client
from ...http.client.failures import RequestError
from ...http.client.settings import Head, RequestSettings
from ...net.listing import MAX_SHOWN, more_than_shown
from ...net.quoting import printable
from .order import Place, Queue
from .requests import Decoder, Heads, read_request, read_settings

if TYPE_CHECKING:
    from ...core.services import Services
    from ...http.client.exchange import Exchange

__all__ = ["HttpClients"]

_MAX_KNOWN_SETTINGS = 64
"""Kinds of settings that are read once: a script has some few. ``http-client.js`` has the same."""


class HttpClients:
    """All requests of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._requests: dict[int, _Request] = {}
        self._queues: dict[int, Queue] = {}
        self._settings: dict[int, RequestSettings] = {}
        self._heads = Heads()
        self._client = Client(services.loop, flusher=services.flusher, permit=services.permissions)
        self.operations: Mapping[str, Callable[..., None]] = {
            "http-client.settings": self._learn,
            "http-client.send": self._send,
            "http-client.stop": self._stop,
        }

    async def stop(self) -> None:
        """Give up every request, and cut their connections."""
        for request in list(self._requests.values()):
            request.stop()
        await self._client.close()

    def state(self) -> list[str]:
        """Describe the requests."""
        pool = self._client.pool
        requests = list(self._requests.values())
        return [
            f"http requests: {len(requests)}, {pool.queued} of them wait for a connection; "
            f"connections: {pool.connections}, idle: {pool.idle}",
            *(request.state() for request in requests[:MAX_SHOWN]),
            *more_than_shown(len(requests)),
        ]

    def _send(
        self,
        target: int,
        number: int,
        scope: int,
        url: str,
        method: str,
        fields: list[Any],
        body: str | list[Any] | None,
        settings: int | str,
    ) -> None:
        if number in self._requests:
            return
        queue = self._queues.get(scope)
        if queue is None:
            queue = Queue(self._services.post, lambda: self._forget_queue(scope))
            self._queues[scope] = queue
        request = _Request(self._services, target, number, queue, self._requests, self._heads)
        try:
            if self._services.is_stopping:
                raise RequestError(
                    "ERR_HOST_STOPPING", "the host is stopping; nothing is requested"
                )
            wanted = read_request(url, method, fields, body, self._settings_of(settings))
            permissions = self._services.permissions
            if permissions is not None and wanted.settings.authorities:
                permissions.check_files([wanted.settings.authorities])
        except (RequestError, EncodingError, OptionError, AccessDeniedError, ValueError) as error:
            request.failed(error)
        else:
            request.begin(self._client.send(wanted, request))

    def _forget_queue(self, scope: int) -> None:
        self._queues.pop(scope, None)

    def _learn(self, number: int, text: str) -> None:
        if number not in self._settings and len(self._settings) < _MAX_KNOWN_SETTINGS:
            self._settings[number] = read_settings(text)

    def _settings_of(self, settings: int | str) -> RequestSettings:
        if isinstance(settings, str):
            return read_settings(settings)
        known = self._settings.get(settings)
        if known is None:
            raise RequestError("ERR_INVALID_ARG_VALUE", "there are no such settings")
        return known

    def _stop(self, _target: int, number: int) -> None:
        request = self._requests.get(number)
        if request is not None:
            request.stop()


class _Request:
    """One request of a script."""

    __slots__ = (
        "_decoder",
        "_exchange",
        "_head",
        "_heads",
        "_number",
        "_place",
        "_requests",
        "_services",
        "_target",
    )

    def __init__(
        self,
        services: Services,
        target: int,
        number: int,
        queue: Queue,
        requests: dict[int, _Request],
        heads: Heads,
    ) -> None:
        self._services = services
        self._heads = heads
        self._target = target
        self._number = number
        self._requests = requests
        self._exchange: Exchange | None = None
        self._decoder: Decoder | None = None
        self._head = ""
        requests[number] = self
        services.hold(self)
        self._place = Place(queue, self._come)

    def begin(self, exchange: Exchange) -> None:
        """Take what stops it."""
        self._exchange = exchange

    def stop(self) -> None:
        """Give it up."""
        if self._exchange is not None:
            self._exchange.stop()
        self._place.drop()
        self._finish()

    def state(self) -> str:
        """Describe it in one line."""
        exchange = self._exchange
        if exchange is None:
            return f"  request {self._number}"
        request = exchange.request
        # Not what follows the question mark: it may be a secret.
        url = printable(str(request.url).partition("?")[0])
        if exchange.is_over:
            phase = "answered, and waits for those before it"
        elif exchange.has_begun:
            phase = "answer under way"
        else:
            phase = "waits for a connection" if exchange.connection is None else "sent"
        return f"  {request.method} {url}: {phase}"

    # Called by the client

    def answered(self, head: Head, body: bytes) -> None:
        self._post("answered", self._heads.text(head), Decoder(head).whole(body))
        self._finish()

    def began(self, head: Head) -> None:
        self._decoder = Decoder(head)
        self._head = self._heads.text(head)

    def continued(self, piece: bytes) -> None:
        if self._decoder is not None:
            self._post_piece(self._decoder.piece(piece))

    def ended(self) -> None:
        rest = "" if self._decoder is None else self._decoder.piece(b"", is_last=True)
        # Of an answer without a body, the callback hears as well.
        if self._head or len(rest) > 1:
            self._post_piece(rest)
        self._post("ended")
        self._finish()

    def failed(self, error: Exception) -> None:
        code = getattr(error, "code", "ERR_INVALID_ARG_VALUE")
        told = [error.reason if isinstance(error, TlsError) else str(error)]
        if isinstance(error, AccessDeniedError):
            told += [error.permission, error.resource]
        self._post("failed", str(code), json.dumps(told))
        self._finish()

    def _post_piece(self, payload: str) -> None:
        head, self._head = self._head, ""
        self._post("piece", head, payload)
        exchange = self._exchange
        if exchange is None or exchange.is_over:
            return
        if not self._place.is_first:
            exchange.pause()
            return
        # Those behind it wait for its first callback only: there may be no end.
        self._place.give_up()
        if self._services.turns.is_behind:
            exchange.pause()
            self._services.turns.when_served(self._target, self._resume)

    def _come(self) -> None:
        # Its first piece was held: whoever is behind it waits for no other.
        self._place.give_up()
        self._resume()

    def _resume(self) -> None:
        if self._exchange is not None and not self._exchange.is_over:
            self._exchange.resume()

    def _post(self, kind: str, *details: str) -> None:
        self._place.post((self._target, kind, self._number, *details))

    def _finish(self) -> None:
        """Nothing more comes of it."""
        self._place.end(self._over)

    def _over(self) -> None:
        """Take that the script has all of it, or will in the next turn."""
        if self._requests.pop(self._number, None) is not None:
            if self._exchange is not None:
                self._exchange.free()
            self._services.release(self)
