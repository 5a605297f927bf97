"""Sound files: what is written is read, and what is damaged is an error."""

from __future__ import annotations

import io
import random
import struct
import wave
from dataclasses import replace

import pytest

from accessor_host.codecs.sounds import FORMATS, Sound, read_sound, swapped, write_sound
from accessor_host.errors import DecodingError

DATA = bytes(range(240))


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_is_read(name: str, bits: int) -> None:
    for channels, rate in ((1, 8000), (2, 44_100), (5, 192_000)):
        sound = Sound(rate, channels, bits, DATA)
        assert read_sound(write_sound(sound, name)) == sound


def test_waves_are_those_of_python() -> None:
    file = io.BytesIO(write_sound(Sound(44_100, 2, 16, DATA), "wav"))
    with wave.open(file) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (
            44_100,
            2,
            2,
        )
        assert reader.readframes(1000) == DATA


def test_bytes_are_turned_around() -> None:
    assert swapped(b"abcdef", 8) == b"abcdef"
    assert swapped(b"abcdefg", 16) == b"badcfe"
    assert swapped(b"abcdefg", 24) == b"cbafed"
    assert swapped(b"abcdefg", 32) == b"dcba"


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3\x04", b"OggS" + bytes(40)])
def test_other_formats_are_none(data: bytes) -> None:
    assert read_sound(data) is None


def test_what_is_compressed_is_none() -> None:
    wav = bytearray(write_sound(Sound(8000, 1, 16, DATA), "wav"))
    wav[20:22] = b"\x55\0"
    assert read_sound(bytes(wav)) is None
    au = write_sound(Sound(8000, 1, 16, DATA), "au")
    assert read_sound(au[:12] + struct.pack(">I", 1) + au[16:]) is None
    aifc = write_sound(Sound(8000, 1, 16, DATA), "aifc")
    assert read_sound(aifc.replace(b"NONE", b"ulaw")) is None
    little = read_sound(aifc.replace(b"NONE", b"sowt"))
    assert little == Sound(8000, 1, 16, swapped(DATA, 16))


@pytest.mark.parametrize(
    "sound",
    [
        Sound(0, 1, 16, b""),
        Sound(8000, 0, 16, b""),
        Sound(8000, 33, 16, b""),
        Sound(8000, 1, 12, b""),
    ],
)
def test_what_cannot_be_is_an_error(sound: Sound) -> None:
    form = struct.pack("<HHIIHH", 1, sound.channels, sound.rate, 0, 0, sound.bits)
    data = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + form + b"data\0\0\0\0"
    with pytest.raises(DecodingError, match="no such sound"):
        read_sound(data)


def test_a_file_that_is_cut_has_what_is_there() -> None:
    data = write_sound(Sound(8000, 2, 16, DATA), "wav")
    sound = read_sound(data[:-101])
    assert sound is not None
    assert sound.data == DATA[:136]


@pytest.mark.parametrize("name", FORMATS)
def test_damage_is_an_error_or_another_sound(name: str) -> None:
    chance = random.Random(name)
    good = write_sound(Sound(44_100, 2, 16, DATA), name)
    for _ in range(2_000):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(64)] = chance.randrange(256)
        try:
            sound = read_sound(bytes(data[: chance.randint(0, len(data))]))
        except DecodingError:
            continue
        if sound is not None:
            assert len(sound.data) <= len(data)
            assert replace(sound, data=b"").bits in (8, 16, 24, 32)
