"""Messages that come back, each answered with the next: picows, in an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import quantiles

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from .jobs import Job, Result
from .payloads import payload
from .sockets import FailedError
from .window import Window

__all__ = ["run"]

_AT_A_TIME = 32
"""Handshakes under way."""

_LIMIT = 15.0
"""Seconds for what should take none: a handshake, the last answers, the end of a connection."""


async def run(job: Job) -> Result:
    """Keep messages in flight on every connection, and count those that come back.

    Raises:
        FailedError: something else came back, or nothing.
    """
    state = _State(payload(job.payload))
    kind = _TimedEcho if job.latencies else _Echo
    transports = await _connect(job, lambda: kind(state))
    for transport in transports:
        for _ in range(job.in_flight):
            transport.send(WSMsgType.TEXT, state.data)
    await state.pass_time(job.warm_up)
    before = state.count
    state.times.clear()
    with Window(job.pids) as window:
        await state.pass_time(job.seconds)
        count = state.count - before
    if not count:
        raise FailedError(f"nothing came back within {job.seconds:g} s")
    times = state.times.copy()
    await state.drain(job.connections * job.in_flight)
    for transport in transports:
        transport.send_close(WSCloseCode.OK)
    async with asyncio.timeout(_LIMIT):
        await asyncio.gather(*(transport.wait_disconnected() for transport in transports))
    result = window.result(count)
    if len(times) > 1:
        percentiles = quantiles(times, n=100, method="inclusive")
        result.microseconds = {"p50": percentiles[49] / 1000, "p99": percentiles[98] / 1000}
    return result


async def _connect(job: Job, listener: Callable[[], _Echo]) -> list[WSTransport]:
    transports: list[WSTransport] = []

    async def some() -> None:
        while job.connections > len(transports) + under_way[0]:
            under_way[0] += 1
            # Plain transports of the loop write once for all messages of a turn; those of
            # aiofastnet write each on its own.
            transport, _ = await ws_connect(
                listener, f"ws://127.0.0.1:{job.port}/", use_aiofastnet=False
            )
            under_way[0] -= 1
            transports.append(transport)

    under_way = [0]
    await asyncio.gather(*(some() for _ in range(_AT_A_TIME)))
    return transports


class _State:
    """What all connections of a run share."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.count = 0
        self.going_on = True
        self.times: list[int] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, reason: str) -> None:
        """Say what went wrong; the first to do so is heard."""
        if not self._failed.done():
            self._failed.set_exception(FailedError(reason))

    async def pass_time(self, seconds: float) -> None:
        """Let the connections work.

        Raises:
            FailedError: it was said that something went wrong.
        """
        await asyncio.wait([self._failed], timeout=seconds)
        if self._failed.done():
            self._failed.result()

    async def drain(self, in_flight: int) -> None:
        """Send no more, and wait for the last answers.

        Args:
            in_flight: how many messages there always are.

        Raises:
            FailedError: they do not come.
        """
        self.going_on = False
        expected = self.count + in_flight
        deadline = time.monotonic() + _LIMIT
        while self.count < expected:
            if time.monotonic() > deadline:
                raise FailedError(f"{expected - self.count} messages never came back")
            await self.pass_time(0.01)
        self._failed.cancel()


class _Echo(WSListener):
    def __init__(self, state: _State) -> None:
        self._state = state
        self._looked = False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        state = self._state
        if frame.payload_size != state.size or not self._looked:
            self._look(frame)
        state.count += 1
        if state.going_on:
            transport.send(WSMsgType.TEXT, state.data)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._state.fail("the server closed a connection")

    def _look(self, frame: WSFrame) -> None:
        # The rest are compared by their length only.
        self._looked = True
        data = frame.get_payload_as_bytes()
        if frame.msg_type != WSMsgType.TEXT or not frame.fin or data != self._state.data:
            self._state.fail(f"what came back is {frame.msg_type.name} {data[:100]!r}")


class _TimedEcho(_Echo):
    def __init__(self, state: _State) -> None:
        super().__init__(state)
        self._sent = time.perf_counter_ns()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        now = time.perf_counter_ns()
        self._state.times.append(now - self._sent)
        self._sent = now
        super().on_ws_frame(transport, frame)
