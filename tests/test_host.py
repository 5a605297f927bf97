"""The Host as a Python program uses it."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import accessor_host
from accessor_host import AccessorHostError, EngineError, Host, ModuleError, ScriptError

from .support.scripts import DEADLINE, running

T = TypeVar("T")


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end."""

    async def within_deadline() -> T:
        return await asyncio.wait_for(work, 3 * DEADLINE)

    return asyncio.run(within_deadline())


@asynccontextmanager
async def quiet(engine: str, **settings: Any) -> AsyncIterator[Host]:
    """Enter a host whose output goes nowhere."""
    settings = {"stdout": io.StringIO(), "stderr": io.StringIO(), **settings}
    async with Host(engine=engine, **settings) as host:
        yield host


# Running scripts


def test_run_file_runs_a_file_that_requires_its_neighbours(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("exports.double = require('./lib').double;")
    (tmp_path / "lib.js").write_text("exports.double = (n) => 2 * n;")

    async def work() -> object:
        async with quiet(engine) as host:
            await host.run_file(tmp_path / "main.js")
            return await host.call("double", 21)

    assert complete(work()) == 42


def test_run_file_raises_for_a_missing_file(engine: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            with pytest.raises(ModuleError, match="cannot find script"):
                await host.run_file(tmp_path / "nowhere.js")
            await host.run("exports.still = () => 'works'")
            assert await host.call("still") == "works"

    complete(work())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("throw new RangeError('no')", "RangeError: no"),
        ("let x; let x;", "SyntaxError: "),
        ("throw 'a string'", "'a string'"),
    ],
)
def test_run_raises_what_the_script_throws(engine: str, source: str, message: str) -> None:
    async def work() -> ScriptError:
        async with quiet(engine) as host:
            with pytest.raises(ScriptError) as caught:
                await host.run(source, name="net/main.js")
            assert host.errors == [caught.value]
            assert (host.error_count, host.exit_code) == (1, 1)
            return caught.value

    error = complete(work())
    assert error.message.startswith(message)
    assert str(error) == (error.stack or error.message)
    if "new RangeError" in source:
        assert "net/main.js:1" in error.stack


