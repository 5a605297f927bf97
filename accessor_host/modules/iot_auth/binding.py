"""The Python half of ``@modules/iot-auth``: keys, clients and servers of scripts.

Keys cross as the bytes that Auth writes, in base64; only ``modules/iot-auth/iot-auth.js`` sees
them.
"""

from __future__ import annotations

import asyncio
import json
import os
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ...errors import AccessDeniedError
from ...net.connect import ascii_host, connect, why
from ...net.listening import Listening
from ...net.ports import SOCKET_MODE
from ...net.serving import Serving
from . import messages
from .channels import HANDSHAKE_TIMEOUT, Channel, MessageStream, is_valid
from .ciphers import decrypt, encrypt, private_key, public_key
from .exchange import Answer, Exchange, Request
from .messages import Fields, IotAuthError, SessionKey

if TYPE_CHECKING:
    from ...core.services import Services
    from ...net.permits import ListenPermit

__all__ = ["MAX_CONNECTIONS", "IotAuth"]

_INTERFACE = "0.0.0.0"  # noqa: S104 (as every host listens for this module)

MAX_CONNECTIONS = 1_000
"""Clients of one server at a time, those in their handshake counted."""


class IotAuth:
    """All that one host's scripts have of this module."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ends: dict[int, _Client | _Server] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "iot-auth.request": self._request,
            "iot-auth.connect": self._connect,
            "iot-auth.listen": self._listen,
            "iot-auth.answer": self._answer,
            "iot-auth.send": self._send,
            "iot-auth.close": self._close,
            "iot-auth.forget": self._forget,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {
            "iot-auth.load": self._load,
            "iot-auth.encrypt": _encrypt_publication,
            "iot-auth.decrypt": _decrypt_publication,
        }

    async def stop(self) -> None:
        """Close everything, and wait until it is gone."""
        ends = list(self._ends.values())
        for end in ends:
            end.close()
        for end in ends:
            await end.wait_inactive()

    def state(self) -> list[str]:
        """Say how many clients and servers there are."""
        active = sum(end.is_active for end in self._ends.values())
        return [f"iot-auth clients and servers: {active}"]

    def _load(self, path: str, is_private: bool) -> str:
        if self._services.permissions is not None:
            self._services.permissions.check_files([path])
        (private_key if is_private else public_key)(path)
        return os.path.realpath(path)

    def _request(self, target: int, host: str, port: int, given: dict[str, Any]) -> None:
        self._services.spawn(self._exchange(target, host, port, given))

    async def _exchange(self, target: int, host: str, port: int, given: dict[str, Any]) -> None:
        services = self._services
        try:
            answer = await self._ask(host, port, given)
        except AccessDeniedError as error:
            services.post((target, "refused", error.reason))
        except IotAuthError as error:
            services.post((target, "refused", str(error)))
        else:
            keys = json.dumps([_key_fields(key) for key in answer.keys])
            services.post((target, "answered", _base64(answer.distribution), keys))
        services.post((target, "idle", 1))

    async def _ask(self, host: str, port: int, given: dict[str, Any]) -> Answer:
        services = self._services
        if services.permissions is not None:
            services.permissions.check_files([str(given.get("auth")), str(given.get("entity"))])
        # In a thread: to check an RSA key takes a tenth of a second.
        request = await asyncio.to_thread(_request_of, given)
        answer: asyncio.Future[Answer] = services.loop.create_future()
        exchange = Exchange(request, services.flusher, answer)
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                await _reach(services, exchange, host, port)
                return await answer
        except TimeoutError:
            raise IotAuthError(f"no answer of Auth within {HANDSHAKE_TIMEOUT:g} s") from None
        finally:
            exchange.end()
            answer.cancel()

    def _connect(self, target: int, host: str, port: int, spec: str, key: str) -> None:
        client = self._ends[target] = _Client(self._services, target)
        client.open(host, port, spec, key)

    def _listen(self, target: int, port: int, spec: str) -> None:
        server = self._ends[target] = _Server(self._services, target, port, spec)
        server.open()

    def _answer(self, target: int, number: int, payload: str, key: str) -> None:
        end = self._ends.get(target)
        if isinstance(end, _Server):
            end.answer(number, _bytes(payload), key)

    def _send(self, target: int, number: int, data: str) -> None:
        if target in self._ends:
            self._ends[target].send(number, _bytes(data))

    def _close(self, target: int, number: int) -> None:
        if target in self._ends:
            self._ends[target].close_one(number)

    def _forget(self, target: int) -> None:
        end = self._ends.get(target)
        if end is not None and not end.is_active:
            del self._ends[target]


class _End:
    """One client or server: the owner of its channels."""

    def __init__(self, services: Services, target: int) -> None:
        self._services = services
        self._target = target
        self._answered = 1
        self._channels: dict[int, Channel] = {}

    @property
    def is_active(self) -> bool:
        """Whether anything of it is under way."""
        return bool(self._channels)

    def send(self, number: int, data: bytes) -> None:
        self._answered += 1
        channel = self._channels.get(number)
        if channel is not None and channel.is_open and not channel.send(data):
            self._post("failed", "a message is not sent: the session key has expired", number)
        self.settle()

    def close_one(self, number: int) -> None:
        self._answered += 1
        if number in self._channels:
            self._channels[number].close()
        elif number < 0:
            self.close()
        self.settle()

    def close(self) -> None:
        for channel in list(self._channels.values()):
            channel.close()

    async def wait_inactive(self) -> None:
        # What is closed is written and gone in the next iteration.
        await asyncio.sleep(0)

    def settle(self) -> None:
        if self.is_active:
            self._services.hold(self)
        else:
            self._services.release(self)
            self._post("idle", self._answered)

    def _post(self, kind: str, *details: str | int) -> None:
        self._services.post((self._target, kind, *details))

    # What a channel tells.

    def requested(self, channel: Channel, payload: bytes) -> None:
        self._post("requested", _base64(payload), channel.id)

    def opened(self, channel: Channel) -> None:
        host, port = channel.remote
        peer = json.dumps({"host": host, "port": port, "expires": channel.expires})
        self._post("opened", peer, channel.id)

    def data(self, channel: Channel, data: bytes) -> None:
        self._post("data", _base64(data), channel.id)

    def failed(self, channel: Channel, reason: str) -> None:
        self._post("failed", reason, channel.id)

    def closed(self, channel: Channel) -> None:
        self._channels.pop(channel.id, None)
        if channel.is_open:
            self._post("closed", channel.id)
        self.settle()


class _Client(_End):
    """One secure connection of a script's."""

    def open(self, host: str, port: int, spec: str, key: str) -> None:
        services = self._services
        try:
            channel = Channel(self, services.flusher, services.loop, spec, _session_key(key))
        except IotAuthError as error:
            self._post("failed", str(error), 0)
            self.settle()
            return
        self._channels[0] = channel
        self.settle()
        services.spawn(self._dial(channel, host, port))

    async def _dial(self, channel: Channel, host: str, port: int) -> None:
        try:
            await _reach(self._services, channel, host, port)
        except (AccessDeniedError, IotAuthError) as error:
            channel.fail(str(error))
        except asyncio.CancelledError:
            channel.close()
            raise


