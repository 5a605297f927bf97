"""Accessors from Python: composed, driven and listened to."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accessor_host import (
    Accessor,
    AccessorError,
    EncodingError,
    EngineError,
    Host,
    Port,
    PythonAccessor,
    ScriptError,
)

from ..support.accessors import ADD_ONE, double, errors_of, outputs_of
from ..support.scripts import DEADLINE, Lines
from ..test_host import complete, quiet

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

# Composing


def test_an_accessor_of_the_library_shows_its_ports(engine: str, tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "Gain.js").write_text("""
        exports.setup = function () {
          this.input('in', { type: 'number', value: 1 });
          this.output('out', { type: 'number', spontaneous: true });
          this.parameter('gain', { type: 'int', value: 2, options: [1, 2], visibility: 'expert' });
        };
    """)

    async def work() -> None:
        async with quiet(engine, library=[tmp_path]) as host:
            gain = await host.instantiate("gain", "net/Gain")
            assert (gain.name, gain.accessor_class) == ("gain", "net/Gain")
            assert gain.inputs == {"in": Port("number", 1)}
            assert gain.outputs == {"out": Port("number", spontaneous=True), "error": Port()}
            assert gain.parameters == {"gain": Port("int", 2, [1, 2], "expert")}
            unnamed = await host.instantiate(None, "net/Gain.js")
            assert unnamed.name == "Gain"
            room = await host.composite("room")
            names = [(await host.instantiate("gain", "net/Gain", container=room)).name] * 2
            assert names[0] == "room.gain"
            again = await host.instantiate("gain", "net/Gain", container=room)
            assert again.name == "room.gain2"
            assert [one.name for one in await room.contained()] == ["room.gain", "room.gain2"]
            assert (await room.contained())[1] is again

    complete(work())


def test_javascript_and_python_work_in_one_composite(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            room = await host.composite("room")
            await room.add_input("in", type="number", value=0)
            await room.add_output("out")
            first = await host.instantiate_from_code("first", ADD_ONE, container=room)
            double = await host.instantiate("double", lambda x: 2 * x, container=room)
            last = await host.instantiate_from_code("last", ADD_ONE, container=room)
            await room.connect("in", first, "in")
            await first.connect("out", double, "x")
            await double.connect("output", last, "in")
            await last.connect("out", room, "out")
            values = outputs_of(room)
            await room.initialize()
            for value in (1, 2, 3):
                await room.provide_input("in", value)
            await host.wait()
            assert await room.latest_output("out") == 9
            assert host.exit_code == 0
            return values

    assert complete(work()) == [5, 7, 9]


def test_a_diamond_in_a_composite_of_python_keeps_its_order(engine: str) -> None:
    part = """
        exports.setup = function () {{ this.input('in'); this.output('out'); }};
        exports.initialize = function () {{
          this.addInputHandler('in', () => {{
            console.log('{0}', this.get('in'));
            this.send('out', this.get('in') + 1);
          }});
        }};
    """
    join = """
        exports.setup = function () { this.input('a'); this.input('b'); this.output('out'); };
        exports.initialize = function () {
          for (const name of ['a', 'b']) {
            this.addInputHandler(name, () => console.log('D.' + name, this.get(name)));
          }
        };
        exports.fire = function () {
          console.log('fire', this.get('a'), this.get('b'));
          this.send('out', this.get('a') + this.get('b'));
        };
    """
    stdout = io.StringIO()

    async def work() -> list[Any]:
        async with quiet(engine, stdout=stdout) as host:
            top = await host.composite("top")
            await top.add_input("in")
            await top.add_output("out")
            d = await host.instantiate_from_code("D", join, container=top)
            p = await host.instantiate_from_code("P", part.format("P"), container=top)
            q = await host.instantiate_from_code("Q", part.format("Q"), container=top)
            await top.connect("in", p, "in")
            await p.connect("out", q, "in")
            await p.connect("out", d, "a")
            await q.connect("out", d, "b")
            await d.connect("out", top, "out")
            values = outputs_of(top)
            await top.initialize()
            await top.provide_input("in", 5)
            await host.wait()
            return values

    assert complete(work()) == [13]
    assert stdout.getvalue().split("\n")[:5] == ["P 5", "Q 6", "D.a 6", "D.b 7", "fire 6 7"]


def test_accessors_at_the_top_are_connected_with_each_other(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            first = await host.instantiate_from_code("first", ADD_ONE)
            second = await host.instantiate("second", lambda x: 2 * x)
            values = outputs_of(second)
            await first.connect("out", second, "x")
            await first.initialize()
            await second.initialize()
            await first.provide_input("in", 1)
            await host.wait()
            await first.disconnect("out", second, "x")
            await first.provide_input("in", 2)
            await host.wait()
            return values

    assert complete(work()) == [4]


def test_a_composite_can_pass_values_through(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            top = await host.composite("top")
            await top.add_input("in")
            await top.add_output("out", type="string", spontaneous=True)
            await top.add_parameter("step", type="int", value=2)
            assert top.outputs["out"] == Port("string", spontaneous=True)
            assert top.parameters["step"] == Port("int", 2)
            await top.connect("in", top, "out")
            values = outputs_of(top)
            await top.initialize()
            await top.provide_input("in", 5)
            await top.disconnect("in", top, "out")
            await top.provide_input("in", 6)
            await host.wait()
            return values

    assert complete(work()) == ["5"]


def test_a_composite_in_a_composite(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            top = await host.composite("top")
            inner = await host.composite("inner", container=top)
            assert inner.name == "top.inner"
            await inner.add_input("in")
            await inner.add_output("out", spontaneous=True)
            double = await host.instantiate("double", lambda x: 2 * x, container=inner)
            await inner.connect("in", double, "x")
            await double.connect("output", inner, "out")
            add = await host.instantiate_from_code("add", ADD_ONE, container=top)
            await add.connect("out", inner, "in")
            values = outputs_of(inner)
            await top.initialize()
            await add.provide_input("in", 1)
            await host.wait()
            return values

    assert complete(work()) == [4]


def test_a_composite_that_runs_can_grow(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            top = await host.composite("top")
            await top.add_input("in")
            first = await host.instantiate_from_code("first", ADD_ONE, container=top)
            await top.connect("in", first, "in")
            await top.initialize()
            second = await host.instantiate_from_code("second", ADD_ONE, container=top)
            await second.initialize()
            await first.connect("out", second, "in")
            # One more connection is no loop; the other way round it would be.
            with pytest.raises(ScriptError, match=r"Causality loop.*top"):
                await second.connect("out", first, "in")
            values = outputs_of(second)
            await top.provide_input("in", 1)
            await host.wait()
            # The connection that was refused is not there.
            assert await first.latest_output("out") == 2
            assert host.exit_code == 0
            return values

    assert complete(work()) == [3]


def test_a_loop_through_python_needs_no_word(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            top = await host.composite("top")
            add = await host.instantiate_from_code("add", ADD_ONE, container=top)
            limit = await host.instantiate("limit", lambda x: x if x < 5 else None, container=top)
            await add.connect("out", limit, "x")
            await limit.connect("output", add, "in")
            values = outputs_of(add)
            await top.initialize()
            await add.provide_input("in", 1)
            await host.wait()
            return values

    assert complete(work()) == [2, 3, 4, 5]


DOUBLES = """
    exports.setup = function () {
      this.input('in');
      this.output('out');
      const name = ['python', 'Double'].join('/');
      const one = this.instantiate('one', 'python/Double');
      const two = this.instantiate('two', 'python/Double.js');
      const three = this.instantiate('three', name);
      this.connect('in', one, 'x');
      this.connect(one, 'output', two, 'x');
      this.connect(two, 'output', three, 'x');
      this.connect(three, 'output', 'out');
    };