def test_one_host_runs_several_scripts_in_one_context(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            await host.run("globalThis.shared = ['one']")
            await host.run("shared.push('two'); exports.shared = () => shared")
            return await host.call("shared")

    assert complete(work()) == ["one", "two"]


def test_output_goes_where_it_is_told(engine: str) -> None:
    stdout, stderr = io.StringIO(), io.StringIO()

    async def work() -> None:
        async with Host(engine=engine, stdout=stdout, stderr=stderr) as host:
            await host.run("console.log('out'); console.error('err');")

    complete(work())
    assert (stdout.getvalue(), stderr.getvalue()) == ("out\n", "err\n")


def test_output_goes_to_the_process_by_default(
    engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work() -> None:
        async with Host(engine=engine) as host:
            await host.run("console.log('out'); console.error('err');")

    complete(work())
    assert capsys.readouterr() == ("out\n", "err\n")


def test_wait_ends_when_nothing_is_left_to_happen(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            await host.run("""
                exports.seen = [];
                exports.read = () => exports.seen;
                setTimeout(() => exports.seen.push('first'), 1);
                setTimeout(() => setTimeout(() => exports.seen.push('second'), 1), 5);
            """)
            await host.wait()
            return await host.call("read")

    assert complete(work()) == ["first", "second"]


def test_errors_keep_the_first_hundred_and_count_all(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.run("""
                for (let i = 0; i < 150; i++) setImmediate(() => { throw new Error('no ' + i); });
            """)
            await host.wait()
            assert host.error_count == 150
            assert len(host.errors) == 100
            assert host.errors[99].message == "Error: no 99"
            assert host.exit_code == 1

    complete(work())


# Values and functions of Python's


@pytest.mark.parametrize(
    "value", [None, True, 0, -1.5, "text \u2028 °C 🚀", [], [1, [2]], {"a": {"b": None}}]
)
def test_an_exposed_value_is_a_global(engine: str, value: object) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            host.expose("given", value)
            await host.run("exports.read = () => given")
            return await host.call("read")

    assert complete(work()) == value


def test_a_value_without_a_json_form_cannot_be_exposed(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            with pytest.raises(TypeError):
                host.expose("given", {1, 2})

    complete(work())


def test_an_exposed_function_returns_its_result_at_once(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            host.expose("add", lambda *numbers: sum(numbers))
            await host.run("const six = add(1, 2, 3); exports.read = () => [six, add()]")
            return await host.call("read")

    assert complete(work()) == [6, 0]


def test_an_exposed_coroutine_function_returns_a_promise(engine: str) -> None:
    async def measure(place: str) -> dict[str, object]:
        await asyncio.sleep(0.001)
        return {"place": place, "celsius": 21.5}

    async def work() -> object:
        async with quiet(engine) as host:
            host.expose("measure", measure)
            await host.run("""
                const promise = measure('hall');
                exports.read = async () => [promise instanceof Promise, await promise];
            """)
            return await host.call("read")

    assert complete(work()) == [True, {"place": "hall", "celsius": 21.5}]


def test_wait_waits_for_pending_python_functions(engine: str) -> None:
    stdout = io.StringIO()

    async def slow() -> str:
        await asyncio.sleep(0.02)
        return "done"

    async def work() -> None:
        async with quiet(engine, stdout=stdout) as host:
            host.expose("slow", slow)
            await host.run("slow().then((text) => console.log(text))")
            await host.wait()

    complete(work())
    assert stdout.getvalue() == "done\n"


def fail_with_key_error(name: str) -> None:
    raise KeyError(name)


async def fail_with_key_error_later(name: str) -> None:
    raise KeyError(name)


@pytest.mark.parametrize("function", [fail_with_key_error, fail_with_key_error_later])
def test_an_exception_of_python_is_an_error_in_the_script(engine: str, function: object) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            host.expose("fail", function)
            await host.run("""
                exports.read = async () => {
                  try {
                    await fail('sensor');
                  } catch (error) {
                    return [error instanceof Error, error.name, error.message];
                  }
                };
            """)
            first = await host.call("read")
            # The engine is as good as before.
            assert await host.call("read") == first
            assert host.error_count == 0
            return first

    assert complete(work()) == [True, "KeyError", "'sensor'"]


def test_an_exception_of_python_that_no_script_catches_is_reported(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            host.expose("fail", fail_with_key_error)
            with pytest.raises(ScriptError) as caught:
                await host.run("fail('door')", name="main.js")
            assert caught.value.message == "KeyError: 'door'"
            assert "main.js:1" in host.errors[0].stack
            await host.run("exports.still = () => 'works'")
            assert await host.call("still") == "works"

    complete(work())


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_result_without_a_json_form_is_an_error_in_the_script(
    engine: str, asynchronous: bool
) -> None:
    def plain() -> object:
        return {1, 2}

    async def later() -> object:
        return {1, 2}

    async def work() -> object:
        async with quiet(engine) as host:
            host.expose("get", later if asynchronous else plain)
            await host.run("""
                exports.read = async () => {
                  try { return await get(); } catch (error) { return error.message; }
                };
            """)
            return await host.call("read")

    assert "set is not JSON serializable" in str(complete(work()))


def test_functions_can_be_exposed_while_scripts_run(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            await host.run("exports.read = () => [typeof late, late()]")
            host.expose("late", lambda: "here")
            return await host.call("read")

    assert complete(work()) == ["function", "here"]


# Calling scripts


@pytest.mark.parametrize(
    ("source", "arguments", "result"),
    [
        ("exports.f = (a, b) => a + b", (2, 3), 5),
        ("exports.f = () => {}", (), None),
        ("exports.f = () => null", (), None),
        ("exports.f = (x) => x", ({"deep": ["°C", None, 1.5]},), {"deep": ["°C", None, 1.5]}),
        ("exports.f = async (x) => { await null; return x; }", ("later",), "later"),
        ("exports.f = (x) => new Promise((r) => setTimeout(() => r(x), 2))", (7,), 7),
        ("globalThis.f = (x) => x * 2", (4,), 8),
        ("module.exports = { f: () => 'replaced' }", (), "replaced"),
    ],
)
def test_call_returns_what_the_function_returns(
    engine: str, source: str, arguments: tuple[object, ...], result: object
) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            await host.run(source)
            return await host.call("f", *arguments)

    assert complete(work()) == result


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("exports.f = () => { throw new TypeError('bad') }", "TypeError: bad"),
        ("exports.f = async () => { throw new TypeError('bad') }", "TypeError: bad"),
        ("exports.f = () => Promise.reject(new TypeError('bad'))", "TypeError: bad"),
        ("exports.g = 1", "no function 'f'"),
        ("exports.f = 1", "no function 'f'"),
        ("exports.f = () => 1n", "BigInt"),
        ("exports.f = () => { const o = {}; o.o = o; return o }", "circular"),
    ],
)
def test_call_raises_what_the_function_throws(engine: str, source: str, message: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.run(source)
            with pytest.raises(ScriptError, match=message):
                await host.call("f")
            # It is the caller's, and not an uncaught error.
            assert (host.error_count, host.exit_code) == (0, 0)

    complete(work())


def test_an_argument_that_is_nested_too_deeply_is_an_error_of_the_call(
    engine: str, shallow_json: None
) -> None:
    async def later(_value: object) -> str:
        return "later"

    async def work() -> list[object]:
        async with quiet(engine) as host:
            host.expose("later", later)
            host.expose("now", lambda _value: "now")
            await host.run("""
                function nested(depth) { return depth ? [nested(depth - 1)] : 0; }
                async function tell(call) {
                  try { return await call(); } catch (error) { return error.code; }
                }
                exports.all = () => Promise.all([100, 300].flatMap((depth) => {
                  const value = nested(depth);
                  return [tell(() => later(value)), tell(() => now(value))];
                }));
            """)
            return await host.call("all")

    assert complete(work()) == ["later", "now", *["ERR_NESTED_TOO_DEEP"] * 2]


def test_a_call_that_is_stopped_raises_too(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine, callback_timeout=0.3) as host:
            await host.run("exports.f = function forever() { for (;;); }; exports.g = () => 1")
            with pytest.raises(ScriptError, match=r"forever \(script.js:1\) was stopped"):
                await host.call("f")
            assert host.error_count == 1
            return await host.call("g")

    assert complete(work()) == 1


def test_calls_run_side_by_side(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine) as host:
            await host.run("exports.f = (ms, x) => new Promise((r) => setTimeout(() => r(x), ms))")
            return await asyncio.gather(*(host.call("f", 20 - n, n) for n in range(20)))

    assert complete(work()) == list(range(20))


def test_a_call_that_never_answers_can_be_given_up(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.run("exports.f = () => new Promise(() => {})")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(host.call("f"), 0.05)
            await host.wait()

    complete(work())


def test_an_argument_without_a_json_form_is_refused_to_the_caller(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.run("exports.f = () => 1")
            with pytest.raises(TypeError):
                await host.call("f", {1, 2})
            await host.wait()
            assert await host.call("f") == 1

    complete(work())


# The end


SERVER = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0 });
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => socket.on('close', (code) => console.log('gone', code)));
    server.on('close', () => console.log('closed'));
    server.start();
"""


def test_leaving_the_block_stops_servers_in_order(engine: str) -> None:
    async def work() -> str:
        async with running(engine, SERVER) as script:
            port = await script.port()
            client = await connect(f"ws://localhost:{port}")
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
        return script.stdout.text

    assert complete(work()).splitlines()[1:] == ["gone 1001", "closed"]


def test_stop_can_be_called_twice_and_before_anything_ran(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.stop()
            await host.run("setInterval(() => {}, 1)")
            await host.stop()
            await host.stop()
            await host.wait()

    complete(work())


def test_leaving_the_block_by_an_exception_stops_too(engine: str) -> None:
    stdout = io.StringIO()

    async def work() -> None:
        async with quiet(engine, stdout=stdout) as host:
            await host.run(
                SERVER + "exports.fail = () => new Promise((_, reject) =>"
                " server.on('listening', () => reject(new Error('enough'))))"
            )
            await host.call("fail")

    with pytest.raises(ScriptError, match="enough"):
        complete(work())
    assert stdout.getvalue().endswith("closed\n")


def test_stop_cancels_pending_python_functions(engine: str) -> None:
    cancelled: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("forever")
            raise

    async def work() -> None:
        async with quiet(engine) as host:
            host.expose("forever", forever)
            await host.run("forever()")
            await asyncio.sleep(0)

    complete(work())
    assert cancelled == ["forever"]


def test_a_closed_host_says_so(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.run("exports.f = () => 1")
        for use in (host.run("1"), host.call("f")):
            with pytest.raises(EngineError, match="the host is closed"):
                await use
        await host.stop()

    complete(work())


def test_a_host_that_was_not_entered_says_so(engine: str) -> None:
    async def work() -> None:
        host = Host(engine=engine)
        with pytest.raises(EngineError, match="async with"):
            await host.run("1")

    complete(work())


def test_a_call_that_is_pending_when_the_host_closes_ends(engine: str) -> None:
    async def work() -> None:
        async with quiet(engine) as host:
            await host.run("exports.f = () => new Promise(() => {})")
            pending = asyncio.ensure_future(host.call("f"))
            await asyncio.sleep(0)
        with pytest.raises(EngineError):
            await pending

    complete(work())


def test_two_hosts_in_one_loop_do_not_see_each_other(engine: str) -> None:
    async def work() -> object:
        async with quiet(engine) as one, quiet(engine) as two:
            await one.run("globalThis.mine = 'one'; exports.read = () => mine")
            await two.run("exports.read = () => typeof mine")
            return await asyncio.gather(one.call("read"), two.call("read"))

    assert complete(work()) == ["one", "undefined"]


def test_hosts_of_both_engines_share_a_loop() -> None:
    async def work() -> object:
        async with quiet("quickjs") as one, quiet("dukpy") as two:
            for host in (one, two):
                await host.run("exports.f = (x) => new Promise((r) => setTimeout(r, 1, x))")
            return await asyncio.gather(one.call("f", 1), two.call("f", 2))

    assert complete(work()) == [1, 2]


def test_a_host_runs_in_another_thread(engine: str) -> None:
    # Only the main thread gets the signal by which dukpy stops an endless callback.
    settings = {"callback_timeout": None} if engine == "dukpy" else {}
    results: list[object] = []

    async def work() -> None:
        async with quiet(engine, **settings) as host:
            await host.run("exports.f = (x) => new Promise((r) => setTimeout(r, 1, x))")
            results.append(await host.call("f", "threaded"))

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join(DEADLINE)
    assert results == ["threaded"]


def test_dukpy_refuses_a_time_limit_outside_the_main_thread() -> None:
    errors: list[str] = []

    def work() -> None:
        try:
            Host(engine="dukpy")
        except EngineError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(DEADLINE)
    assert "main thread" in errors[0]
    assert "callback_timeout=None" in errors[0]


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(EngineError, match=r"'v8'.*auto, quickjs, dukpy"):
        Host(engine="v8")


# Without an event loop


def test_a_program_without_a_loop_runs_a_file(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "main.js"
    path.write_text("setTimeout(() => console.log('late'), 1); console.log('early');")
    stdout, stderr = io.StringIO(), io.StringIO()
    code = accessor_host.run(path, engine=engine, stdout=stdout, stderr=stderr)
    assert (code, stdout.getvalue(), stderr.getvalue()) == (0, "early\nlate\n", "")


def test_a_blocking_run_returns_1_for_an_uncaught_error(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "main.js"
    path.write_text("throw new Error('no')")
    stderr = io.StringIO()
    assert accessor_host.run(str(path), engine=engine, stderr=stderr) == 1
    assert stderr.getvalue().startswith("Uncaught Error: no\n")


def test_a_blocking_run_returns_2_for_what_is_not_there(tmp_path: Path) -> None:
    stderr = io.StringIO()
    assert accessor_host.run(tmp_path / "nowhere.js", stderr=stderr) == 2
    assert stderr.getvalue().startswith("accessor-host: cannot find script")
    wrongs: list[dict[str, Any]] = [{"engine": "v8"}, {"loop": "trio"}]
    for wrong in wrongs:
        stderr = io.StringIO()
        assert accessor_host.run(tmp_path / "nowhere.js", stderr=stderr, **wrong) == 2
        assert "expected one of" in stderr.getvalue()


def test_every_error_of_the_host_has_one_root() -> None:
    for name in accessor_host.__all__:
        member = getattr(accessor_host, name)
        if isinstance(member, type) and issubclass(member, Exception):
            assert issubclass(member, AccessorHostError)
