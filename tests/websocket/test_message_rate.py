"""A client that sends messages faster than it may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ..support.wire import BINARY, CLOSE, CONT, TEXT, Raw, echo, frame, run, serving

RATE = 50
"""Few enough that no machine lets one more pass in the time of a burst."""


def burst(count: int, opcode: int = TEXT) -> bytes:
    return b"".join(frame(opcode, b"%d" % number) for number in range(count))


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("compression", [False, True])
def test_one_too_many_is_answered_with_1008_and_what_came_before_is_not_lost(
    opcode: int, compression: bool
) -> None:
    async def test() -> None:
        options: dict[str, Any] = {"messageRate": RATE, "compression": compression}
        async with (
            serving(echo, **options) as running,
            await Raw.open(running.port) as raw,
            await Raw.open(running.port) as other,
        ):
            raw.send(burst(10 * RATE, opcode))
            answers = 0
            while (got := await raw.frame())[0] != CLOSE:
                answers += 1
            assert got[1][:2] == (1008).to_bytes(2)
            assert got[1][2:].decode() == f"more than {RATE} messages a second"
            assert RATE <= answers < 2 * RATE
            raw.writer.close()
            _, events = await running.socket()
            await events.wait("close")
            assert [name for name, *_ in events.seen] == ["message"] * answers + ["error", "close"]
            (fault,) = events.of("error")
            assert (fault.code, fault.close_code) == ("WS_RATE", 1008)
            assert running.server.statistics().refusals == {"WS_RATE": 1}
            other.send(frame(TEXT, b"1"))
            assert await other.frame() == (TEXT, b"1")

    run(test())


def test_fragments_of_a_message_are_one_message() -> None:
    async def test() -> None:
        async with serving(echo, messageRate=1) as running, await Raw.open(running.port) as raw:
            parts = [frame(TEXT, b"[", fin=False), *[frame(CONT, b"", fin=False)] * 50]
            raw.send(b"".join(parts) + frame(CONT, b"1]"))
            assert await raw.frame() == (TEXT, b"[1]")

    run(test())


def test_whoever_keeps_to_the_rate_stays() -> None:
    async def test() -> None:
        async with serving(echo, messageRate=RATE) as running, await Raw.open(running.port) as raw:
            loop = asyncio.get_running_loop()
            began = loop.time()
            for number in range(2 * RATE):
                # A client with a clock of its own.
                await asyncio.sleep(began + number / RATE - loop.time())
                raw.send(frame(TEXT, b"%d" % number))
                assert await raw.frame() == (TEXT, b"%d" % number)

    run(test())


def test_messages_before_a_close_frame_in_the_same_read_are_no_reason() -> None:
    async def test() -> None:
        async with serving(echo, messageRate=1) as running, await Raw.open(running.port) as raw:
            raw.send(burst(20) + frame(CLOSE, b"\x03\xe8"))
            assert await raw.close_code() in ((1000, ""), (1008, "more than 1 messages a second"))
            raw.writer.close()
            _, events = await running.socket()
            await events.wait("close")
            assert len(events.of("error")) <= 1

    run(test())


def test_what_comes_while_the_server_does_not_look_is_no_reason() -> None:
    async def test() -> None:
        async with serving(echo, messageRate=RATE) as running, await Raw.open(running.port) as raw:
            sock, events = await running.socket()
            loop = asyncio.get_running_loop()
            raw.send(burst(RATE))
            await events.wait("message", RATE)
            sock._peer.pause()
            began = loop.time()
            # As fast as it may, for longer than a second.
            for number in range(2 * RATE):
                await asyncio.sleep(began + (number + 1) / RATE - loop.time())
                raw.send(frame(TEXT, b"%d" % number))
            sock._peer.resume()
            await events.wait("message", 3 * RATE)
            assert not events.of("error")

    run(test())
