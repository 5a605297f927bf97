"""Python classes as accessors."""

from __future__ import annotations

import asyncio
import gc
import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from accessor_host import (
    AccessorError,
    EncodingError,
    Host,
    PythonAccessor,
    ScriptError,
)
from accessor_host.accessors.python import classes, objects

from ...support.accessors import SINK, double, errors_of, line_of, outputs_of
from ...test_host import complete, quiet

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")


class Trace(PythonAccessor):
    """Notes what happens to it."""

    def __init__(self) -> None:
        self.trace: list[object] = []

    def setup(self) -> None:
        self.input("x")
        self.input("y", value="none")
        self.output("out")
        self.parameter("step", type=int, value=1)
        self.trace.append("setup")

    def initialize(self) -> object:
        self.trace.append(f"initialize {self.get_parameter('step')}")
        self.add_input_handler(None, self.note, "any")
        self.add_input_handler("y", self.note, "y")
        self.add_input_handler("x", self.note, "x1")
        self.add_input_handler("x", self.note, "x2")
        return None

    def note(self, what: str) -> None:
        self.trace.append((what, self.get("x"), self.get("y")))

    def fire(self) -> None:
        self.note("fire")

    def wrapup(self) -> None:
        self.trace.append(f"wrapup {self.get('y')}")


def test_a_class_lives_as_an_accessor_of_javascript(engine: str) -> None:
    trace = Trace()

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate("trace", trace)
            assert trace.name == "trace"
            await accessor.set_parameter("step", 5)
            await accessor.initialize()
            await asyncio.gather(accessor.provide_input("y", 1), accessor.provide_input("x", 2))
            await accessor.react()
            await accessor.set_default("y", "other")
            await accessor.wrapup()
            await accessor.wrapup()

    complete(work())
    begin, end = trace.trace[:2], trace.trace[-1:]
    assert begin == ["setup", "initialize 5"]
    assert end == ["wrapup other"]
    assert trace.trace.count("wrapup other") == 1


