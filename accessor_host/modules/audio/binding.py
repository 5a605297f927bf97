"""The Python half of ``@modules/audio``: players, captures and clips, by target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.sounds import Sound
from ...options import validate
from ..sound_devices import SoundError
from ..sound_end import End
from .clip import Clip
from .player import Player
from .recorder import Recorder

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_DEVICES", "Audio"]

MAX_DEVICES = 16
"""Devices that are open at a time, each with a thread of miniaudio's."""


class Audio:
    """What one host's scripts play and record."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ends: dict[int, End] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "audio.play": self._play,
            "audio.capture": self._capture,
            "audio.clip": self._clip,
            "audio.stop": self._stop,
            "audio.forget": self._forget,
        }

    async def stop(self) -> None:
        """Stop everything, and wait until the devices have been given back."""
        ends = list(self._ends.values())
        for end in ends:
            end.stop()
        for end in ends:
            await end.wait_closed()

    def state(self) -> list[str]:
        """Describe what is under way."""
        return [f"audio: {sum(end.is_open for end in self._ends.values())} devices open"]

    def _play(self, target: int, options: dict[str, Any], form: str, call: int, data: str) -> None:
        player = self._end(target, Player)
        player.answered += 1
        if self._may_open(player):
            values = validate("audio", options).values
            player.play(_sound(values), bool(values["bigEndian"]), form, call, data)

    def _capture(
        self, target: int, options: dict[str, Any], form: str, milliseconds: float
    ) -> None:
        recorder = self._end(target, Recorder)
        recorder.answered += 1
        if self._may_open(recorder):
            values = validate("audio", options).values
            recorder.record(_sound(values), bool(values["bigEndian"]), form, milliseconds)

    def _clip(self, target: int, data: str) -> None:
        clip = self._end(target, Clip)
        clip.answered += 1
        if self._may_open(clip):
            clip.play(data)

    def _stop(self, target: int) -> None:
        end = self._ends.get(target)
        if end is not None:
            end.answered += 1
            end.stop()
            end.settle()
        else:
            # It was never used.
            self._services.post((target, "idle", 1))

    def _forget(self, target: int) -> None:
        end = self._ends.get(target)
        if end is not None and not end.is_open:
            del self._ends[target]

    def _end(self, target: int, kind: Callable[[Services, int], Any]) -> Any:
        end = self._ends.get(target)
        if end is None:
            end = self._ends[target] = kind(self._services, target)
        return end

    def _may_open(self, end: End) -> bool:
        others = sum(other.is_open for other in self._ends.values() if other is not end)
        if self._services.is_stopping:
            end.fail(SoundError("ERR_HOST_STOPPING", "the host is stopping; nothing is played"))
        elif others >= MAX_DEVICES:
            reason = f"{MAX_DEVICES} sound devices are open already; stop one first"
            end.fail(SoundError("ERR_AUDIO_LIMIT", reason))
        else:
            return True
        end.settle()
        return False


def _sound(values: Mapping[str, Any]) -> Sound:
    return Sound(values["sampleRate"], values["channels"], values["bitsPerSample"], b"")
