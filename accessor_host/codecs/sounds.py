"""Sound files: WAVE, AU, AIFF and AIFF-C with samples as they are, read and written.

Other formats, and these when they are compressed, are the business of whoever plays them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from ..errors import DecodingError

__all__ = ["BAD_SOUND", "FORMATS", "Sound", "read_sound", "swapped", "write_sound"]

BAD_SOUND = "ERR_BAD_SOUND"
"""Code of what is no sound file, or a damaged one."""

FORMATS = ("aiff", "aifc", "au", "wav")
"""What :func:`write_sound` writes."""

_MAX_CHANNELS = 32
_MAX_RATE = 384_000

_PCM, _EXTENSIBLE = 1, 0xFFFE
_AU_BITS = {2: 8, 3: 16, 4: 24, 5: 32}
_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True)
class Sound:
    """Samples, with all that is to be known to play them.

    Args:
        rate: samples in a second, of each channel.
        channels: how many are interleaved.
        bits: of a sample: 8, 16, 24 or 32, signed.
        data: the samples, little-endian.
    """

    rate: int
    channels: int
    bits: int
    data: bytes = field(repr=False)


def swapped(data: bytes, bits: int) -> bytes:
    """Turn the bytes of each sample around; what is left over at the end is dropped.

    Args:
        data: samples.
        bits: of one.
    """
    width = bits // 8
    if width <= 1:
        return data
    data = data[: len(data) // width * width]
    turned = bytearray(len(data))
    for place in range(width):
        turned[place::width] = data[width - 1 - place :: width]
    return bytes(turned)


def read_sound(data: bytes) -> Sound | None:
    """Read a sound file.

    Args:
        data: its content.

    Returns:
        None if it is of another format, or compressed.

    Raises:
        DecodingError: it is damaged, or its header says what cannot be.
    """
    try:
        if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
            sound = _read_wave(data)
        elif data[:4] == b".snd":
            sound = _read_au(data)
        elif data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
            sound = _read_aiff(data)
        else:
            return None
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        if isinstance(error, DecodingError):
            raise
        raise DecodingError(BAD_SOUND, f"damaged sound file: {error}") from None
    if sound is None:
        return None
    is_possible = (
        0 < sound.rate <= _MAX_RATE
        and 0 < sound.channels <= _MAX_CHANNELS
        and sound.bits in (8, 16, 24, 32)
    )
    if not is_possible:
        reason = f"no such sound: {sound.channels} channels, {sound.bits} bits, {sound.rate} Hz"
        raise DecodingError(BAD_SOUND, reason)
    frame = sound.channels * sound.bits // 8
    whole = len(sound.data) // frame * frame
    return Sound(sound.rate, sound.channels, sound.bits, sound.data[:whole])


def write_sound(sound: Sound, name: str) -> bytes:
    """Write a sound file.

    Args:
        sound: what is in it.
        name: of its format, one of :data:`FORMATS`.
    """
    return {"aifc": _write_aifc, "aiff": _write_aiff, "au": _write_au, "wav": _write_wave}[name](
        sound
    )


def _chunks(data: bytes, order: str) -> dict[bytes, bytes]:
    """Return the first chunk of each kind; the last may be cut."""
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data) and len(found) < 100:
        kind = data[at : at + 4]
        (size,) = struct.unpack(f"{order}I", data[at + 4 : at + 8])
        found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def _read_wave(data: bytes) -> Sound | None:
    chunks = _chunks(data, "<")
    form = chunks.get(b"fmt ", b"")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == _EXTENSIBLE and len(form) >= 26:
        (tag,) = struct.unpack("<H", form[24:26])
    if tag != _PCM:
        return None
    samples = chunks.get(b"data", b"")
    return Sound(rate, channels, bits, _flipped(samples) if bits == 8 else samples)


def _read_au(data: bytes) -> Sound | None:
    start, size, encoding, rate, channels = struct.unpack(">5I", data[4:24])
    bits = _AU_BITS.get(encoding)
    if bits is None:
        return None
    end = None if size == _UNKNOWN_SIZE else start + size
    return Sound(rate, channels, bits, swapped(data[start:end], bits))


def _read_aiff(data: bytes) -> Sound | None:
    chunks = _chunks(data, ">")
    common = chunks.get(b"COMM", b"")
    channels, _, bits = struct.unpack(">hIh", common[:8])
    rate = _extended(common[8:18])
    samples = chunks.get(b"SSND", b"")[8:]
    kind = common[18:22] if data[8:12] == b"AIFC" else b"NONE"
    if kind == b"sowt":
        return Sound(rate, channels, bits, samples)
    return Sound(rate, channels, bits, swapped(samples, bits)) if kind == b"NONE" else None


def _write_wave(sound: Sound) -> bytes:
    frame = sound.channels * sound.bits // 8
    data = _flipped(sound.data) if sound.bits == 8 else sound.data
    form = struct.pack(
        "<HHIIHH", _PCM, sound.channels, sound.rate, sound.rate * frame, frame, sound.bits
    )
    body = b"WAVE" + _chunk(b"fmt ", form, "<") + _chunk(b"data", data, "<")
    return _chunk(b"RIFF", body, "<")


def _write_au(sound: Sound) -> bytes:
    encoding = next(code for code, bits in _AU_BITS.items() if bits == sound.bits)
    head = struct.pack(">5I", 24, len(sound.data), encoding, sound.rate, sound.channels)
    return b".snd" + head + swapped(sound.data, sound.bits)


def _write_aiff(sound: Sound) -> bytes:
    return _chunk(b"FORM", b"AIFF" + _common(sound, b"") + _samples(sound), ">")


def _write_aifc(sound: Sound) -> bytes:
    version = _chunk(b"FVER", struct.pack(">I", 0xA2805140), ">")
    kind = b"NONE\x0enot compressed\0"
    return _chunk(b"FORM", b"AIFC" + version + _common(sound, kind) + _samples(sound), ">")


def _common(sound: Sound, kind: bytes) -> bytes:
    frames = len(sound.data) // (sound.channels * sound.bits // 8)
    head = struct.pack(">hIh", sound.channels, frames, sound.bits)
    return _chunk(b"COMM", head + _to_extended(sound.rate) + kind, ">")


def _samples(sound: Sound) -> bytes:
    return _chunk(b"SSND", bytes(8) + swapped(sound.data, sound.bits), ">")


def _chunk(kind: bytes, data: bytes, order: str) -> bytes:
    return kind + struct.pack(f"{order}I", len(data)) + data + b"\0" * (len(data) % 2)


def _extended(data: bytes) -> int:
    """Return the whole part of an 80-bit number (IEEE 754, extended precision)."""
    exponent, mantissa = struct.unpack(">HQ", data)
    shift = 16383 + 63 - exponent
    return mantissa >> shift if 0 <= shift < 64 else 0


def _to_extended(number: int) -> bytes:
    length = number.bit_length()
    return struct.pack(">HQ", 16383 + length - 1, number << (64 - length))


def _flipped(data: bytes) -> bytes:
    """Turn signed bytes into unsigned ones, or back."""
    return data.translate(bytes(value ^ 0x80 for value in range(256)))
