"""Record segments, and hand them over one after another."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import replace
from functools import partial

from ...codecs.sounds import FORMATS, Sound, swapped, write_sound
from ...errors import AccessDeniedError
from ..sound_devices import Input, SoundError, check_input
from ..sound_end import End

__all__ = ["MAX_SEGMENT", "MAX_WAITING", "MAX_WAITING_BYTES", "Recorder"]

MAX_SEGMENT = 4 * 1024 * 1024
"""Bytes of a segment: twenty seconds in the quality of a CD."""

MAX_WAITING = 100
"""Segments that wait for a script that is slower than its microphone; the next ones are dropped.
A device gives several short ones at once."""

MAX_WAITING_BYTES = 4 * MAX_SEGMENT
"""Bytes of these."""


class Recorder(End):
    """One capture of a script."""

    _is_on = False
    _waiting = 0
    _is_overrun = False

    @property
    def is_open(self) -> bool:
        """Whether it has a device, or is about to."""
        return super().is_open or self._is_on

    def stop(self) -> None:
        """Stop; a segment that is not complete is dropped."""
        self._is_on = False
        super().stop()

    def record(self, sound: Sound, is_big_endian: bool, form: str, milliseconds: float) -> None:
        """Begin to record.

        Args:
            sound: rate, channels and bits.
            is_big_endian: whether raw samples begin with their high byte.
            form: of a segment: raw, array, or a format of files.
            milliseconds: of a segment.
        """
        if self._is_on:
            return
        frame = sound.channels * sound.bits // 8
        size = max(1, round(sound.rate * milliseconds / 1000)) * frame
        if size > MAX_SEGMENT:
            self._end(SoundError("ERR_AUDIO_TOO_LONG", f"a segment would have {size} bytes"))
            return
        self._is_on = True
        self.services.hold(self)
        formed = partial(_formed, sound, is_big_endian, form)
        self.services.spawn(self._open(self.epoch, sound, size, formed))

    async def _open(self, epoch: int, sound: Sound, size: int, formed: partial[bytes]) -> None:
        loop = self.services.loop
        if not self.is_current(epoch):
            return

        def take(segment: bytes) -> None:
            loop.call_soon_threadsafe(self._take, epoch, formed, segment)

        try:
            check_input(self.services.permissions)
            await self.open_device(lambda: Input(sound, size, take))
        except (SoundError, AccessDeniedError) as error:
            if self.is_current(epoch):
                self._end(error)
        self.settle()

    def _end(self, error: SoundError | AccessDeniedError) -> None:
        self._is_on = False
        self.services.release(self)
        self.post("ended")
        self.fail(error)
        self.settle()

    def _take(self, epoch: int, formed: partial[bytes], segment: bytes) -> None:
        if not self.is_current(epoch):
            return
        bytes_waiting = self._waiting * len(segment)
        if self._waiting >= MAX_WAITING or bytes_waiting >= MAX_WAITING_BYTES:
            if not self._is_overrun:
                self._is_overrun = True
                reason = f"{self._waiting} segments wait already; those that follow are dropped"
                self.fail(SoundError("ERR_AUDIO_OVERRUN", reason))
            return
        self._waiting += 1
        self.post("segment", b2a_base64(formed(segment), newline=False).decode())
        self.services.turns.when_served(self.target, self._on_served)

    def _on_served(self) -> None:
        self._waiting = 0
        self._is_overrun = False


def _formed(sound: Sound, is_big_endian: bool, form: str, segment: bytes) -> bytes:
    if form in FORMATS:
        return write_sound(replace(sound, data=segment), form)
    if form == "raw" and is_big_endian:
        return swapped(segment, sound.bits)
    return segment
