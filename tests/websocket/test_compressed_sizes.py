"""Limits count decompressed bytes, also of what becomes longer when it is compressed."""

from __future__ import annotations

import zlib
from itertools import pairwise
from random import Random
from typing import Any

import pytest

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


@pytest.mark.parametrize("memory", [1, 5, 9])
@pytest.mark.parametrize("cuts", [(), (1,), (LIMIT - 50_000,), (LIMIT - 1,)])
def test_what_does_not_compress_may_be_as_large_as_anything_else(
    cuts: tuple[int, ...], memory: int
) -> None:
    def parts(size: int) -> list[bytes]:
        edges = [0, *cuts, size]
        return [NOISE[one:other] for one, other in pairwise(edges)]

    async def test() -> None:
        received: list[Any] = []
        options = {"maxMessageSize": LIMIT, "receiveType": "application/octet-stream"}
        async with serving(
            lambda _, value: received.append(value), compression=True, **options
        ) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(handshake("Sec-WebSocket-Extensions: permessage-deflate"))
                assert b"permessage-deflate" in await raw.reader.readuntil(b"\r\n\r\n")
                raw.send(compressed(parts(LIMIT), memory) + compressed(parts(LIMIT + 1), memory))
                assert (await raw.close_code())[0] == 1009
        assert received == [NOISE[:LIMIT]]

    run(test())
