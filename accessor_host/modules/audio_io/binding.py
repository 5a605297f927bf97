"""The Python half of ``@modules/audio-io``: one output and one input for all scripts of a host."""

from __future__ import annotations

import asyncio
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.sounds import BAD_SOUND, Sound, read_sound
from ...errors import AccessDeniedError, DecodingError
from ..sound_devices import Input, Output, SoundError, check_input, check_output
from ..sound_end import End

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_PENDING", "MAX_WAITING", "AudioIo"]

MAX_WAITING = 200
"""Blocks that wait for a script that is slower than its microphone: two seconds of usual ones."""

MAX_PENDING = 64
"""Vectors that wait in front of a full queue; those that follow are dropped."""

_BITS = 16


class AudioIo:
    """What one host's scripts play and record."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._output = _Player(services, 0)
        self._input = _Recorder(services, 0)
        self.operations: Mapping[str, Callable[..., None]] = {
            "audio-io.play": self._play,
            "audio-io.capture": self._capture,
            "audio-io.stop-capture": self._stop_capture,
            "audio-io.wrapup": self._wrap_up,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {"audio-io.wav": _wave}

    async def stop(self) -> None:
        """Stop both, and wait until the devices have been given back."""
        self._wrap_up(0)
        await self._output.wait_closed()
        await self._input.wait_closed()

    def _play(self, target: int, channels: int, rate: int, data: str) -> None:
        if not self._services.is_stopping:
            self._output.target = target
            self._output.play(_sound(channels, rate), data)

    def _capture(self, target: int, channels: int, rate: int, block: int) -> None:
        if not self._services.is_stopping:
            self._input.target = target
            self._input.record(_sound(channels, rate), min(max(block, 1), 65_536))

    def _stop_capture(self, _target: int) -> None:
        self._input.stop()

    def _wrap_up(self, _target: int) -> None:
        self._output.stop()
        self._input.stop()


class _Player(End):
    """The output: vectors in order, with a queue in front of the device."""

    def __init__(self, services: Services, target: int) -> None:
        super().__init__(services, target)
        self._pending: deque[tuple[Sound, str]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._output: Output | None = None
        self._sound: Sound | None = None

    def settle(self) -> None:
        """Nothing: there is no lease."""

    def play(self, sound: Sound, data: str) -> None:
        """Queue a vector."""
        if len(self._pending) >= MAX_PENDING:
            reason = f"{MAX_PENDING} vectors wait to be played already; this one is dropped"
            self.fail(SoundError("ERR_AUDIO_QUEUE", reason))
            return
        self._pending.append((sound, data))
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
                sound, data = self._pending.popleft()
                epoch = self.epoch
                try:
                    await self._write(sound, a2b_base64(data), epoch)
                except (SoundError, AccessDeniedError) as error:
                    if self.is_current(epoch):
                        self.fail(error)
        finally:
            self._worker = None
        if self._output is None:
            self.services.release(self)

    async def _write(self, sound: Sound, samples: bytes, epoch: int) -> None:
        check_output(self.services.permissions)
        if self._output is not None and sound != self._sound:
            # Another number of channels, or another rate: a device has one of each.
            pending = list(self._pending)
            self.stop()
            self._pending.extend(pending)
            self.services.hold(self)
            epoch = self.epoch
        if self._output is None:
            loop, self._sound = self.services.loop, sound
            self._output = await self.open_device(
                lambda: Output(sound, loop, self._room.set, self._on_drained)
            )
        output = self._output
        while output is not None and not output.has_room():
            self._room.clear()
            await self._room.wait()
            output = self._output if self.is_current(epoch) else None
        if output is not None and self.is_current(epoch):
            output.write(samples)
            self.services.hold(self)

    def _on_drained(self) -> None:
        if self._worker is None:
            self.services.release(self)


class _Recorder(End):
    """The input: blocks one after another."""

    _waiting = 0
    _is_overrun = False

    def settle(self) -> None:
        """Nothing: there is no lease."""

    def record(self, sound: Sound, block: int) -> None:
        """Begin to record, instead of what is recorded."""
        self.stop()
        self.services.hold(self)
        size = block * sound.channels * _BITS // 8
        self.services.spawn(self._open(self.epoch, sound, size))

    async def _open(self, epoch: int, sound: Sound, size: int) -> None:
        loop = self.services.loop
        if not self.is_current(epoch):
            return
        try:
            check_input(self.services.permissions)
            await self.open_device(
                lambda: Input(sound, size, lambda block: _call(loop, self._take, epoch, block))
            )
        except (SoundError, AccessDeniedError) as error:
            if self.is_current(epoch):
                self.stop()
                self.fail(error)

    def _take(self, epoch: int, block: bytes) -> None:
        if not self.is_current(epoch):
            return
        if self._waiting >= MAX_WAITING:
            if not self._is_overrun:
                self._is_overrun = True
                reason = f"{MAX_WAITING} blocks wait already; those that follow are dropped"
                self.fail(SoundError("ERR_AUDIO_OVERRUN", reason))
            return
        self._waiting += 1
        self.post("segment", b2a_base64(block, newline=False).decode())
        self.services.turns.when_served(self.target, self._on_served)

    def _on_served(self) -> None:
        self._waiting = 0
        self._is_overrun = False


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *details: Any) -> None:
    loop.call_soon_threadsafe(function, *details)


def _sound(channels: int, rate: int) -> Sound:
    return Sound(rate, channels, _BITS, b"")


def _wave(data: str) -> dict[str, Any]:
    try:
        sound = read_sound(a2b_base64(data))
    except (Base64Error, ValueError) as error:
        reason = error.reason if isinstance(error, DecodingError) else f"no base64: {error}"
        raise SoundError(BAD_SOUND, reason) from None
    if sound is None:
        raise SoundError(BAD_SOUND, "it is no WAVE file with samples as they are")
    return {
        "sampleRate": sound.rate,
        "channels": sound.channels,
        "bits": sound.bits,
        "data": b2a_base64(sound.data, newline=False).decode(),
    }
