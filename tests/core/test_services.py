"""What a host offers its parts, with an engine that only says what it got."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence

import pytest

from accessor_host.core.output import Output
from accessor_host.core.services import Services
from accessor_host.engine.protocol import Batch, Event
from accessor_host.errors import EngineError, ScriptError

from ..support.wire import run


class Recorder:
    """An engine that keeps its events, and does nothing with them."""

    name = "recorder"

    def __init__(self) -> None:
        self.events: list[Event] = []

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        self.events += events
        return Batch(handled=len(events))

    def close(self) -> None:
        pass


class Parts:
    """Services, and what is on either side of them."""

    def __init__(self) -> None:
        self.engine = Recorder()
        self.stderr = io.StringIO()
        self.output = Output(None, self.stderr)
        self.failures: list[EngineError] = []
        loop = asyncio.get_running_loop()
        self.services = Services(self.engine, self.output, loop, self.failures.append)


def with_parts(work: Callable[[Parts], Awaitable[None]]) -> None:
    async def main() -> None:
        await work(Parts())

    run(main())


def is_idle(services: Services) -> bool:
    return services._idle.is_set()


def test_a_run_lasts_as_long_as_something_is_held() -> None:
    async def work(parts: Parts) -> None:
        services, key = parts.services, object()
        assert is_idle(services)
        services.hold(key)
        services.hold(key)
        services.hold("another")
        services.release(key)
        assert not is_idle(services)
        services.release("another")
        services.release("never held")
        await services.wait_idle()

    with_parts(work)


def test_a_run_lasts_until_its_events_and_coroutines_are_over() -> None:
    async def work(parts: Parts) -> None:
        services = parts.services
        services.post((1, "said", "word"))
        assert not is_idle(services)
        await services.wait_idle()
        assert parts.engine.events == [(1, "said", "word")]

        async def speak() -> None:
            services.post((1, "spoke"))

        services.spawn(speak())
        assert not is_idle(services)
        await services.wait_idle()
        assert parts.engine.events[1:] == [(1, "spoke")]

    with_parts(work)


def test_what_is_spawned_is_cancelled_with_what_its_end_spawns() -> None:
    async def work(parts: Parts) -> None:
        services = parts.services
        ended: list[str] = []

        async def endless(name: str) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(name)
                if name == "first":
                    services.spawn(endless("second"))

        services.spawn(endless("first"))
        await asyncio.sleep(0)
        await services.cancel_tasks()
        await services.wait_idle()
        # A task that is cancelled before it began has no end of its own.
        assert ended in (["first"], ["first", "second"])

    with_parts(work)


def test_a_failure_ends_everything_at_once() -> None:
    async def work(parts: Parts) -> None:
        services = parts.services
        services.hold("for ever")
        services.timers.set(1, 60, services.loop.time())
        services.post((1, "never", "seen"))
        failure = EngineError("it is full")
        services.fail(failure)
        services.post((1, "never", "seen"))
        with pytest.raises(EngineError, match="it is full"):
            await services.wait_idle()
        with pytest.raises(EngineError, match="it is full"):
            services.check_usable()
        await asyncio.sleep(0)
        assert parts.engine.events == []
        assert parts.failures == [failure]
        assert len(services.timers) == 0

    with_parts(work)


def test_while_the_host_stops_no_timer_begins() -> None:
    async def work(parts: Parts) -> None:
        services = parts.services
        operations = services.operations
        services.is_stopping = True
        operations["timer"](1, 0, True)
        operations["immediate"](2)
        assert len(services.timers) == 0
        await services.drain()
        assert parts.engine.events == []
        services.is_stopping = False
        operations["immediate"](2)
        await services.drain()
        assert parts.engine.events == [(0, "timer", 2)]

    with_parts(work)


def test_an_error_that_nobody_catches_is_printed_and_counted() -> None:
    async def work(parts: Parts) -> None:
        parts.services.report(ScriptError("wrong", "wrong\n    at a.js:1"))
        assert parts.stderr.getvalue() == "Uncaught wrong\n    at a.js:1\n"
        assert parts.output.error_count == 1

    with_parts(work)
