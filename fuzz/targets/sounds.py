"""Sound files: samples that are the same when written and read again, or an error in words."""

from __future__ import annotations

from accessor_host.codecs.sounds import FORMATS, Sound, read_sound, swapped, write_sound
from accessor_host.errors import DecodingError

__all__ = ["SEEDS", "run"]

SEEDS = [
    write_sound(Sound(rate, channels, bits, bytes(range(48))), name)
    for name in FORMATS
    for rate, channels, bits in ((8_000, 1, 8), (44_100, 2, 16), (96_000, 2, 24), (1, 3, 32))
]


def run(data: bytes) -> None:
    """Read a file.

    Args:
        data: its content.
    """
    try:
        sound = read_sound(data)
    except DecodingError:
        return
    if sound is None:
        return
    if len(sound.data) > len(data) or len(sound.data) % (sound.channels * sound.bits // 8):
        raise AssertionError(f"{len(sound.data)} bytes of samples in {len(data)} bytes of {sound}")
    if swapped(swapped(sound.data, sound.bits), sound.bits) != sound.data:
        raise AssertionError(f"the bytes of {sound} cannot be turned around")
    for name in FORMATS:
        if read_sound(write_sound(sound, name)) != sound:
            raise AssertionError(f"{sound} is another one in a file of {name}")