class _Place(NamedTuple):
    host: str
    port: int
    permit: ListenPermit | None
    tls: None = None
    reuse_port: bool = False
    socket_mode: int = SOCKET_MODE


class _Server(_End):
    """One server of a script's."""

    def __init__(self, services: Services, target: int, port: int, spec: str) -> None:
        super().__init__(services, target)
        self._spec = spec
        self._last = -1
        self._serving = Serving(self, _Served(self, port), _INTERFACE, port)

    @property
    def is_active(self) -> bool:
        return self._serving.is_active or bool(self._channels)

    def open(self) -> None:
        if self._services.is_stopping:
            self._post("unlistened", "the host is stopping; no server can start")
        else:
            self._serving.start(self._services.loop)
        self.settle()

    def answer(self, number: int, payload: bytes, key: str) -> None:
        self._answered += 1
        channel = self._channels.get(number)
        if channel is not None:
            try:
                channel.answer(payload, _session_key(key))
            except IotAuthError as error:
                channel.fail(str(error))
        self.settle()

    def close(self) -> None:
        self._serving.stop()

    async def wait_inactive(self) -> None:
        await self._serving.wait_inactive()

    def accept(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        services = self._services
        if len(self._channels) >= MAX_CONNECTIONS:
            refused = MessageStream(services.flusher)
            refused.is_over = True
            return refused
        self._last += 1
        channel = Channel(self, services.flusher, services.loop, self._spec)
        channel.id = self._last
        self._channels[channel.id] = channel
        return channel

    def close_channels(self) -> None:
        """Close all connections."""
        super().close()

    @property
    def permit(self) -> ListenPermit | None:
        """Return who decides where to listen."""
        return self._services.permissions

    # What happens to it.

    def listening(self, port: int) -> None:
        self._post("listening", port)

    def failed(self, error: Any, reason: str = "") -> None:
        # A channel fails with a reason, a start alone.
        if isinstance(error, Channel):
            super().failed(error, reason)
        else:
            self._post("unlistened", getattr(error, "reason", "") or str(error))
            self._services.loop.call_soon(self.settle)

    def stopped(self) -> None:
        self._services.loop.call_soon(self.settle)


class _Served:
    """What a server starts and stops: where it listens, and its connections."""

    def __init__(self, server: _Server, port: int) -> None:
        self._server = server
        place = _Place(_INTERFACE, port, server.permit)
        self._listening = Listening(place, _never, _ignore, _ignore)

    @property
    def address(self) -> tuple[str, str, int] | None:
        return self._listening.address

    async def start(self) -> int:
        return await self._listening.start(self._server.accept)

    async def stop(self) -> None:
        self._listening.stop()
        self._server.close_channels()
        await asyncio.sleep(0)

    def reload(self) -> None:
        """Nothing: there is no TLS."""


def _never() -> NoReturn:
    raise AssertionError("there is no TLS")


def _ignore(_what: object) -> None:
    pass


async def _reach(services: Services, stream: MessageStream, host: str, port: int) -> None:
    """Connect, where that is permitted.

    Raises:
        AccessDeniedError: it is not.
        IotAuthError: there is no connection.
    """
    try:
        await connect(
            services.loop, lambda: stream, ascii_host(host), port, None, services.permissions
        )
    except (OSError, ValueError, OverflowError) as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise
        reason = str(error) if isinstance(error, OverflowError) else why(error, None)
        raise IotAuthError(f"no connection with {host}:{port}: {reason}") from None


def _request_of(given: Mapping[str, Any]) -> Request:
    try:
        count = int(given["count"])
        distribution = _bytes(str(given["distribution"]))
        if not 0 < count <= messages.MAX_KEYS:
            raise IotAuthError(f"1 to {messages.MAX_KEYS} keys can be asked for, not {count}")
        return Request(
            str(given["name"]),
            count,
            str(given["purpose"]),
            str(given["spec"]),
            public_key(str(given["auth"])),
            private_key(str(given["entity"])),
            (distribution, messages.read_distribution_key(distribution)) if distribution else None,
            bool(given["older"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IotAuthError(f"no request of this module: {error!r}") from None


def _session_key(text: str) -> SessionKey:
    fields = Fields(_bytes(text))
    key = messages.read_session_key(fields)
    fields.end()
    return key


def _key_fields(key: SessionKey) -> list[str | int]:
    """Return number, expiry, validity, and the key as Auth writes it."""
    wire = b"".join(
        (
            key.id,
            key.expires.to_bytes(6),
            key.validity.to_bytes(6),
            messages.with_length(key.cipher),
            messages.with_length(key.mac),
        )
    )
    return [int.from_bytes(key.id), key.expires, key.validity, _base64(wire)]


def _encrypt_publication(data: str, number: int, spec: str, key_text: str) -> str:
    key = _session_key(key_text)
    if not is_valid(key.expires):
        raise IotAuthError("the session key has expired")
    if not 0 <= number < 2**64:
        raise IotAuthError("a sequence number has eight bytes")
    sealed = encrypt(number.to_bytes(8) + _bytes(data), spec, key)
    return _base64(messages.frame(messages.SECURE_PUB, key.id + sealed))


def _decrypt_publication(sealed: str, spec: str, key_text: str) -> list[str | int]:
    key = _session_key(key_text)
    if not is_valid(key.expires):
        raise IotAuthError("the session key has expired")
    fields = Fields(decrypt(_bytes(sealed), spec, key))
    return [fields.number(8), _base64(fields.rest)]


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _bytes(text: str) -> bytes:
    try:
        return a2b_base64(text)
    except Base64Error:
        raise IotAuthError("no base64") from None
