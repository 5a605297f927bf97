"""Work that runs until it is done, or until a signal or another event ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from accessor_host.programs.until_signal import until_signal

pytestmark = pytest.mark.usefixtures("handlers")


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back the handlers of signals."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


async def _for_ever() -> None:
    await asyncio.Event().wait()


def test_work_that_ends_by_itself_has_its_result() -> None:
    async def work() -> str:
        return "done"

    async def main() -> None:
        async with until_signal(work()) as ending:
            assert (ending.is_done, ending.signal) == (True, None)
            assert ending.result() == "done"
        assert ending.exit_code(1) == 1

    asyncio.run(main())


def test_an_error_of_the_work_is_raised_where_its_result_is_wanted() -> None:
    async def work() -> None:
        raise LookupError

    async def main() -> None:
        async with until_signal(work()) as ending:
            assert ending.is_done
            with pytest.raises(LookupError):
                ending.result()

    asyncio.run(main())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_the_work_before_the_block_begins(number: int, code: int) -> None:
    was_cancelled = False

    async def work() -> None:
        nonlocal was_cancelled
        signal.raise_signal(number)
        try:
            await _for_ever()
        finally:
            was_cancelled = True

    async def main() -> None:
        async with until_signal(work()) as ending:
            assert was_cancelled
            assert (ending.is_done, ending.signal) == (False, number)
        assert ending.exit_code(0) == code

    asyncio.run(main())


def test_another_event_cancels_the_work_too() -> None:
    async def main() -> None:
        event = asyncio.get_running_loop().create_future()
        event.set_result(None)
        async with until_signal(_for_ever(), event) as ending:
            assert (ending.is_done, ending.signal) == (False, None)
        assert ending.exit_code(0) == 0

    asyncio.run(main())


def test_a_signal_during_the_block_counts() -> None:
    async def main() -> None:
        async with until_signal(asyncio.sleep(0)) as ending:
            assert ending.is_done
            signal.raise_signal(signal.SIGTERM)
        assert ending.exit_code(0) == 143

    asyncio.run(main())


def test_signals_are_caught_until_the_block_ends_by_what_is_given() -> None:
    caught: list[str] = []

    @contextmanager
    def catch(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Future[int]]:
        caught.append("begin")
        received = loop.create_future()
        received.set_result(15)
        yield received
        caught.append("end")

    async def main() -> None:
        async with until_signal(_for_ever(), catch=catch) as ending:
            assert caught == ["begin"]
            assert ending.signal == 15
        assert caught == ["begin", "end"]

    asyncio.run(main())
