"""What a connection held is free when it has ended, without the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterator

import pytest
import uvloop

from ..support.wire import BINARY, CONT, TEXT, Raw, Running, frame, handshake, serving

MIB = 1024 * 1024

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Run without the garbage collector, and count what is allocated."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=-12)
    packed = packer.compress(bytes(3 * MIB)) + packer.flush(zlib.Z_SYNC_FLUSH)
    return frame(BINARY, packed[:-4], rsv=4)


BOMB = _bomb()


async def _bombed(raw: Raw) -> None:
    raw.send(BOMB)
    assert (await raw.close_code())[0] == 1009


async def _bombed_in_fragments(raw: Raw) -> None:
    part = frame(BINARY, bytes(3 * MIB // 2), fin=False)
    raw.send(part + part[:1].replace(b"\x02", b"\x00") + part[1:])
    assert (await raw.close_code())[0] == 1009


async def _not_utf8(raw: Raw) -> None:
    raw.send(frame(TEXT, b"x" * MIB, fin=False) + frame(CONT, b"\xff" * (MIB // 2)))
    assert (await raw.close_code())[0] == 1007


async def _left_in_a_fragment(raw: Raw) -> None:
    raw.send(frame(BINARY, bytes(3 * MIB // 2), fin=False))
    await raw.writer.drain()


async def _left_in_a_frame(raw: Raw) -> None:
    raw.send(frame(BINARY, bytes(3 * MIB // 2))[:-1])
    await raw.writer.drain()


ENDS = [_bombed, _bombed_in_fragments, _not_utf8, _left_in_a_fragment, _left_in_a_frame]


@pytest.mark.slow_with(True)
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__[1:])
@pytest.mark.parametrize("has_listener", [False, True])
def test_what_a_connection_held_is_free_at_its_end(
    end: Callable[[Raw], Awaitable[None]], loop: str, has_listener: bool, uncollected: None
) -> None:
    async def visit(port: int) -> None:
        async with await Raw.connect(port) as raw:
            raw.send(
                handshake("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
            )
            assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            await end(raw)

    async def test() -> None:
        async with serving(compression=True, maxMessageSize=2 * MIB) as running:
            if has_listener:
                running.server.on("connection", lambda sock: sock.on("error", lambda fault: None))
            for _ in range(2):
                await visit(running.port)
            await _gone(running, 2)
            before, _ = tracemalloc.get_traced_memory()
            count = 40 if end is _bombed else 4
            for _ in range(count):
                await visit(running.port)
            await _gone(running, 2 + count)
            after, _ = tracemalloc.get_traced_memory()
            assert after - before < MIB, f"{(after - before) / MIB:.0f} MiB are held"

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(asyncio.wait_for(test(), 60))


async def _gone(running: Running, count: int) -> None:
    await running.socket(count - 1)
    for events in running.socket_events:
        await events.wait("close")
