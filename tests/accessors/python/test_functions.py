"""Python callables as accessors."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from accessor_host import Port
from accessor_host.accessors.python import functions

from ...support.accessors import ADD_ONE, errors_of, line_of, outputs_of
from ...test_host import complete, quiet

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")


def test_a_callable_is_called_with_the_current_values(engine: str) -> None:
    calls: list[tuple[object, ...]] = []

    def join(a: int, b: float, c: str = "none", *, d: bool = False) -> None:
        calls.append((a, b, c, d))

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate("join", join)
            assert accessor.inputs == {
                "a": Port("int"),
                "b": Port("number"),
                "c": Port("string", "none"),
                "d": Port("boolean", False),
            }
            assert accessor.outputs == {
                "output": Port(spontaneous=True),
                "error": Port(spontaneous=True),
            }
            await accessor.initialize()
            await accessor.provide_input("a", 1)
            await accessor.provide_input("b", 2.5)
            # Without a reaction in between.
            await asyncio.gather(accessor.provide_input("c", 7), accessor.provide_input("d", 1))
            # Nothing is new.
            await accessor.react()
            await accessor.set_default("c", "other")
            await accessor.provide_input("c", None)

    complete(work())
    assert calls[:2] == [(1, None, "none", False), (None, 2.5, "none", False)]
    assert calls[-1] == (None, None, "other", False)
    assert (None, None, "7", False) in calls
    assert (None, None, "none", True) in calls
    assert len(calls) == 5


def test_inputs_that_are_new_together_are_one_call(engine: str) -> None:
    calls: list[tuple[object, object]] = []
    both = """
        exports.setup = function () { this.input('in'); this.output('a'); this.output('b'); };
        exports.initialize = function () {
          this.addInputHandler('in', () => {
            for (const [name, value] of this.get('in')) this.send(name, value);
          });
        };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            source = await host.instantiate_from_code("source", both, container=top)
            sink = await host.instantiate("sink", lambda a, b: calls.append((a, b)), container=top)
            await source.connect("a", sink, "a")
            await source.connect("b", sink, "b")
            await top.initialize()
            await source.provide_input("in", [["b", 2], ["a", 1]])
            # Several values of one input are several calls: none is skipped.
            await source.provide_input("in", [["a", 1], ["b", 2], ["a", 3], ["a", 4]])
            await source.provide_input("in", [["b", 5]])

    complete(work())
    assert calls == [(1, 2), (1, 2), (3, 2), (4, 2), (None, 5)]


def test_only_none_is_not_sent(engine: str) -> None:
    given: list[object] = [0, "none", "", False, [], {}, "°C \ud800 \x00", 1.5]

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            echo = await host.instantiate("echo", lambda x: None if x == "none" else x)
            values = outputs_of(echo)
            await echo.initialize()
            for value in given:
                await echo.provide_input("x", value)
                await host.wait()
            return values

    assert complete(work()) == [0, "", False, [], {}, "°C \ud800 \x00", 1.5]


def test_coroutines_run_side_by_side_and_answer_in_order(engine: str) -> None:
    started: list[int] = []
    finished: list[int] = []
    gates = {number: asyncio.Event() for number in range(4)}

    async def slow(x: int) -> int:
        started.append(x)
        if len(started) == 4:
            gates[3].set()
        await gates[x].wait()
        finished.append(x)
        if x > 0:
            gates[x - 1].set()
        return x

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("slow", slow)
            values = outputs_of(accessor)
            await accessor.initialize()
            for value in range(4):
                await accessor.provide_input("x", value)
            await host.wait()
            return values

    assert complete(work()) == [0, 1, 2, 3]
    assert started == [0, 1, 2, 3]
    assert finished == [3, 2, 1, 0]


def test_a_result_at_once_waits_for_those_before_it(engine: str) -> None:
    async def later(x: int) -> str:
        await asyncio.sleep(0.01)
        return f"later {x}"

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("mixed", lambda x: x if x % 2 else later(x))
            values = outputs_of(accessor)
            await accessor.initialize()
            for value in range(4):
                await accessor.provide_input("x", value)
            await host.wait()
            return values

    assert complete(work()) == ["later 0", 1, "later 2", 3]


def inverse(x: float) -> float:
    return 1 / x


async def inverse_later(x: float) -> float:
    await asyncio.sleep(0)
    return 1 / x


@pytest.mark.parametrize("function", [inverse, inverse_later])
def test_an_exception_is_reported_and_all_else_goes_on(
    engine: str, function: Callable[..., object]
) -> None:
    stderr = io.StringIO()

    async def work() -> list[Any]:
        async with quiet(engine, stderr=stderr) as host:
            room = await host.composite("room")
            accessor = await host.instantiate("inverse", function, container=room)
            values = outputs_of(accessor)
            await room.initialize()
            for value in (2, 0, 4):
                await accessor.provide_input("x", value)
            await host.wait()
            assert (host.error_count, host.exit_code) == (1, 1)
        # It is known after the block as well.
        assert host.exit_code == 1
        return values

    assert complete(work()) == [0.5, 0.25]
    first, second, *_ = stderr.getvalue().splitlines()
    name = function.__name__
    what = f"Exception in {name}() of accessor 'room.inverse'"
    assert first.startswith(f"Uncaught {what}: ZeroDivisionError: ")
    assert line_of(function, 1 if function is inverse else 2) in second