def test_handlers_run_in_the_order_of_the_golden_trace(engine: str) -> None:
    trace = Trace()
    source = """
        exports.setup = function () { this.input('in'); this.output('x'); this.output('y'); };
        exports.initialize = function () {
          this.addInputHandler('in', () => {
            for (const [name, value] of this.get('in')) this.send(name, value);
          });
        };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate_from_code("source", source, container=top)
            accessor = await host.instantiate("trace", trace, container=top)
            await one.connect("x", accessor, "x")
            await one.connect("y", accessor, "y")
            await top.initialize()
            trace.trace.clear()
            await one.provide_input("in", [["y", 1], ["x", 2]])
            await host.wait()
            trace.trace.append("three")
            await one.provide_input("in", [["x", 10], ["x", 20], ["x", 30]])
            await host.wait()

    complete(work())
    assert trace.trace[: trace.trace.index("three")] == [
        ("x1", 2, 1),
        ("x2", 2, 1),
        ("y", 2, 1),
        ("any", 2, 1),
        ("fire", 2, 1),
    ]
    # n values: n calls of the handlers in one reaction, and one more reaction.
    assert trace.trace[trace.trace.index("three") + 1 : -1] == [
        *(entry for x in (10, 20, 30) for entry in (("x1", x, "none"), ("x2", x, "none"))),
        ("any", 30, "none"),
        ("fire", 30, "none"),
        ("any", None, "none"),
        ("fire", None, "none"),
    ]


def test_what_is_sent_together_arrives_together(engine: str) -> None:
    class Both(PythonAccessor):
        def setup(self) -> None:
            self.input("in")
            self.output("a")
            self.output("b")

        def initialize(self) -> None:
            self.add_input_handler("in", self.on_in)

        def on_in(self) -> None:
            for value in self.get("in"):
                self.send("a", value)
            self.send("b", "go")

    join = """
        exports.setup = function () { this.input('a'); this.input('b'); };
        exports.initialize = function () {
          this.addInputHandler('a', () => console.log('a', this.get('a')));
        };
        exports.fire = function () { console.log('fire', this.get('a'), this.get('b')); };
    """
    stdout = io.StringIO()

    async def work() -> None:
        async with quiet(engine, stdout=stdout) as host:
            top = await host.composite("top")
            both = await host.instantiate("both", Both, container=top)
            sink = await host.instantiate_from_code("sink", join, container=top)
            await both.connect("a", sink, "a")
            await both.connect("b", sink, "b")
            await top.initialize()
            await both.provide_input("in", [1, 2])
            await host.wait()

    complete(work())
    assert stdout.getvalue().splitlines()[:3] == ["a 1", "a 2", "fire 2 go"]


def test_a_handler_that_raises_is_reported_and_not_called_again(engine: str) -> None:
    calls: list[str] = []

    class Fragile(PythonAccessor):
        def setup(self) -> None:
            self.input("x")

        def initialize(self) -> None:
            self.add_input_handler("x", self.fail)
            self.add_input_handler("x", lambda: calls.append("second"))
            self.add_input_handler(None, self.fail_too)
            self.add_input_handler(None, lambda: calls.append("generic"))

        def fail(self) -> None:
            calls.append("fail")
            raise KeyError("sensor")

        async def fail_too(self) -> None:
            calls.append("fail too")
            raise KeyError("sensors")

        def fire(self) -> None:
            calls.append("fire")
            raise ValueError(self.get("x"))

    async def work() -> str:
        async with quiet(engine) as host:
            accessor = await host.instantiate("fragile", Fragile)
            await accessor.initialize()
            for value in (1, 2, 3):
                await accessor.provide_input("x", value)
                await host.wait()
                calls.append("|")
            assert host.error_count == 4
            return errors_of(host)

    text = complete(work())
    # As with the error of a handler in JavaScript, the rest of its reaction is left out.
    assert " ".join(calls).split(" | ") == [
        "fail",
        "second fail too generic fire",
        "second generic fire |",
    ]
    name = r"test_\w+\.<locals>\.Fragile"
    assert re.search(rf"handler {name}\.fail of input 'x' of accessor 'fragile': KeyError", text)
    assert re.search(rf"handler {name}\.fail_too of all inputs of accessor 'fragile'", text)
    assert "Exception in fire() of accessor 'fragile': ValueError: 2" in text
    assert line_of(Fragile.fail, 2) in text


def test_coroutines_of_a_class_run_one_after_another(engine: str) -> None:
    trace: list[str] = []

    class Slow(PythonAccessor):
        def setup(self) -> None:
            self.input("x")
            self.output("out")

        async def initialize(self) -> None:
            self.add_input_handler("x", self.on_x)
            await asyncio.sleep(0.01)
            trace.append("initialized")

        async def on_x(self) -> None:
            trace.append(f"begin {self.get('x')}")
            await asyncio.sleep(0.01)
            trace.append(f"end {self.get('x')}")
            self.send("out", self.get("x"))

        async def wrapup(self) -> None:
            await asyncio.sleep(0.01)
            trace.append("wrapped up")

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("slow", Slow)
            values = outputs_of(accessor)
            await accessor.initialize()
            for value in (1, 2):
                await accessor.provide_input("x", value)
            await host.wait()
            return values

    assert complete(work()) == [1, 2]
    assert trace == ["initialized", "begin 1", "end 1", "begin 2", "end 2", "wrapped up"]


def test_wrapup_comes_after_the_coroutine_that_it_cancels(engine: str) -> None:
    trace: list[str] = []

    class Slow(PythonAccessor):
        def setup(self) -> None:
            self.input("x")

        def initialize(self) -> None:
            self.add_input_handler("x", self.on_x)
            trace.append("initialize")

        async def on_x(self) -> None:
            trace.append(f"begin {self.get('x')}")
            try:
                await asyncio.Event().wait()
            finally:
                trace.append("cancelled")

        def wrapup(self) -> None:
            trace.append("wrapup")

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate("slow", Slow)
            await accessor.initialize()
            await accessor.provide_input("x", 1)
            await accessor.provide_input("x", 2)
            await asyncio.sleep(0)
            await accessor.wrapup()
            await host.wait()
            # A run of its own.
            await accessor.initialize()
            assert host.exit_code == 0

    complete(work())
    assert trace == ["initialize", "begin 1", "cancelled", "wrapup", "initialize", "wrapup"]


def test_who_initializes_twice_gets_every_value_once(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("double", double)
            values = outputs_of(accessor)
            await accessor.initialize()
            await accessor.initialize()
            await accessor.provide_input("x", 1)
            await host.wait()
            await accessor.wrapup()
            await accessor.initialize()
            await accessor.provide_input("x", 2)
            await host.wait()
            return values

    assert complete(work()) == [2, 4]


def test_a_second_run_begins_anew(engine: str) -> None:
    trace = Trace()
    last = [("any", 1, "none"), ("fire", 1, "none")]

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate("trace", trace)
            for _ in range(2):
                await accessor.initialize()
                trace.trace.clear()
                await accessor.provide_input("x", 1)
                await host.wait()
                assert trace.trace == [("x1", 1, "none"), ("x2", 1, "none"), *last]
                # Between two reactions there is no value.
                assert (trace.get("x"), trace.get("y"), trace.get("step")) == (None, "none", 1)
                await accessor.wrapup()
            assert host.exit_code == 0

    complete(work())


async def function_later(x: int) -> int:
    return x


class ClassLater(PythonAccessor):
    def setup(self) -> None:
        self.input("x")

    def initialize(self) -> None:
        self.add_input_handler("x", self.later)

    async def later(self) -> None:
        pass


@pytest.mark.parametrize("factory", [function_later, ClassLater])
def test_a_coroutine_that_never_begins_is_no_leak(engine: str, factory: Any) -> None:
    # A value, and the end in the same turn.
    source = """
        exports.setup = function () { this.output('out'); };
        exports.initialize = function () { this.send('out', 1); this.stop(); };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate("later", factory, container=top)
            last = await host.instantiate_from_code("source", source, container=top)
            await last.connect("out", one, "x")
            await top.initialize()
            await host.wait()
            assert host.exit_code == 0

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        complete(work())
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_what_python_sends_after_the_end_is_dropped(engine: str) -> None:
    source = """
        exports.setup = function () { this.output('out'); };
        exports.initialize = function () { this.send('out', 1); this.stop(); };
    """

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate("double", double, container=top)
            last = await host.instantiate_from_code("source", source, container=top)
            await last.connect("out", one, "x")
            values = outputs_of(one)
            await top.initialize()
            await host.wait()
            assert host.exit_code == 0
            return values

    # The end comes in the turn before the one in which Python's result arrives.
    assert complete(work()) == []


