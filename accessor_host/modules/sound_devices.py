"""Sound devices through miniaudio, for the modules that play or record.

miniaudio calls from threads of its own, which must not wait: samples pass through a queue that the
loop fills or empties. ``ACCESSOR_HOST_AUDIO=null`` plays to nobody, and records silence, in the
time that it would take.
"""

from __future__ import annotations

import os
import threading
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

import miniaudio

from ..codecs.sounds import BAD_SOUND, Sound, read_sound, write_sound
from ..core.permissions import Permissions
from ..errors import DecodingError
from .failures import ModuleError

__all__ = [
    "BACKEND",
    "DEVICES",
    "MAX_QUEUED",
    "MAX_SOUND",
    "Input",
    "Output",
    "SoundError",
    "check_input",
    "check_output",
    "decode",
]

BACKEND = "ACCESSOR_HOST_AUDIO"
"""Environment variable by which whoever runs a host chooses the device: ``null``, or the default
of the system."""

DEVICES = "/dev/snd"
"""What permissions call the devices: ``read`` records, and ``write`` plays."""

MAX_QUEUED = 4 * 1024 * 1024
"""Bytes that wait to be played: 20 seconds in the quality of a CD, and more of any other."""

MAX_SOUND = 64 * 1024 * 1024
"""Bytes that one sound may have once it is decoded: six minutes in the quality of a CD."""

_PERIOD = 50
"""Milliseconds that a device takes at a time."""

_FORMATS = {
    8: miniaudio.SampleFormat.UNSIGNED8,
    16: miniaudio.SampleFormat.SIGNED16,
    24: miniaudio.SampleFormat.SIGNED24,
    32: miniaudio.SampleFormat.SIGNED32,
}
_SIGN = bytes(value ^ 0x80 for value in range(256))


class SoundError(ModuleError):
    """Report to a script what is wrong with a sound or its device.

    Args:
        code: stable machine-readable name, for example ``"ERR_AUDIO_DEVICE"``.
        reason: the fault in words.
    """


def check_output(permissions: Permissions | None) -> None:
    """Check that scripts may play sounds.

    Raises:
        AccessDeniedError: they may not.
    """
    if permissions is not None:
        permissions.check_write(DEVICES)


def check_input(permissions: Permissions | None) -> None:
    """Check that scripts may record sounds.

    Raises:
        AccessDeniedError: they may not.
    """
    if permissions is not None:
        permissions.check_read(DEVICES)


def decode(data: bytes, rate: int, channels: int, bits: int = 16) -> bytes:
    """Decode a sound file: WAVE, AIFF, AIFF-C, AU, MP3, FLAC or Vorbis.

    Args:
        data: its content.
        rate: samples in a second that are wanted.
        channels: that are wanted.
        bits: of a sample that is wanted.

    Returns:
        Signed samples, little-endian.

    Raises:
        SoundError: it is no sound file, damaged, or too long.
    """
    try:
        sound = read_sound(data)
    except DecodingError as error:
        raise SoundError(error.code, error.reason) from None
    decoded = bytearray()
    try:
        pieces = miniaudio.stream_memory(
            data if sound is None else write_sound(sound, "wav"),
            output_format=_FORMATS[bits],
            nchannels=channels,
            sample_rate=rate,
        )
        for piece in pieces:
            decoded += piece.tobytes()
            if len(decoded) > MAX_SOUND:
                reason = f"the sound has more than {MAX_SOUND} bytes once it is decoded"
                raise SoundError("ERR_AUDIO_TOO_LONG", reason)
    except miniaudio.MiniaudioError:
        raise SoundError(BAD_SOUND, "it is no sound file that can be decoded") from None
    samples = bytes(decoded)
    return samples.translate(_SIGN) if bits == 8 else samples


class _Device:
    """One device of miniaudio's; opening it may take long."""

    def __init__(self, kind: Any, sound: Sound, what: str) -> None:
        directions = {"output_format": _FORMATS[sound.bits]}
        if kind is miniaudio.CaptureDevice:
            directions = {"input_format": _FORMATS[sound.bits]}
        try:
            self._device = kind(
                **directions,
                nchannels=sound.channels,
                sample_rate=sound.rate,
                buffersize_msec=_PERIOD,
                backends=_backends(),
                app_name="accessor-host",
            )
        except miniaudio.MiniaudioError as error:
            reason = f"no sound can be {what} here ({error.args[0]}); {BACKEND}=null does without"
            raise SoundError("ERR_AUDIO_DEVICE", reason) from None
        self._is_signed = sound.bits != 8
        self._frame = sound.channels * sound.bits // 8

    def _start(self, samples: Generator[bytes, Any, None]) -> None:
        next(samples)
        try:
            self._device.start(samples)
        except miniaudio.MiniaudioError as error:
            self.close()
            raise SoundError("ERR_AUDIO_DEVICE", f"the sound device: {error.args[0]}") from None

    def close(self) -> None:
        """Give the device back."""
        with suppress(miniaudio.MiniaudioError):
            self._device.close()