def test_a_result_without_a_json_form_is_reported_by_name(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("odd", lambda x: {x} if x == 2 else x)
            values = outputs_of(accessor)
            await accessor.initialize()
            for value in (1, 2, 3):
                await accessor.provide_input("x", value)
            await host.wait()
            assert "the value for 'output' of accessor 'odd' has no JSON form" in errors_of(host)
            assert host.error_count == 1
            return values

    assert complete(work()) == [1, 3]


def test_a_value_that_cannot_cross_is_dropped_with_an_error(engine: str) -> None:
    calls: list[object] = []
    source = """
        exports.setup = function () { this.output('out'); };
        exports.initialize = function () {
          const circle = {};
          circle.circle = circle;
          for (const value of [1, circle, 2, () => 1, 10n, NaN, undefined, 3]) {
            setTimeout(() => this.send('out', value), 0);
          }
        };
    """

    async def work() -> list[str]:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate_from_code("source", source, container=top)
            sink = await host.instantiate("sink", lambda value: calls.append(value), container=top)
            await one.connect("out", sink, "value")
            await top.initialize()
            await host.wait()
            assert host.error_count == 3
            return [error.message for error in host.errors]

    messages = complete(work())
    # As JSON has it: NaN is null.
    assert calls == [1, 2, None, None, 3]
    for message, reason in zip(messages, ("ircular", "[Function", "BigInt"), strict=True):
        told = f"input 'value' of accessor 'top.sink' has no JSON form: .*{re.escape(reason)}"
        assert re.search(told, message)


def test_a_slow_function_has_a_limit_of_calls(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "MAX_PENDING_REACTIONS", 3)
    gate = asyncio.Event()

    async def slow(x: int) -> int:
        await gate.wait()
        return x

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("slow", slow)
            values = outputs_of(accessor)
            await accessor.initialize()
            for value in (1, 2, 3):
                await accessor.provide_input("x", value)
            assert host.error_count == 0
            await accessor.provide_input("x", 4)
            assert re.search(r"slow\(\) of accessor 'slow': 3 calls are under way", errors_of(host))
            gate.set()
            await host.wait()
            await accessor.provide_input("x", 5)
            await host.wait()
            assert host.error_count == 1
            return values

    assert complete(work()) == [1, 2, 3, 5]


def test_wrapup_cancels_the_calls_under_way(engine: str) -> None:
    ended: list[str] = []

    async def forever(x: int) -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(f"cancelled {x}")
            raise
        return x

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("forever", forever)
            values = outputs_of(accessor)
            await accessor.initialize()
            await accessor.provide_input("x", 1)
            # One that runs, and one that has not begun.
            await asyncio.sleep(0)
            await accessor.provide_input("x", 2)
            await accessor.wrapup()
            await host.wait()
            assert host.exit_code == 0
            return values

    assert complete(work()) == []
    assert "cancelled 1" in ended


def test_stop_cancels_what_python_works_on(engine: str) -> None:
    ended: list[str] = []

    async def forever(x: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("forever")

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate("forever", forever)
            await accessor.initialize()
            await accessor.provide_input("x", 1)
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(host.wait(), 0.05)
        assert host.exit_code == 0

    complete(work())
    assert ended == ["forever"]


def test_a_coroutine_that_waits_for_something_cancelled_is_reported(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            cancelled = asyncio.get_running_loop().create_future()
            cancelled.cancel()

            async def wait(x: int) -> int:
                if x == 1:
                    await cancelled
                return x

            accessor = await host.instantiate("wait", wait)
            values = outputs_of(accessor)
            await accessor.initialize()
            await accessor.provide_input("x", 1)
            await accessor.provide_input("x", 2)
            await host.wait()
            assert "of accessor 'wait': CancelledError" in errors_of(host)
            return values

    assert complete(work()) == [2]


def test_a_value_that_the_next_input_refuses_names_both_ends(engine: str) -> None:
    def text(x: int) -> dict[str, int]:
        return {"x": x}

    async def work() -> str:
        async with quiet(engine) as host:
            top = await host.composite("top")
            source = await host.instantiate("text", text, container=top)
            add = await host.instantiate_from_code("add", ADD_ONE, container=top)
            await source.connect("output", add, "in")
            await top.initialize()
            await source.provide_input("x", 1)
            await host.wait()
            return errors_of(host)

    told = complete(work())
    assert "send('output') of accessor 'top.text'" in told
    assert line_of(text) in told
    assert "top.add.in expected a number, but got a object" in told