"""


def test_scripts_instantiate_what_python_defines(engine: str) -> None:
    async def work() -> list[Any]:
        async with quiet(engine) as host:
            host.define("python/Double", double)
            doubles = await host.instantiate_from_code("doubles", DOUBLES)
            parts = await doubles.contained()
            assert parts[0].accessor_class == "python/Double"
            assert parts[0].outputs["output"].spontaneous
            values = outputs_of(doubles)
            await doubles.initialize()
            await doubles.provide_input("in", 1)
            await host.wait()
            return values

    assert complete(work()) == [8]


def test_a_main_script_instantiates_what_python_defines(engine: str) -> None:
    async def work() -> list[Any]:
        values: list[Any] = []
        async with quiet(engine) as host:
            host.define("python/Double", double)
            host.define("python/Note", lambda value: values.append(value))
            await host.run("""
                const code = `exports.setup = function () {
                  const double = this.instantiate('double', 'python/Double');
                  const note = this.instantiate('note', 'python/Note');
                  this.input('in');
                  this.connect('in', double, 'x');
                  this.connect(double, 'output', note, 'value');
                };`;
                const top = new Accessor('top', code, getAccessorCode, {});
                top.initialize();
                top.provideInput('in', 21);
            """)
            await host.wait()
        return values

    assert complete(work()) == [42]


def test_a_script_extends_what_python_defines(engine: str) -> None:
    class Base(PythonAccessor):
        def setup(self) -> None:
            self.input("in")
            self.output("out")

        def initialize(self) -> None:
            self.add_input_handler("in", lambda: self.send("out", self.get("in") + 1))

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            host.define("python/Base", Base)
            derived = await host.instantiate_from_code(
                "derived",
                "exports.setup = function () { this.extend('python/Base'); this.output('more'); }",
            )
            assert list(derived.outputs) == ["out", "error", "more"]
            values = outputs_of(derived)
            await derived.initialize()
            await derived.provide_input("in", 1)
            await host.wait()
            return values

    assert complete(work()) == [2]


def test_a_missing_class_is_told_with_those_of_python(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            host.define("python/Double", double)
            with pytest.raises(ScriptError, match=r"'python/Duoble'.*Duoble.js.*python/Double"):
                await host.instantiate("x", "python/Duoble")

    complete(work())


# Driving and listening


def test_parameters_and_defaults_are_read_and_set(engine: str) -> None:
    source = """
        exports.setup = function () {
          this.input('in', { type: 'number' });
          this.output('out');
          this.parameter('gain', { type: 'int', value: 2 });
          this.parameter('none');
        };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            gain = await host.instantiate_from_code("gain", source)
            assert await gain.get_parameter("gain") == 2
            assert await gain.get_parameter("none") is None
            await gain.set_parameter("gain", 5)
            await gain.set_parameter("none", {"deep": ["°C", None]})
            assert await gain.get_parameter("gain") == 5
            assert await gain.get_parameter("none") == {"deep": ["°C", None]}
            await gain.set_parameter("gain", None)
            assert await gain.get_parameter("gain") == 2
            assert gain.inputs["in"].value is None
            await gain.set_default("in", 1.5)
            assert gain.inputs["in"] == Port("number", 1.5)
            assert await gain.latest_output("out") is None
            # Ports that come later are there once it is described again.
            assert not await gain.is_initialized()
            await gain.initialize()
            assert await gain.is_initialized()

    complete(work())


