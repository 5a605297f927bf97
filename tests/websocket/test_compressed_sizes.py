"""Limits count decompressed bytes, also of what becomes longer when it is compressed."""

from __future__ import annotations

import zlib
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from accessor_host.websocket.limits import Limits

from ..support.wire import BINARY, CONT, Raw, frame, handshake, run, serving

LIMIT = 100_000

NOISE = Random(1).randbytes(LIMIT + 1)
"""What no compressor makes shorter."""


def compressed(parts: list[bytes], memory: int) -> bytes:
    """Return a message of compressed frames (RFC 7692 section 7.2.1).

    Args:
        parts: what is in each frame.
        memory: of the compressor; with little, it writes many small blocks.
    """
    packer = zlib.compressobj(wbits=-12, memLevel=memory)
    frames = []
    for index, part in enumerate(parts):
        packed = packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
        is_last = index == len(parts) - 1
        frames.append(
            frame(
                CONT if index else BINARY,
                packed[:-4] if is_last else packed,
                fin=is_last,
                rsv=0 if index else 4,
            )
        )
    return b"".join(frames)


EMPTY = bytes.fromhex("000000ffff")
"""A block of nothing (RFC 1951 section 3.2.4), of which a peer may send as many as it likes."""


def padded(size: int) -> bytes:
    """Return a compressed frame with a payload of that many bytes, and "x" in it."""
    content = b"x" * ((size - 6) % 5)
    block = (
        b"\0" + len(content).to_bytes(2, "little") + (0xFFFF - len(content)).to_bytes(2, "little")
    )
    payload = block + content + EMPTY * ((size - 6) // 5) + EMPTY[:1]
    assert len(payload) == size
    return frame(BINARY, payload, rsv=4)


async def exchange(*messages: bytes) -> tuple[list[Any], int]:
    """Return what a server with the limit takes of these frames, and its close code."""
    received: list[Any] = []
    options = {"maxMessageSize": LIMIT, "receiveType": "application/octet-stream"}
    async with serving(
        lambda _, value: received.append(value), compression=True, **options
    ) as running:
        async with await Raw.connect(running.port) as raw:
            raw.send(handshake("Sec-WebSocket-Extensions: permessage-deflate"))
            assert b"permessage-deflate" in await raw.reader.readuntil(b"\r\n\r\n")
            raw.send(b"".join(messages))
            code, _ = await raw.close_code()
    return received, code


@pytest.mark.parametrize("memory", [1, 5, 9])
@pytest.mark.parametrize("cuts", [(), (1,), (LIMIT - 50_000,), (LIMIT - 1,)])
def test_what_does_not_compress_may_be_as_large_as_anything_else(
    cuts: tuple[int, ...], memory: int
) -> None:
    def message(size: int) -> bytes:
        parts = [NOISE[one:other] for one, other in pairwise([0, *cuts, size])]
        return compressed(parts, memory)

    assert run(exchange(message(LIMIT), message(LIMIT + 1))) == ([NOISE[:LIMIT]], 1009)


def test_compressed_frames_have_a_limit_of_their_own() -> None:
    most = Limits(max_message_size=LIMIT).max_packed_size
    assert most == 106_375
    assert run(exchange(padded(most), padded(most + 1))) == ([b"xxxx"], 1009)