def test_a_slow_accessor_has_a_limit_of_reactions(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "MAX_PENDING_REACTIONS", 3)
    gate = asyncio.Event()

    class Slow(PythonAccessor):
        def setup(self) -> None:
            self.input("x")
            self.output("out")

        def initialize(self) -> None:
            self.add_input_handler("x", self.on_x)

        async def on_x(self) -> None:
            await gate.wait()
            self.send("out", self.get("x"))

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("slow", Slow)
            values = outputs_of(accessor)
            await accessor.initialize()
            # The one that is under way counts.
            for value in (1, 2, 3):
                await accessor.provide_input("x", value)
            assert host.error_count == 0
            await accessor.provide_input("x", 4)
            assert "a reaction of accessor 'slow': 3 reactions wait already" in errors_of(host)
            gate.set()
            await host.wait()
            assert host.error_count == 1
            return values

    assert complete(work()) == [1, 2, 3]


def test_a_wrapup_that_does_not_end_is_cancelled(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes, "WRAPUP_TIMEOUT", 0.05)

    class Endless(PythonAccessor):
        def setup(self) -> None:
            self.output("out")

        async def wrapup(self) -> None:
            await asyncio.Event().wait()

    async def work() -> Host:
        async with quiet(engine) as host:
            for name in ("one", "two"):
                await (await host.instantiate(name, Endless)).initialize()
        return host

    host = complete(work())
    assert host.error_count == 2
    assert "wrapup() of accessor 'two': it took longer than 0.05 s" in errors_of(host)


def test_an_accessor_of_python_can_end_the_run(engine: str) -> None:
    class Enough(PythonAccessor):
        def setup(self) -> None:
            self.input("x")
            self.output("out")

        def initialize(self) -> None:
            self.add_input_handler("x", self.on_x)

        def on_x(self) -> None:
            self.send("out", "last")
            self.stop()

    clock = """
        exports.setup = function () { this.output('out'); };
        exports.initialize = function () { setInterval(() => this.send('out', 1), 1); };
        exports.wrapup = function () { console.log('wrapup'); };
    """
    stdout = io.StringIO()

    async def work() -> None:
        async with quiet(engine, stdout=stdout) as host:
            top = await host.composite("top")
            ticks = await host.instantiate_from_code("clock", clock, container=top)
            enough = await host.instantiate("enough", Enough, container=top)
            sink = await host.instantiate_from_code("sink", SINK, container=top)
            await ticks.connect("out", enough, "x")
            await enough.connect("out", sink, "in")
            await top.initialize()
            await host.wait()
            assert not await top.is_initialized()
            assert host.exit_code == 0

    complete(work())
    lines = stdout.getvalue().splitlines()
    assert lines[0] == 'in "last"'
    assert lines[-1] == "wrapup"


