"""One serial port of a script: closed, on its way, open, or closing."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

from ...errors import AccessDeniedError, DecodingError, EncodingError
from ...options import validate
from ..payloads import bytes_of
from .links import (
    LOOPBACK,
    DeviceLink,
    LoopbackLink,
    SerialError,
    close_device,
    open_device,
)
from .readers import Reader, reader_for

if TYPE_CHECKING:
    from serial import Serial

    from ...core.services import Services

__all__ = ["MAX_TIMEOUT", "Port"]

MAX_TIMEOUT = 600_000
"""Milliseconds that opening may take at most: as long as anybody waits."""


class Port:
    """A serial port.

    Args:
        services: of the host.
        users: who uses which port; this one adds and removes itself.
        target: of its events.
        name: ``loopback``, or the path of a device.
        owner: whom errors name when another wants it meanwhile.
        timeout: milliseconds that opening may take, and the rest of what was sent at the end.
        options: as ``schemas/serial.schema.json`` has them.

    Raises:
        OptionError: one of the options is not allowed.
        ValueError: the timeout is not.
    """

    def __init__(
        self,
        services: Services,
        users: dict[str, Port],
        target: int,
        name: str,
        owner: str,
        timeout: float,
        options: dict[str, Any],
    ) -> None:
        if not 0 < timeout <= MAX_TIMEOUT:
            raise ValueError(f"a timeout of {timeout} ms")
        self.owner = owner
        """Whom errors name when another wants it meanwhile."""
        self._services = services
        self._users = users
        self._target = target
        self._name = name
        self._timeout = timeout / 1000
        self._values = validate("serial", options).values
        # Whole, or nothing: what scripts forge is refused here.
        self._reader = self._new_reader(self._values["receiveType"])
        self._answered = 0
        self._opening = 0
        self._key = ""
        self._link: LoopbackLink | DeviceLink | None = None
        self._opener: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None
        self._ends = False
        self._drained = asyncio.Event()
        self._waiting = bytearray()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way or open."""
        return not (self._link or self._opener or self._closer or self._waiting)

    @property
    def unsent(self) -> int:
        """Bytes that wait to be written."""
        return len(self._waiting) + (self._link.unsent if self._link is not None else 0)

    # What scripts ask for

    def open(self, opening: int) -> None:
        """Open the port, once it is closed if it is open."""
        self._answered += 1
        self.close()
        self._opening = opening
        if self._services.is_stopping:
            self._fail(SerialError("ERR_HOST_STOPPING", "the host is stopping; no port can open"))
            self._settle()
            return
        self._services.hold(self)
        self._opener = self._services.spawn(self._open())

    def send(self, payload: list[Any]) -> None:
        """Write what the script encoded, or keep it until the port is open."""
        self._answered += 1
        try:
            data = _bytes_of(payload)
        except EncodingError as error:
            self._fail(SerialError("ERR_SERIAL_ENCODING", str(error)))
        else:
            limit = self._values["maxUnsentBytes"]
            if self.unsent + len(data) > limit:
                reason = f"{len(data)} bytes are not sent: more than maxUnsentBytes, {limit}, wait"
                self._fail(SerialError("ERR_SERIAL_QUEUE_FULL", reason))
            elif self._link is not None:
                self._link.write(data)
            else:
                self._waiting += data
        self._settle()

    def receive(self, kind: str) -> None:
        """Read for another type from now on."""
        self._answered += 1
        self._reader = self._new_reader(kind)
        self._values["receiveType"] = kind
        self._settle()

    def end(self) -> None:
        """Close the port, because the script asks for it."""
        self._answered += 1
        if self._opener is not None and self._waiting and not self._services.is_stopping:
            # What was sent leaves first.
            self._ends = True
            return
        self._drop_waiting()
        self.close()
        self._settle()

    def close(self) -> None:
        """Close the port, and give up opening it; what was sent leaves meanwhile."""
        self._ends = False
        if self._opener is not None:
            self._opener.cancel()
            self._opener = None
            if self._users.get(self._key) is not self:
                self._services.release(self)
            elif self._key == LOOPBACK:
                self._leave()
        link, self._link = self._link, None
        if isinstance(link, LoopbackLink):
            link.close()
            self._leave()
        elif link is not None:
            # Nothing that arrives is told any more.
            link.pause()
            self._closer = self._services.spawn(self._close(link))

    async def wait_closed(self) -> None:
        """Wait until the port is closed, if it is about to be."""
        if self._ends and self._opener is not None:
            await asyncio.wait([self._opener])
        if self._closer is not None:
            await asyncio.wait([self._closer])

    # Opening and closing

    async def _open(self) -> None:
        try:
            if self._closer is not None:
                await asyncio.wait([self._closer])
            key = self._checked_key()
            user = self._users.get(key)
            if user is not None and user is not self:
                await user.wait_closed()
                user = self._users.get(key)
            if user is not None:
                shown = "loopback" if key == LOOPBACK else f"'{key}'"
                owner = f"'{user.owner}'" if user.owner else "another port of this host"
                raise SerialError("ERR_SERIAL_IN_USE", f"{shown} is in use by {owner}")
            self._users[key] = self
            self._key = key
            self._reader = self._new_reader(self._values["receiveType"])
            if key == LOOPBACK:
                link: LoopbackLink | DeviceLink = LoopbackLink(
                    self._services.loop, self._on_received
                )
            else:
                device = await self._open_device(key)
                link = DeviceLink(
                    self._services.loop,
                    device,
                    self._on_received,
                    self._on_lost,
                    self._drained.set,
                )
        except (SerialError, AccessDeniedError) as error:
            self._opener = None
            if self._ends:
                self._drop_waiting()
            self._fail(error)
            if self._closer is None:
                self._leave()
            self._settle()
            return
        self._opener = None
        self._link = link
        waiting = bytes(self._waiting)
        self._waiting.clear()
        if waiting:
            link.write(waiting)
        if self._ends:
            self.close()
            self._settle()

    async def _open_device(self, path: str) -> Serial:
        work = self._services.loop.run_in_executor(
            None, open_device, path, self._values["baudRate"]
        )
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(work)
        except TimeoutError:
            self._closer = self._services.spawn(self._close_late(work))
            reason = f"'{path}' could not be opened within {self._timeout:g} seconds"
            raise SerialError("ERR_SERIAL_TIMEOUT", reason) from None
        except asyncio.CancelledError:
            self._closer = self._services.spawn(self._close_late(work))
            raise

    async def _close_late(self, work: asyncio.Future[Serial]) -> None:
        """Close a device that nobody waits for any more as soon as it is open."""
        loop = self._services.loop
        try:
            await asyncio.wait([work])
            if not work.cancelled() and work.exception() is None:
                await asyncio.shield(loop.run_in_executor(None, close_device, work.result()))
        finally:
            self._after_close()

    async def _close(self, link: DeviceLink) -> None:
        loop = self._services.loop
        try:
            if link.unsent:
                self._drained.clear()
                async with asyncio.timeout(self._timeout):
                    await self._drained.wait()
        except TimeoutError:
            self._tell_lost(link.unsent)
        finally:
            link.close()
            # Whoever waits for the port must not get it before it is closed.
            await asyncio.shield(loop.run_in_executor(None, close_device, link.device))
            self._after_close()

    def _after_close(self) -> None:
        self._closer = None
        if self._opener is None:
            self._leave()
            self._settle()
        elif self._users.get(self._key) is self:
            # It is opened again already.
            del self._users[self._key]

    def _checked_key(self) -> str:
        if self._name == LOOPBACK:
            return LOOPBACK
        path = os.path.realpath(self._name)
        permissions = self._services.permissions
        if permissions is not None:
            permissions.check("serial", path)
        return path

    def _leave(self) -> None:
        """Let others have the port, and the run end."""
        if self._users.get(self._key) is self:
            del self._users[self._key]
        self._services.release(self)

    # Called by links

    def _on_received(self, data: bytes) -> None:
        if self._link is None:
            return
        reader, turns = self._reader, self._services.turns
        written = reader.feed(data)
        if written is not None:
            self._services.post((self._target, reader.event, self._opening, written))
        fault = reader.fault()
        if fault is not None:
            self._fail(fault)
        if turns.is_behind or turns.holds(self._target):
            self._link.pause()
            turns.when_served(self._target, self._resume)

    def _resume(self) -> None:
        if self._link is not None:
            self._link.resume()

    def _on_lost(self, reason: str) -> None:
        link, self._link = self._link, None
        if not isinstance(link, DeviceLink):
            # It was closing anyway.
            self._drained.set()
            return
        self._fail(SerialError("ERR_SERIAL_LOST", f"'{self._key}' is gone: {reason}"))
        self._closer = self._services.spawn(self._close(link))

    # Telling scripts

    def _fail(self, error: SerialError | AccessDeniedError | DecodingError) -> None:
        lacks = [error.permission, error.resource] if isinstance(error, AccessDeniedError) else []
        details = json.dumps([self._opening, *lacks])
        self._services.post((self._target, "failed", details, error.code, error.reason))

    def _drop_waiting(self) -> None:
        if self._waiting:
            self._tell_lost(len(self._waiting))
            self._waiting.clear()

    def _tell_lost(self, count: int) -> None:
        self._services.post((self._target, "lost", count))

    def _settle(self) -> None:
        if self.is_idle:
            self._services.post((self._target, "idle", self._answered))

    def _new_reader(self, kind: str) -> Reader:
        return reader_for(kind, self._values["maxMessageSize"])


def _bytes_of(payload: list[Any]) -> bytes:
    kind = payload[0] if payload else None
    if kind == "texts" and all(isinstance(text, str) for text in payload):
        return b"".join(bytes_of(text) + b"\0" for text in payload[1:])
    if kind == "text-bytes":
        return bytes_of(["bytes", *payload[1:]]) + b"\0"
    return bytes_of(payload)