class Output(_Device):
    """Play samples, and silence where there are none.

    Args:
        sound: rate, channels and bits of the samples; its data are not played.
        loop: where the functions are called.
        taken: called when room was made, after :meth:`wants_room` was true.
        drained: called when all has been played, after something was written.

    Raises:
        SoundError: there is no device, or it does not take such samples.
    """

    def __init__(
        self,
        sound: Sound,
        loop: AbstractEventLoop,
        taken: Callable[[], None],
        drained: Callable[[], None],
    ) -> None:
        super().__init__(miniaudio.PlaybackDevice, sound, "played")
        self._loop = loop
        self._taken = taken
        self._drained = drained
        self._lock = threading.Lock()
        self._queue: deque[memoryview] = deque()
        self._queued = 0
        self._is_waiting = False
        # What the device has taken is heard some periods later.
        self._tail = self._frame * sound.rate * _PERIOD * 4 // 1000
        self._silence = -1
        self._start(self._feed())

    def has_room(self) -> bool:
        """Tell whether more may be written; if not, ``taken`` is called when it is so."""
        with self._lock:
            self._is_waiting = self._queued >= MAX_QUEUED
            return not self._is_waiting

    def write(self, samples: bytes) -> None:
        """Queue samples, signed and little-endian."""
        if samples:
            data = samples if self._is_signed else samples.translate(_SIGN)
            with self._lock:
                self._queue.append(memoryview(data))
                self._queued += len(data)
                self._silence = 0

    def _feed(self) -> Generator[bytes, int, None]:
        frames = yield b""
        while True:
            frames = yield self._take(frames * self._frame)

    def _take(self, wanted: int) -> bytes:
        pieces = []
        missing = wanted
        with self._lock:
            while missing and self._queue:
                piece = self._queue[0]
                pieces.append(piece[:missing])
                if len(piece) > missing:
                    self._queue[0] = piece[missing:]
                else:
                    self._queue.popleft()
                missing -= len(pieces[-1])
            self._queued -= wanted - missing
            is_roomy = self._is_waiting and self._queued < MAX_QUEUED
            self._is_waiting = self._is_waiting and not is_roomy
            is_over = False
            if self._silence >= 0 and not self._queue:
                self._silence += missing
                is_over = self._silence >= self._tail
                self._silence = -1 if is_over else self._silence
        # Unsigned samples have their silence in the middle.
        silence = b"" if self._is_signed else b"\x80" * missing
        with suppress(RuntimeError):
            # The loop may be closed.
            if is_roomy:
                self._loop.call_soon_threadsafe(self._taken)
            if is_over:
                self._loop.call_soon_threadsafe(self._drained)
        return b"".join([*pieces, silence])


class Input(_Device):
    """Record samples in segments.

    Args:
        sound: rate, channels and bits of the samples.
        size: bytes of a segment.
        take: called in the thread of the device with each segment; it must not wait.

    Raises:
        SoundError: there is no device, or it does not give such samples.
    """

    def __init__(self, sound: Sound, size: int, take: Callable[[bytes], None]) -> None:
        super().__init__(miniaudio.CaptureDevice, sound, "recorded")
        self._size = size
        self._take = take
        self._start(self._cut())

    def _cut(self) -> Generator[bytes, bytes, None]:
        rest = bytearray()
        while True:
            rest += yield b""
            while len(rest) >= self._size:
                segment = bytes(rest[: self._size])
                del rest[: self._size]
                self._take(segment if self._is_signed else segment.translate(_SIGN))


def _backends() -> list[miniaudio.Backend]:
    if os.environ.get(BACKEND) == "null":
        return [miniaudio.Backend.NULL]
    enabled: set[miniaudio.Backend] = miniaudio.get_enabled_backends()
    # The one that plays to nobody would hide that there is no device.
    left_out = (miniaudio.Backend.NULL, miniaudio.Backend.CUSTOM)
    return sorted(enabled - set(left_out), key=lambda backend: backend.value)
