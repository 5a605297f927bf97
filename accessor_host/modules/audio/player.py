"""Play what a script gives, in order, with a queue in front of the device."""

from __future__ import annotations

import asyncio
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ...codecs.sounds import BAD_SOUND, Sound, swapped
from ...errors import AccessDeniedError
from ..sound_devices import Output, SoundError, check_output, decode
from ..sound_end import End

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_PENDING", "Player"]

MAX_PENDING = 64
"""Sounds that wait in front of a full queue: a script that waits for its callbacks has one."""


class _Given(NamedTuple):
    sound: Sound
    is_big_endian: bool
    form: str
    call: int
    data: str


class Player(End):
    """One player of a script."""

    def __init__(self, services: Services, target: int) -> None:
        super().__init__(services, target)
        self._pending: deque[_Given] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._output: Output | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has a device, or something to play."""
        return super().is_open or self._worker is not None

    def play(self, sound: Sound, is_big_endian: bool, form: str, call: int, data: str) -> None:
        """Queue a sound; the script is told when it has room."""
        if len(self._pending) >= MAX_PENDING:
            reason = f"{MAX_PENDING} sounds wait to be played already; wait for the callback"
            self.fail(SoundError("ERR_AUDIO_QUEUE", reason))
            self.post("dropped", call)
            return
        self._pending.append(_Given(sound, is_big_endian, form, call, data))
        self.services.hold(self)
        if self._worker is None:
            self._worker = self.services.spawn(self._work())

    def stop(self) -> None:
        """Stop at once, and forget what is queued."""
        self._pending.clear()
        self._output = None
        self._room.set()
        super().stop()

    async def _work(self) -> None:
        try:
            while self._pending:
                given = self._pending.popleft()
                epoch = self.epoch
                try:
                    await self._queue(given, epoch)
                except (SoundError, AccessDeniedError) as error:
                    if self.is_current(epoch):
                        self.fail(error)
                        self.post("dropped", given.call)
        finally:
            self._worker = None
        if self._output is None:
            self.services.release(self)
        self.settle()

    async def _queue(self, given: _Given, epoch: int) -> None:
        check_output(self.services.permissions)
        samples = await asyncio.to_thread(_samples_of, given)
        if not self.is_current(epoch):
            return
        if self._output is None:
            loop = self.services.loop
            self._output = await self.open_device(
                lambda: Output(given.sound, loop, self._room.set, self._on_drained)
            )
        output = self._output
        while output is not None and not output.has_room():
            self._room.clear()
            await self._room.wait()
            output = self._output if self.is_current(epoch) else None
        if output is not None and self.is_current(epoch):
            output.write(samples)
            self.services.hold(self)
            self.post("queued", given.call)

    def _on_drained(self) -> None:
        # The device stays, for what comes next; but a run need not.
        if self._worker is None:
            self.services.release(self)


def _samples_of(given: _Given) -> bytes:
    try:
        data = a2b_base64(given.data)
    except (Base64Error, ValueError) as error:
        raise SoundError(BAD_SOUND, f"no base64: {error}") from None
    sound = given.sound
    if given.form == "encoded":
        return decode(data, sound.rate, sound.channels, sound.bits)
    if given.form == "raw" and given.is_big_endian:
        data = swapped(data, sound.bits)
    frame = sound.channels * sound.bits // 8
    return data[: len(data) // frame * frame]