def test_a_value_can_be_sent_to_an_own_input_and_from_a_callback(engine: str) -> None:
    class Count(PythonAccessor):
        def setup(self) -> None:
            self.input("x", type="int")
            self.output("out")

        def initialize(self) -> None:
            self.add_input_handler("x", self.on_x)
            asyncio.get_running_loop().call_soon(self.send, "x", 1)

        def on_x(self) -> None:
            x = self.get("x")
            self.send("out", x)
            if x < 3:
                self.send("x", x + 1)

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            count = await host.instantiate("count", Count)
            values = outputs_of(count)
            await count.initialize()
            await asyncio.sleep(0)
            await host.wait()
            return values

    assert complete(work()) == [1, 2, 3]


def test_handlers_come_and_go(engine: str) -> None:
    calls: list[object] = []

    class Changing(PythonAccessor):
        def setup(self) -> None:
            self.input("x")

        def initialize(self) -> None:
            assert self.add_input_handler("x", self.once) == 0
            self.other = self.add_input_handler("x", lambda: calls.append("other"))
            self.add_input_handler("x", lambda: calls.append("stays"))

        def once(self) -> None:
            calls.append("once")
            self.remove_input_handler(0)
            self.remove_input_handler(self.other)
            self.remove_input_handler(99)
            self.add_input_handler("x", lambda: calls.append("new"))

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate("changing", Changing)
            await accessor.initialize()
            await accessor.provide_input("x", 1)
            await host.wait()
            calls.append("|")
            await accessor.provide_input("x", 1)
            await host.wait()
            assert host.exit_code == 0

    complete(work())
    assert calls == ["once", "stays", "|", "stays", "new"]


def test_scripts_make_several_accessors_of_a_class(engine: str) -> None:
    made: list[Counter] = []

    class Counter(PythonAccessor):
        def setup(self) -> None:
            self.input("x")
            self.output("count", type="int")
            made.append(self)

        def initialize(self) -> None:
            self.count = 0
            self.add_input_handler("x", self.on_x)

        def on_x(self) -> None:
            self.count += 1
            self.send("count", self.count)

    two = """
        exports.setup = function () {
          this.input('in');
          this.output('out');
          const one = this.instantiate('one', 'python/Counter');
          const two = this.instantiate('two', 'python/Counter');
          this.connect('in', one, 'x');
          this.connect('in', two, 'x');
          this.connect(two, 'count', 'out');
        };
    """

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            host.define("python/Counter", Counter)
            top = await host.instantiate_from_code("top", two)
            values = outputs_of(top)
            await top.initialize()
            await top.provide_input("in", "a")
            await top.provide_input("in", "b")
            await host.wait()
            return values

    assert complete(work()) == [1, 2]
    assert [(one.name, one.count) for one in made] == [("top.one", 2), ("top.two", 2)]


# What is wrong with an accessor of Python's


class NoSetup(PythonAccessor):
    pass


class FailingSetup(PythonAccessor):
    def setup(self) -> None:
        raise KeyError("sensor")


class AsyncSetup(PythonAccessor):
    async def setup(self) -> None:  # type: ignore[override]
        pass


class NeedsArgument(PythonAccessor):
    def __init__(self, step: int) -> None:
        pass


class SendsInSetup(PythonAccessor):
    def setup(self) -> None:
        self.output("out")
        self.send("out", 1)


class BadDefault(PythonAccessor):
    def setup(self) -> None:
        self.input("x", value={1})


class BadType(PythonAccessor):
    def setup(self) -> None:
        self.parameter("p", type=list)


class BadName(PythonAccessor):
    def setup(self) -> None:
        self.output("")


def bad_default(x: object = b"") -> None:
    pass


@pytest.mark.parametrize(
    ("factory", "error", "message"),
    [
        (NoSetup, AccessorError, r"NoSetup has no setup\(\)"),
        (FailingSetup, AccessorError, r"setup\(\) of accessor 'FailingSetup': KeyError: 'sensor'"),
        (AsyncSetup, AccessorError, r"setup\(\) of accessor 'AsyncSetup' cannot be a coroutine"),
        (NeedsArgument, AccessorError, r"NeedsArgument\(\): TypeError: .*'step'"),
        (SendsInSetup, AccessorError, r"'SendsInSetup' sent 'out' while it was not initialized"),
        (BadDefault, AccessorError, r"input 'x' of accessor 'BadDefault' has no JSON form"),
        (BadType, AccessorError, r"type of parameter 'p' of accessor 'BadType' is <class 'list'>"),
        (BadName, AccessorError, r"output\(\) of 'BadName' needs a name; got ''"),
        (bad_default, EncodingError, r"default of input 'x' of bad_default\(\) has no JSON form"),
        (str, AccessorError, "class str cannot be an accessor"),
        (42, AccessorError, "42 cannot be an accessor"),
        (lambda: None, AccessorError, "needs a parameter"),
    ],
)
def test_what_cannot_be_an_accessor_says_why(
    engine: str, factory: Any, error: type[Exception], message: str
) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            with pytest.raises(error, match=message):
                host.define("python/It", factory)
            with pytest.raises(error, match=message):
                await host.instantiate("it", factory)
            assert (host.error_count, host.exit_code) == (0, 0)

    complete(work())


