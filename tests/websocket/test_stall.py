"""A host that slept does not blame its clients for the time."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
import uvloop

from ..support.wire import PING, PONG, TEXT, Raw, echo, frame, serving

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}

SLEEP = 0.6
"""Seconds that the host sleeps; clients have less time."""


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("slept", [False, True], ids=["the host", "both"])
def test_a_client_that_was_sending_before_the_host_slept_is_not_idle(
    loop: str, slept: bool
) -> None:
    async def test() -> None:
        async with (
            serving(echo, idleTimeout=300, pingInterval=0) as running,
            await Raw.open(running.port) as raw,
        ):
            sock, events = await running.socket()
            raw.send(frame(TEXT, b"1"))
            assert await raw.frame() == (TEXT, b"1")
            if not slept:
                raw.send(frame(TEXT, b"2"))
            time.sleep(SLEEP)  # noqa: ASYNC251 - the process is stopped
            if slept:
                # It goes on where it was, in the middle of a pause between two messages.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        assert await raw.frame() == ()
                raw.send(frame(TEXT, b"2"))
            assert await raw.frame() == (TEXT, b"2")
            assert sock.is_open()
            assert events.of("close") == []

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(test())


@pytest.mark.parametrize("loop", LOOPS)
def test_an_answer_to_a_ping_that_came_while_the_host_slept_counts(loop: str) -> None:
    async def test() -> None:
        async with (
            serving(echo, pingInterval=50, pingTimeout=300) as running,
            await Raw.open(running.port) as raw,
        ):
            opcode, payload = await raw.frame()
            assert opcode == PING
            raw.send(frame(PONG, payload))
            time.sleep(SLEEP)  # noqa: ASYNC251 - the process is stopped
            opcode, payload = await raw.frame()
            assert (opcode, payload) == (PING, b"2")

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(test())