def test_ports_that_come_later_show(engine: str) -> None:
    source = """
        exports.setup = function () { this.output('out'); };
        exports.initialize = function () {
          this.output('late', { type: 'int' });
          setTimeout(() => this.output('later'), 0);
        };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate_from_code("it", source)
            assert list(accessor.outputs) == ["out", "error"]
            await accessor.initialize()
            assert list(accessor.outputs)[:3] == ["out", "error", "late"]
            await host.wait()
            await accessor.describe()
            assert "later" in accessor.outputs

    complete(work())


BAD_SCRIPT = """
    exports.setup = function () {
      this.input('in', { type: 'int' });
      this.output('out');
      this.output('circle');
      this.parameter('p', { type: 'int', value: 1 });
    };
    exports.initialize = function () {
      const circle = {};
      circle.circle = circle;
      this.send('circle', circle);
      this.addInputHandler('in', function onIn() { throw new Error('bad value'); });
    };
    exports.wrapup = function () { throw new Error('bad end'); };
"""


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda a, b: a.provide_input("no", 1), r"accessor 'a' has no input 'no' \(inputs: in\)"),
        (lambda a, b: a.provide_input("in", {}), "a.in expected an int, but got a object"),
        (lambda a, b: a.provide_input("in", 1.5), "a.in expected an int, but got 1.5"),
        (lambda a, b: a.set_parameter("no", 1), "accessor 'a' has no parameter 'no'"),
        (lambda a, b: a.set_parameter("in", 1), r"for an input there is setDefault\(\)"),
        (lambda a, b: a.set_parameter("p", True), "a.p expected an int, but got a boolean: true"),
        (lambda a, b: a.get_parameter("no"), "accessor 'a' has no parameter 'no'"),
        (lambda a, b: a.set_default("no", 1), "accessor 'a' has no input 'no'"),
        (lambda a, b: a.latest_output("no"), "accessor 'a' has no output 'no'"),
        (lambda a, b: a.latest_output("circle"), "'circle' of accessor 'a' has no JSON form"),
        (lambda a, b: a.connect("no", b, "in"), r"Source has no such output: no \(accessor 'a'"),
        (lambda a, b: a.connect("out", b, "no"), r"Destination has no such input: no \(acc.* 'b'"),
        (lambda a, b: a.disconnect("out", b, "no"), r"disconnect\(\): Dest.*: no \(accessor 'b'"),
        (lambda a, b: a.stop_at({}), "stopAt"),
    ],
)
def test_a_mistake_is_the_callers_and_names_accessor_and_port(
    engine: str, use: Callable[[Accessor, Accessor], Any], message: str
) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            one = await host.instantiate_from_code("a", BAD_SCRIPT)
            other = await host.instantiate_from_code("b", ADD_ONE)
            await one.initialize()
            await other.initialize()
            if "stop" in message:
                return
            with pytest.raises(ScriptError, match=message):
                await use(one, other)
            values = outputs_of(other)
            await other.provide_input("in", 1)
            await host.wait()
            assert (values, host.error_count) == ([2], 0)

    complete(work())


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda a: a.provide_input("in", {1}), "the value for input 'in' of accessor 'a' has no"),
        (lambda a: a.set_parameter("p", b""), "the value for parameter 'p' of accessor 'a' has no"),
        (lambda a: a.set_default("in", float("nan")), "the value for input 'in' of accessor 'a'"),
    ],
)
def test_a_value_without_a_json_form_is_refused_to_the_caller(
    engine: str, use: Callable[[Accessor], Any], message: str
) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            one = await host.instantiate_from_code("a", BAD_SCRIPT)
            with pytest.raises(EncodingError, match=message):
                await use(one)
            assert host.error_count == 0

    complete(work())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("exports.setup = function () { this.input(); };", r"setup\(\) of accessor 'it'"),
        ("exports.setup = function () {\n  null.x;\n};", "setup.*accessor 'it'.*\n.*it.js:2"),
        ("let x; let x;", "SyntaxError|Syntax"),
        ("require('no-such-module');", "accessor 'it'.*no-such-module"),
        (
            "exports.setup = function () { this.output('o'); this.send('o', 1); };",
            "accessor 'it' sent 'o' in setup",
        ),
        ("exports.setup = function () { this.extend('no/Class'); };", "no/Class.*looked for"),
    ],
)
def test_a_script_that_cannot_be_set_up_raises(engine: str, source: str, message: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            with pytest.raises(ScriptError, match=message):
                await host.instantiate_from_code("it", source, path="it.js")
            values = outputs_of(other := await host.instantiate("other", double))
            await other.initialize()
            await other.provide_input("x", 1)
            await host.wait()
            assert (values, host.error_count) == ([2], 0)

    complete(work())


def test_a_loop_without_a_spontaneous_output_does_not_begin(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate_from_code("one", ADD_ONE, container=top)
            two = await host.instantiate_from_code("two", ADD_ONE, container=top)
            await one.connect("out", two, "in")
            await two.connect("out", one, "in")
            with pytest.raises(ScriptError, match=r"Causality loop.*top\.one"):
                await top.initialize()
            assert host.error_count == 0

    complete(work())


def test_react_raises_what_a_handler_throws(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate_from_code("a", BAD_SCRIPT, container=top)
            await top.initialize()
            await one.provide_input("in", 1)
            await host.wait()
            assert "handler of input 'in' of accessor 'top.a'" in host.errors[0].message
            assert "onIn" in host.errors[0].stack
            with pytest.raises(ScriptError, match="bad end"):
                await top.wrapup()
            assert host.error_count == 1

    complete(work())


def test_listeners_hear_of_every_event(engine: str) -> None:
    heard: list[object] = []
    source = """
        exports.setup = function () { this.input('in'); this.output('a'); this.output('b'); };
        exports.initialize = function () {
          this.emit('mine', 1, { two: [3] });
          this.addInputHandler('in', () => { this.send('a', this.get('in')); this.send('b', 2); });
        };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            accessor = await host.instantiate_from_code("it", source)
            for event in ("initializeStart", "initializeEnd", "reactStart", "reactEnd"):
                accessor.on(event, lambda event=event: heard.append(event))
            for event in ("wrapupStart", "wrapupEnd"):
                accessor.on(event, lambda event=event: heard.append(event))
            accessor.on("mine", lambda *details: heard.append(details))

            @accessor.on("output")
            async def on_output(name: str, value: object) -> None:
                heard.append((name, value))

            for value in (5, "6"):
                await accessor.initialize()
                await accessor.provide_input("in", value)
                await host.wait()
                await accessor.wrapup()
                heard.append("|")

    complete(work())
    begin = ["initializeStart", (1, {"two": [3]}), "initializeEnd"]
    # A coroutine is a task of its own; the others are called in the order of the events.
    plain = [one for one in heard if not (isinstance(one, tuple) and one[0] in ("a", "b"))]
    run = [*begin, "reactStart", "reactEnd", "wrapupStart", "wrapupEnd", "|"]
    assert plain == run * 2
    assert [one for one in heard if isinstance(one, tuple) and one[0] in ("a", "b")] == [
        ("a", 5),
        ("b", 2),
        ("a", "6"),
        ("b", 2),
    ]