def test_a_setup_that_raises_is_told_with_its_line(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            with pytest.raises(AccessorError) as caught:
                await host.instantiate("it", FailingSetup)
            assert line_of(FailingSetup.setup, 1) in str(caught.value)
            assert isinstance(caught.value.__cause__, KeyError)

    complete(work())


def test_a_default_that_its_type_does_not_take_is_told(engine: str) -> None:
    def half(x: int = 0.5) -> None:  # type: ignore[assignment]
        pass

    async def work() -> None:
        async with quiet(engine) as host:
            with pytest.raises(ScriptError, match=r"half\.x expected an int, but got 0\.5"):
                await host.instantiate("half", half)

    complete(work())


def test_an_instance_is_one_accessor(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            trace = Trace()
            await host.instantiate("one", trace)
            with pytest.raises(AccessorError, match=r"this .*Trace is accessor 'one' already"):
                await host.instantiate("two", trace)
            # A script can make a mistake of this kind as well.
            host.define("python/Single", Trace())
            for name in ("three", "four"):
                await host.instantiate(name, "python/Single")
            assert "Exception in accessor 'four': this" in errors_of(host)

    complete(work())


def test_every_accessor_of_a_class_has_the_same_ports(engine: str) -> None:
    made: list[object] = []

    class Fickle(PythonAccessor):
        def setup(self) -> None:
            made.append(self)
            self.input(f"x{len(made)}")

    async def work() -> None:
        async with quiet(engine) as host:
            await host.instantiate("one", Fickle)
            with pytest.raises(AccessorError, match="Fickle declared other ports"):
                await host.instantiate("two", Fickle)

    complete(work())


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda a: a.send("nowhere", 1), "accessor 'it' has no output or input 'nowhere' .*out"),
        (lambda a: a.send("out", {1}), "the value for 'out' of accessor 'it' has no JSON form"),
        (lambda a: a.get("nowhere"), r"no input or parameter 'nowhere' \(inputs: x, y; "),
        (lambda a: a.get_parameter("x"), r"no parameter 'x' \(parameters: step\)"),
        (lambda a: a.add_input_handler("z", print), "accessor 'it' has no input 'z'"),
        (lambda a: a.add_input_handler("x", 5), "input 'x' of accessor 'it' cannot be called: 5"),
        (lambda a: a.input("late"), "accessor 'it' declares input 'late' too late"),
    ],
)
def test_bad_uses_are_told_with_accessor_port_and_line(
    engine: str, use: Callable[[PythonAccessor], object], message: str
) -> None:
    class Bad(Trace):
        def initialize(self) -> object:
            return use(self)

    async def work() -> str:
        async with quiet(engine) as host:
            other = await host.instantiate("other", double)
            values = outputs_of(other)
            accessor = await host.instantiate("it", Bad)
            await other.initialize()
            await accessor.initialize()
            await other.provide_input("x", 1)
            await host.wait()
            assert (values, host.error_count, host.exit_code) == ([2], 1, 1)
            return errors_of(host)

    text = complete(work())
    assert re.search(rf"Exception in initialize\(\) of accessor 'it': .*{message}", text)
    assert line_of(Bad.initialize, 1) in text


@pytest.mark.parametrize("use", [lambda a: a.send("out", 1), lambda a: a.stop()])
def test_nothing_can_be_sent_when_the_run_is_over(
    engine: str, use: Callable[[PythonAccessor], object]
) -> None:
    class Late(Trace):
        def wrapup(self) -> None:
            use(self)

    async def work() -> str:
        async with quiet(engine) as host:
            accessor = await host.instantiate("late", Late)
            await accessor.initialize()
            await accessor.wrapup()
            return errors_of(host)

    told = r"wrapup\(\) of accessor 'late': .* while it was not initialized"
    assert re.search(told, complete(work()))
