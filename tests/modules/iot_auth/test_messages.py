"""Messages are whole however their bytes come; any bytes are read, or refused in words."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from accessor_host.modules.iot_auth import messages
from accessor_host.modules.iot_auth.ciphers import SYMMETRIC_SPECS, decrypt, encrypt
from accessor_host.modules.iot_auth.messages import (
    DistributionKey,
    Fields,
    IotAuthError,
    MessageReader,
    frame,
)

SIZES = [0, 1, 127, 128, 129, 16_383, 16_384, 70_000]


@pytest.mark.parametrize("piece", [1, 3, 1000, 1_000_000])
def test_messages_are_whole_however_they_come(piece: int) -> None:
    sent = [(size % 256, os.urandom(size)) for size in SIZES]
    stream = b"".join(frame(kind, payload) for kind, payload in sent)
    reader = MessageReader(70_000)
    pieces = [stream[at : at + piece] for at in range(0, len(stream), piece)]
    assert [found for each in pieces for found in reader.feed(each)] == sent


def test_the_largest_message() -> None:
    assert list(MessageReader(300).feed(frame(1, bytes(300)))) == [(1, bytes(300))]
    with pytest.raises(IotAuthError, match="more than 300 bytes"):
        # By its length, before it comes.
        list(MessageReader(300).feed(frame(1, bytes(301))[:3]))
    with pytest.raises(IotAuthError, match="five digits"):
        list(MessageReader(300).feed(b"\x01\x80\x80\x80\x80\x80"))


@pytest.mark.parametrize("spec", SYMMETRIC_SPECS)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1000])
def test_what_is_encrypted_is_decrypted_and_every_change_is_seen(spec: str, size: int) -> None:
    keys = DistributionKey(0, os.urandom(24 if "192" in spec else 16), os.urandom(32))
    plain = os.urandom(size)
    sealed = encrypt(plain, spec, keys)
    assert decrypt(sealed, spec, keys) == plain
    assert encrypt(plain, spec, keys) != sealed
    for at in range(0, len(sealed), 1 + len(sealed) // 40):
        changed = bytearray(sealed)
        changed[at] ^= 0x40
        with pytest.raises(IotAuthError, match="not authentic"):
            decrypt(bytes(changed), spec, keys)
        with pytest.raises(IotAuthError, match="not authentic"):
            decrypt(sealed[:at], spec, keys)


READERS: list[Callable[[bytes], object]] = [
    messages.read_distribution_key,
    lambda data: messages.read_session_key(Fields(data)),
    lambda data: messages.read_key_response(data, data[:8]),
    messages.read_handshake,
    lambda data: list(MessageReader(1000).feed(data)),
]


@pytest.mark.parametrize("seed", range(10))
def test_any_bytes_are_read_or_refused(seed: int) -> None:
    """Fuzz: nothing but the error comes out of a reader."""
    chance = random.Random(seed)
    key = b"\0" * 20 + b"\x10" + bytes(16) + b"\x20" + bytes(32)
    sound = [
        b"\0" * 6 + b"\x10" + bytes(16) + b"\x20" + bytes(32),
        key,
        b"\0" * 8 + b"\x02{}" + b"\0\0\0\x02" + key * 2,
        b"\x03" + bytes(16),
        frame(33, bytes(200)),
    ]
    for _ in range(300):
        for reader, start in zip(READERS, sound, strict=True):
            data = bytearray(
                start[: chance.randint(0, len(start))] if chance.random() < 0.5 else start
            )
            for _ in range(chance.randint(0, 4)):
                if data:
                    data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                reader(bytes(data))
            except IotAuthError:
                continue