def test_a_listener_that_raises_harms_nobody(engine: str) -> None:
    reports: list[dict[str, Any]] = []

    def fail(_name: str, _value: object) -> None:
        raise KeyError("mine")

    async def work() -> list[Any]:
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: reports.append(context)
        )
        async with quiet(engine) as host:
            accessor = await host.instantiate("double", double)
            accessor.on("output", fail)
            values = outputs_of(accessor)
            await accessor.initialize()
            for value in (1, 2):
                await accessor.provide_input("x", value)
            await host.wait()
            # A bug of the program's, not of a script.
            assert host.exit_code == 0
            return values

    assert complete(work()) == [2, 4]
    assert [str(one["exception"]) for one in reports] == ["'mine'", "'mine'"]
    assert "of accessor 'double' raised" in reports[0]["message"]


def test_nothing_crosses_when_nobody_listens(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    crossed: list[str] = []
    receive = Accessor.receive

    def counting(self: Accessor, event: str, details: list[Any]) -> None:
        crossed.append(event)
        receive(self, event, details)

    monkeypatch.setattr(Accessor, "receive", counting)

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate("double", double)
            values: list[Any] = []
            accessor.once("output", lambda _name, value: values.append(value))
            await accessor.initialize()
            for value in (1, 2, 3):
                await accessor.provide_input("x", value)
                await host.wait()
            again = outputs_of(accessor)
            await accessor.provide_input("x", 4)
            await host.wait()
            return [*values, *again]

    assert complete(work()) == [2, 8]
    # The second came before the engine knew that nobody wants any more.
    assert crossed == ["output", "output", "output"]


def test_an_output_that_cannot_cross_is_an_error_of_the_accessor(engine: str) -> None:
    source = """
        exports.setup = function () { this.output('out'); };
        exports.initialize = function () {
          this.send('out', () => 1);
          this.emit('mine', 10n);
          this.send('out', 2);
        };
    """

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            accessor = await host.instantiate_from_code("it", source)
            accessor.on("mine", print)
            values = outputs_of(accessor)
            await accessor.initialize()
            first, second = (error.message for error in host.errors)
            assert "output 'out' of accessor 'it' has no JSON form: [Function" in first
            assert "event 'mine' of accessor 'it' has no JSON form" in second
            return values

    assert complete(work()) == [2]


def test_monitoring_counts(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            part = await host.instantiate("part", double, container=top)
            assert await top.get_monitoring() is None
            await top.start_monitoring(deep=True)
            await top.initialize()
            await part.provide_input("x", 1)
            await host.wait()
            measured = await top.get_monitoring()
            assert measured is not None
            assert measured["initialize"]["count"] == 1
            assert measured["react"]["count"] >= 1
            assert measured["containedAccessors"][0]["accessorName"] == "top.part"
            stopped = await part.stop_monitoring()
            assert stopped is not None
            assert stopped["react"]["count"] == 1

    complete(work())


def test_stop_and_stop_at_end_the_outermost(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            part = await host.instantiate("part", double, container=top)
            await top.initialize()
            await part.stop()
            await host.wait()
            assert not await top.is_initialized()
            await top.initialize()
            await part.stop_at(1)
            await host.wait()
            assert not await top.is_initialized()

    complete(work())


def test_long_values_cross_whole(engine: str) -> None:
    text = "äöü€" * 20_000
    pixels = list(range(50_000))

    async def work() -> list[Any]:
        async with quiet(engine) as host:
            echo = await host.instantiate("echo", lambda value: value)
            values = outputs_of(echo)
            await echo.initialize()
            for value in (text, pixels):
                await echo.provide_input("value", value)
                await host.wait()
            return values

    assert complete(work()) == [text, pixels]


def test_a_value_that_is_nested_too_deeply_is_an_error(engine: str, shallow_json: None) -> None:
    calls: list[object] = []
    source = """
        exports.setup = function () { this.output('out'); this.input('in'); };
        exports.initialize = function () {
          this.addInputHandler('in', () => {
            let deep = [];
            for (let depth = 0; depth < this.get('in'); depth++) deep = [deep];
            this.send('out', deep);
          });
        };
    """

    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            one = await host.instantiate_from_code("source", source, container=top)
            sink = await host.instantiate("sink", lambda x: calls.append(x), container=top)
            await one.connect("out", sink, "x")
            values = outputs_of(one)
            await top.initialize()
            for depth in (300, 1):
                await one.provide_input("in", depth)
                await host.wait()
                if depth > 1:
                    with pytest.raises(ScriptError, match="nested too deeply"):
                        await one.latest_output("out")
            assert values == calls == [[[]]]
            first, second = (error.message for error in host.errors)
            assert "event 'output' of accessor 'top.source'" in first
            assert "a reaction of accessor 'top.sink'" in second

    complete(work())


# Endless code


def test_an_endless_initialize_is_stopped_and_told(engine: str) -> None:
    source = "exports.setup = function () {}; exports.initialize = function () { for (;;); };"

    async def work() -> str:
        async with quiet(engine, callback_timeout=0.2) as host:
            endless = await host.instantiate_from_code("endless", source)
            values = outputs_of(other := await host.instantiate("other", double))
            with pytest.raises(ScriptError, match=r"initialize\(\) of accessor 'endless'"):
                await endless.initialize()
            await other.initialize()
            await other.provide_input("x", 1)
            await host.wait()
            assert (values, host.exit_code) == ([2], 1)
            return errors_of(host)

    assert "initialize() of accessor 'endless'" in complete(work())


def test_an_endless_handler_is_stopped_and_told(engine: str) -> None:
    source = """
        exports.setup = function () { this.input('in'); };
        exports.initialize = function () { this.addInputHandler('in', () => { for (;;); }); };
    """

    async def work() -> str:
        async with quiet(engine, callback_timeout=0.2) as host:
            top = await host.composite("top")
            endless = await host.instantiate_from_code("endless", source, container=top)
            other = await host.instantiate("other", double, container=top)
            values = outputs_of(other)
            await top.initialize()
            await endless.provide_input("in", 1)
            await other.provide_input("x", 1)
            await host.wait()
            assert (values, host.exit_code) == ([2], 1)
            return errors_of(host)

    assert "handler of input 'in' of accessor 'top.endless'" in complete(work())


# The end


def test_leaving_the_block_wraps_up_everything(engine: str) -> None:
    stdout = io.StringIO()
    source = """
        exports.setup = function () {{ this.output('out'); }};
        exports.initialize = function () {{ setInterval(() => {{}}, 10); }};
        exports.wrapup = function () {{
          console.log('wrapup {0}');
          if ('{0}' === 'bad') throw new Error('no end');
        }};
    """

    async def work() -> Host:
        async with quiet(engine, stdout=stdout, stderr=stdout) as host:
            await host.run("""
                const { Server } = require('@modules/web-socket-server');
                const server = new Server({ port: 0 });
                server.on('close', () => console.log('server closed'));
                exports.listening = new Promise((resolve) => server.on('listening', resolve));
                exports.start = () => { server.start(); return exports.listening; };
            """)
            await host.call("start")
            top = await host.composite("top")
            await host.instantiate_from_code("one", source.format("one"), container=top)
            await host.instantiate_from_code("bad", source.format("bad"), container=top)
            await host.instantiate_from_code("two", source.format("two"), container=top)
            await top.initialize()
            other = await host.instantiate_from_code("other", source.format("other"))
            await other.initialize()
            # Never begun: it has nothing to end.
            await host.instantiate_from_code("idle", source.format("idle"))
        return host

    host = complete(work())
    lines = stdout.getvalue().splitlines()
    wrapups = [line for line in lines if line.startswith("wrapup")]
    assert wrapups == ["wrapup one", "wrapup bad", "wrapup two", "wrapup other"]
    assert lines[-1] == "server closed"
    assert (host.error_count, host.exit_code) == (1, 1)
    assert "wrapup() of accessor 'top.bad': Error: no end" in host.errors[0].message


CHAIN = "const again = () => setTimeout(again, 0); again();"
INTERVAL = "setInterval(() => {}, 1);"


@pytest.mark.parametrize("timers", [CHAIN, INTERVAL])
def test_timers_do_not_keep_a_host_from_its_end(engine: str, timers: str) -> None:
    stdout = Lines()
    source = f"""
        exports.setup = function () {{ {timers} }};
        exports.initialize = function () {{
          setTimeout(() => console.log('begun'), 0);
          {timers}
        }};
        exports.wrapup = function () {{ setTimeout(() => console.log('too late'), 1); }};
    """

    async def work() -> None:
        async with quiet(engine, stdout=stdout) as host:
            accessor = await host.instantiate_from_code("it", source)
            # Never initialized, and so never wrapped up.
            await host.instantiate_from_code("other", source)
            for _ in range(2):
                await accessor.initialize()
                await stdout.until("begun")
                await host.stop()
                await host.wait()
                assert not await accessor.is_initialized()
            assert host.exit_code == 0

    complete(work())
    assert "too late" not in stdout.text


def test_an_endless_wrapup_does_not_keep_others_from_theirs(engine: str) -> None:
    stdout = io.StringIO()
    source = """
        exports.setup = function () {{ this.output('out'); }};
        exports.wrapup = function () {{
          console.log('wrapup {0}');
          if ('{0}' === 'endless') for (;;);
        }};
    """

    async def work() -> Host:
        async with quiet(engine, stdout=stdout, callback_timeout=0.2) as host:
            top = await host.composite("top")
            for name in ("one", "endless", "two"):
                await host.instantiate_from_code(name, source.format(name), container=top)
            await top.initialize()
            other = await host.instantiate_from_code("other", source.format("other"))
            await other.initialize()
        return host

    host = complete(work())
    names = stdout.getvalue().replace("wrapup ", "").split()
    assert names == ["one", "endless", "two", "other"]
    assert host.exit_code == 1
    assert "wrapup() of accessor 'top.endless'" in errors_of(host)


def test_a_host_that_is_not_running_says_so(engine: str) -> None:
    async def work() -> None:
        host = Host(engine=engine)
        with pytest.raises(EngineError, match="async with"):
            host.define("python/Double", double)
        async with quiet(engine) as closed:
            accessor = await closed.instantiate("double", double)
        for use in (
            closed.instantiate("x", double),
            closed.instantiate_from_code("x", ADD_ONE),
            closed.composite("x"),
            accessor.initialize(),
        ):
            with pytest.raises(EngineError, match="the host is closed"):
                await use

    complete(work())


def test_accessors_of_two_hosts_do_not_mix(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as one, quiet(engine) as two:
            here = await one.composite("here")
            there = await two.composite("there")
            with pytest.raises(AccessorError, match="'here' is in another host"):
                await two.instantiate("double", double, container=here)
            with pytest.raises(AccessorError, match="'here' and accessor 'there' are in different"):
                await here.connect("in", there, "in")

    complete(work())


def test_accessors_in_different_places_are_not_connected(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            top = await host.composite("top")
            inside = await host.instantiate("inside", double, container=top)
            outside = await host.instantiate("outside", double)
            with pytest.raises(ScriptError, match=r"top\.inside\.output and outside\.x are not in"):
                await inside.connect("output", outside, "x")

    complete(work())


@pytest.mark.slow
def test_thousands_of_values_pass_through_python(engine: str) -> None:
    count = 3_000
    source = f"""
        exports.setup = function () {{ this.output('out'); this.input('back'); }};
        exports.initialize = function () {{
          let number = 0;
          this.addInputHandler('back', () => {{
            if (this.get('back') !== 2 * number) throw new Error('wrong');
            number += 1;
            if (number < {count}) this.send('out', number);
            else this.stop();
          }});
          this.send('out', 0);
        }};
        exports.wrapup = function () {{ console.log('done'); }};
    """
    stdout = io.StringIO()

    async def work() -> None:
        async with quiet(engine, stdout=stdout) as host:
            top = await host.composite("top")
            source_accessor = await host.instantiate_from_code("source", source, container=top)
            doubling = await host.instantiate("double", double, container=top)
            await source_accessor.connect("out", doubling, "x")
            await doubling.connect("output", source_accessor, "back")
            await top.initialize()
            await asyncio.wait_for(host.wait(), 3 * DEADLINE)
            assert host.exit_code == 0

    complete(work())
    assert stdout.getvalue() == "done\n"
