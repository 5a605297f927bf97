"""Play a sound file, from its beginning."""

from __future__ import annotations

import asyncio
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import TYPE_CHECKING

from ...codecs.sounds import BAD_SOUND, Sound
from ...errors import AccessDeniedError
from ..sound_devices import MAX_QUEUED, Output, SoundError, check_output, decode
from ..sound_end import End

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["CHANNELS", "RATE", "Clip"]

RATE = 44_100
"""Samples in a second that clips are played with, whatever their own rate is."""

CHANNELS = 2
"""Channels that clips are played with."""


class Clip(End):
    """One clip player of a script."""

    def __init__(self, services: Services, target: int) -> None:
        super().__init__(services, target)
        self._is_playing = False
        self._room = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether it has a device, or is about to."""
        return super().is_open or self._is_playing

    def play(self, data: str) -> None:
        """Play a sound file, instead of what is played.

        Args:
            data: the file's content as base64.
        """
        self._give_up()
        self._is_playing = True
        self.services.hold(self)
        self.services.spawn(self._work(data, self.epoch))

    def stop(self) -> None:
        """Stop; the script is told that it is done if it played."""
        was_playing = self._is_playing
        self._give_up()
        if was_playing:
            self.post("done")

    def _give_up(self) -> None:
        self._is_playing = False
        super().stop()
        # Whoever waits for room finds out.
        self._room.set()

    async def _work(self, data: str, epoch: int) -> None:
        room, loop = self._room, self.services.loop
        sound = Sound(RATE, CHANNELS, 16, b"")
        try:
            check_output(self.services.permissions)
            samples = memoryview(await asyncio.to_thread(_decoded, data))
            if not self.is_current(epoch):
                return
            output = await self.open_device(
                lambda: Output(sound, loop, room.set, lambda: self._on_drained(epoch))
            )
            piece = MAX_QUEUED // 4
            for start in range(0, len(samples), piece):
                while output is not None and self.is_current(epoch) and not output.has_room():
                    room.clear()
                    await room.wait()
                if output is None or not self.is_current(epoch):
                    return
                output.write(bytes(samples[start : start + piece]))
            if len(samples) == 0:
                self._on_drained(epoch)
        except (SoundError, AccessDeniedError) as error:
            if self.is_current(epoch):
                self._give_up()
                self.fail(error)
        self.settle()

    def _on_drained(self, epoch: int) -> None:
        if self.is_current(epoch):
            self.stop()
            self.settle()


def _decoded(data: str) -> bytes:
    try:
        content = a2b_base64(data)
    except (Base64Error, ValueError) as error:
        raise SoundError(BAD_SOUND, f"no base64: {error}") from None
    return decode(content, RATE, CHANNELS)
