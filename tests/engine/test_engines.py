"""What both engines must do alike: run events to completion, stop what does not end, go on."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from accessor_host import EngineError, Host, ScriptError
from accessor_host.engine import resolve_engine

from ..conftest import RunJs


def test_microtasks_run_before_the_next_event(run_js: RunJs) -> None:
    outcome = run_js("""
        const order = [];
        function later(name, hops) {
          let promise = Promise.resolve();
          for (let hop = 0; hop < hops; hop++) promise = promise.then(() => {});
          promise.then(() => order.push(name + ' microtask'));
        }
        setImmediate(() => { order.push('one'); later('one', 5); });
        setImmediate(() => { order.push('two'); queueMicrotask(() => order.push('two micro')); });
        setImmediate(async () => { order.push('three'); await null; order.push('awaited'); });
        setTimeout(() => console.log(order.join(', ')), 5);
    """)
    assert outcome.stdout == "one, one microtask, two, two micro, three, awaited\n"
    assert outcome.exit_code == 0


def test_events_of_a_script_without_promises_run_in_order(run_js: RunJs) -> None:
    outcome = run_js("""
        const seen = [];
        for (let i = 0; i < 3000; i++) setImmediate(() => seen.push(i));
        setTimeout(() => console.log(seen.length, seen.every((n, i) => n === i)), 20);
    """)
    assert outcome.stdout == "3000 true\n"


def test_an_uncaught_error_is_reported_and_other_events_still_run(run_js: RunJs) -> None:
    outcome = run_js("""
        setImmediate(() => { null.property; });
        setImmediate(() => console.log('still running'));
    """)
    assert outcome.stdout == "still running\n"
    assert outcome.stderr.startswith("Uncaught TypeError: ")
    assert outcome.exit_code == 1


def test_a_stack_names_the_script_and_its_lines(run_js: RunJs) -> None:
    outcome = run_js(
        textwrap.dedent("""\
            function inner() {
              throw new RangeError('deep');
            }
            function outer() { inner(); }
            setTimeout(outer, 1);
        """),
        name="net/Foo.js",
    )
    lines = outcome.stderr.splitlines()
    assert lines[0] == "Uncaught RangeError: deep"
    assert lines[1].startswith("    at inner (net/Foo.js:2:")
    assert lines[2].startswith("    at outer (net/Foo.js:4:")
    assert "accessor-host:core" not in outcome.stderr


def test_a_script_can_read_the_stack_itself(run_js: RunJs) -> None:
    outcome = run_js("\n\nconsole.log(new Error('here').stack);", name="where.js")
    assert outcome.stdout.startswith("Error: here\n    at where.js:3:")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("let x = 1;\nlet x = 2;", "SyntaxError"),
        ("let ok = 1;\nfunction ( {", "SyntaxError"),
        ("\nthrow new Error('top level');", "Error: top level"),
        ("\nthrow { not: 'an error' };", "{ not: 'an error' }"),
        ("\nundefinedName();", "ReferenceError: "),
    ],
)
def test_a_script_that_does_not_load_ends_the_run(
    run_js: RunJs, source: str, expected: str
) -> None:
    outcome = run_js(source, name="broken.js")
    assert outcome.stderr.startswith(f"Uncaught {expected}")
    assert "Error" not in expected or "broken.js:2" in outcome.stderr
    assert outcome.exit_code == 1


def test_an_endless_callback_is_stopped_and_named(run_js: RunJs) -> None:
    outcome = run_js(
        """
        setTimeout(function spin() { while (true) {} }, 1);
        setTimeout(() => console.log('next'), 2);
        """,
        callback_timeout=0.3,
        name="spin.js",
    )
    assert outcome.stdout == "next\n"
    assert outcome.stderr == (
        "Stopped: the callback of a timer, spin (spin.js:2) ran longer than 0.3 s and was stopped\n"
    )
    assert outcome.exit_code == 1


def test_an_endless_callback_cannot_catch_its_end(run_js: RunJs) -> None:
    outcome = run_js(
        """
        setTimeout(() => {
          while (true) { try { while (true) {} } catch { console.log('caught'); } }
        }, 1);
        """,
        callback_timeout=0.3,
    )
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("Stopped: ")


def test_what_an_endless_callback_asked_for_before_is_done(run_js: RunJs) -> None:
    outcome = run_js(
        "setTimeout(() => { console.log('first'); while (true) {} }, 1);", callback_timeout=0.3
    )
    assert outcome.stdout == "first\n"


@pytest.mark.parametrize("engine", ["dukpy"], indirect=True)
def test_what_a_callback_asked_for_before_it_ended_too_late_is_done(run_js: RunJs) -> None:
    # A search that takes longer than the limit, and too little JavaScript after it to be stopped.
    # With quickjs such a search ends the process (tests/programs/test_stuck.py).
    outcome = run_js(
        """
        const text = 'a'.repeat(100000), word = 'a'.repeat(5000) + 'b';
        setTimeout(function late() {
          console.log('before');
          setTimeout(() => console.log('timer'), 1);
          text.includes(word);
          console.log('after');
        }, 1);
        """,
        callback_timeout=0.05,
    )
    assert outcome.stdout == "before\nafter\ntimer\n"
    assert "late (script.js:3) ran longer than 0.05 s and was stopped" in outcome.stderr


@pytest.mark.parametrize(
    "source",
    [
        "throw new Error('unknown command \\ud800');",
        "Promise.reject(new Error('unknown command \\ud800'));",
        "(async () => { throw new Error('unknown command \\ud800'); })();",
        "(async () => { await null; throw new Error('unknown command \\ud800'); })();",
        "(async () => { throw '\\ud800'; })();",
        "const e = new Error(); e.stack = 'at \\ud800'; throw e;",
    ],
)
def test_half_a_surrogate_pair_in_an_error_is_shown_and_others_go_on(
    run_js: RunJs, source: str
) -> None:
    outcome = run_js(f"setTimeout(() => {{ {source} }}, 1);setTimeout(() => console.log('on'), 9)")
    assert outcome.stdout == "on\n"
    assert outcome.stderr.startswith(("Uncaught ", "Unhandled rejection: "))
    assert outcome.exit_code == 1


def test_half_a_surrogate_pair_in_the_name_of_an_endless_callback(run_js: RunJs) -> None:
    outcome = run_js(
        """
        const spin = { ['\\ud800']() { while (true); } }['\\ud800'];
        setTimeout(spin, 1);
        setTimeout(() => console.log('on'), 2);
        """,
        callback_timeout=0.3,
    )
    assert outcome.stdout == "on\n"
    assert "ran longer than 0.3 s and was stopped" in outcome.stderr


def test_half_surrogate_pairs_cross_in_calls_and_their_answers(engine: str) -> None:
    heard: list[str] = []

    def ask(text: str) -> str:
        heard.append(text)
        return text

    async def hear(text: str) -> str:
        heard.append(text)
        return text + "!"

    async def main() -> object:
        async with Host(engine=engine, stderr=io.StringIO()) as host:
            host.expose("hear", hear)
            host.expose("ask", ask)
            await host.run(
                "globalThis.echo = async (x) => [ask(x), await hear('\\ud800'), '\\ud800'];"
                "globalThis.fail = () => { throw new Error('\\ud800'); };"
            )
            with pytest.raises(ScriptError):
                await host.call("fail")
            return await host.call("echo", "\udc00")

    assert asyncio.run(main()) == ["\udc00", "\ud800!", "\ud800"]
    assert heard == ["\udc00", "\ud800"]


def test_an_endless_script_is_stopped(run_js: RunJs) -> None:
    outcome = run_js("console.log('begun');\nwhile (true) {}", callback_timeout=0.3)
    assert outcome.stdout == "begun\n"
    assert outcome.stderr.startswith("Stopped: the script ")
    assert outcome.exit_code == 1


def test_a_callback_within_its_time_is_left_alone(run_js: RunJs) -> None:
    outcome = run_js(
        """
        for (let i = 0; i < 8; i++) {
          setTimeout(() => { const end = Date.now() + 100; while (Date.now() < end); }, 1);
        }
        """,
        callback_timeout=0.4,
    )
    assert outcome.stderr == ""
    assert outcome.exit_code == 0


def test_endless_recursion_is_an_error_with_its_place(run_js: RunJs) -> None:
    outcome = run_js(
        """
        setTimeout(function start() { (function again() { again(); })(); }, 1);
        setTimeout(() => console.log('next'), 2);
        """,
        name="deep.js",
    )
    assert outcome.stdout == "next\n"
    assert "RangeError: Maximum call stack size exceeded" in outcome.stderr
    assert "in the callback of a timer, start (deep.js:2)" in outcome.stderr


def test_null_that_is_thrown_says_where_it_comes_from(run_js: RunJs) -> None:
    outcome = run_js("setTimeout(function late() { throw null; }, 1);")
    assert outcome.stderr == (
        "Uncaught null, by a script or because the engine is out of memory\n"
        "    in the callback of a timer, late (script.js:1)\n"
    )
    assert outcome.exit_code == 1


@pytest.mark.slow_with(37, 74, 148, 185)
@pytest.mark.parametrize("used", [0, 37, 74, 111, 148, 185])
def test_exhausted_memory_is_an_error_in_the_script(engine: str, used: int, tmp_path: Path) -> None:
    # What the engine throws, and what can still be said of it, depends on where it gets full.
    script = tmp_path / "script.js"
    script.write_text(f"""
        const used = new Array({used}).fill(1.5);
        setTimeout(() => {{ const all = []; while (true) all.push(new Array(900).fill(1)); }}, 1);
        setTimeout(() => console.log('next'), 2);
    """)
    command = [sys.executable, "-m", "accessor_host", "run", "--engine", engine, str(script)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if engine == "dukpy" and ended.returncode < 0:
        pytest.skip("a full heap makes the engine of dukpy 0.6 damage its memory, at times")
    assert ended.stdout == "next\n"
    assert "out of memory" in ended.stderr
    assert ended.returncode == 1


def test_an_error_that_cannot_be_described_is_reported_all_the_same(run_js: RunJs) -> None:
    outcome = run_js("""
        const trap = () => { throw trapped; };
        const trapped = new Proxy({}, { getPrototypeOf: trap, get: trap, ownKeys: trap });
        setTimeout(function first() { throw trapped; }, 1);
        setTimeout(() => console.log('next'), 2);
    """)
    assert outcome.stdout == "next\n"
    assert outcome.stderr == (
        "Uncaught an error that cannot be described, as when the engine is out of memory\n"
        "    in the callback of a timer, first (script.js:4)\n"
    )


def test_a_runaway_promise_loop_ends_the_run(run_js: RunJs) -> None:
    outcome = run_js(
        """
        function again() { return Promise.resolve().then(again); }
        setTimeout(() => { console.log('begun'); again(); }, 1);
        setTimeout(() => console.log('never'), 2);
        """,
        callback_timeout=0.3,
    )
    assert outcome.stdout == "begun\n"
    assert outcome.exit_code == 1


@pytest.mark.parametrize(
    "source",
    [
        "Promise.reject(new Error('lost'));",
        "Promise.resolve().then(() => { throw new Error('lost'); });",
        "(async () => { throw new Error('lost'); })();",
        "(async () => { await null; throw new Error('lost'); })();",
        "new Promise((resolve, reject) => setTimeout(() => reject(new Error('lost')), 1));",
    ],
)
def test_an_unhandled_rejection_is_reported(run_js: RunJs, source: str) -> None:
    outcome = run_js(source)
    assert outcome.stderr.startswith("Unhandled rejection: Error: lost\n    at ")
    assert outcome.exit_code == 1


@pytest.mark.parametrize(
    "source",
    [
        "Promise.reject(new Error('kept')).catch(() => {});",
        "(async () => { try { await Promise.reject(1); } catch {} })();",
        "const p = Promise.reject(1); queueMicrotask(() => p.catch(() => {}));",
        "async function fails() { throw 1; } (async () => { try { await fails(); } catch {} })();",
    ],
)
def test_a_handled_rejection_is_no_error(run_js: RunJs, source: str) -> None:
    outcome = run_js(source)
    assert outcome.stderr == ""
    assert outcome.exit_code == 0


def test_scripts_see_neither_the_environment_nor_the_way_into_python(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESSOR_HOST_SECRET", "hunter2")
    outcome = run_js("""
        const names = Object.getOwnPropertyNames(globalThis);
        const leaks = names.filter((name) => {
          try { return JSON.stringify(globalThis[name] || '').includes('hunter2'); }
          catch { return false; }
        });
        const inside = () => [typeof process, typeof call_python, typeof dukpy,
          typeof accessorHostCallPython, typeof _dukpy_eval_cjs_source];
        console.log(leaks.length, inside().join());
        setTimeout(() => console.log(inside().join()), 1);
        setTimeout(() => Promise.resolve().then(() => console.log(inside().join())), 2);
    """)
    gone = ",".join(["undefined"] * 5)
    assert outcome.stdout == f"0 {gone}\n{gone}\n{gone}\n"


def test_a_script_cannot_get_in_through_the_turn_function(run_js: RunJs) -> None:
    outcome = run_js("""
        const turn = globalThis.__accessorHostTurns || (() => {});
        console.log('before');
        turn();
        setTimeout(() => { turn(); console.log('after'); }, 1);
    """)
    assert outcome.stdout == "before\nafter\n"
    assert outcome.exit_code == 0


def test_a_script_that_changes_builtins_does_not_break_the_host(run_js: RunJs) -> None:
    outcome = run_js("""
        Array.prototype.toJSON = () => 'broken';
        Date.now = () => 0;
        JSON.stringify = () => 'broken';
        console.log('one');
        setTimeout(() => console.log('two'), 1);
    """)
    assert outcome.stdout == "one\ntwo\n"


def test_text_of_every_kind_crosses_unchanged(run_js: RunJs) -> None:
    outcome = run_js("console.log('nul \\0, \u00e9, \\u{1F600}, \\u2028.');")
    assert outcome.stdout == "nul \0, \u00e9, \U0001f600, \u2028.\n"


def test_a_memory_limit_can_be_set_for_quickjs() -> None:
    program = textwrap.dedent("""
        import asyncio
        from accessor_host import Host

        async def main():
            async with Host(engine="quickjs", memory_limit=16 * 1024 * 1024) as host:
                await host.run("globalThis.big = () => new Array(4e6).fill(0).length")
                try:
                    await host.call("big")
                except Exception as error:
                    print(error.message)

        asyncio.run(main())
    """)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout == "InternalError: out of memory\n"


def calling_python(
    engine: str, script: str, *, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a script that may call ``now()``, or ``block()`` for ever, with a limit of 0.3 s."""
    program = textwrap.dedent(f"""
        import asyncio, threading
        from accessor_host import Host
        {before}

        async def main():
            async with Host(engine={engine!r}, callback_timeout=0.3) as host:
                host.expose("now", lambda: 1)
                host.expose("block", lambda _value: threading.Event().wait())
                await host.run({script!r})
                await host.wait()
                return host.exit_code

        raise SystemExit(asyncio.run(main()))
    """)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )


SPIN = "setTimeout(function spin() { while (true) now(); }, 1);"

ONLY_THE_BINDING = "import os; os.environ['ACCESSOR_HOST_NATIVE'] = '0'"


def test_an_endless_callback_that_calls_python_is_stopped(engine: str) -> None:
    ended = calling_python(engine, SPIN + "setTimeout(() => console.log('goes on', now()), 2);")
    assert (ended.returncode, ended.stdout) == (1, "goes on 1\n")
    if engine == "quickjs":
        stopped = (
            "the callback of a timer, spin (script.js:1) ran longer than 0.3 s and was stopped"
        )
        assert stopped in ended.stderr
    else:
        # The signal reaches the script as an error: between two calls is JavaScript to interrupt.
        assert "stopped while it called Python, because it ran too long" in ended.stderr
        assert "at spin (script.js:1" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("engine", ["quickjs"], indirect=True)
def test_a_callback_is_stopped_when_it_comes_back_from_a_slow_function(run_js: RunJs) -> None:
    calls: list[int] = []

    def slow(call: int) -> None:
        calls.append(call)
        threading.Event().wait(0.1)

    outcome = run_js(
        """
        setTimeout(function again() {
          for (let call = 1; ; call++) try { slow(call); } catch {}
        }, 1);
        setTimeout(() => console.log('next'), 2);
        """,
        callback_timeout=0.3,
        expose={"slow": slow},
    )
    assert "ran longer than 0.3 s and was stopped" in outcome.stderr
    assert outcome.stdout == "next\n"
    assert len(calls) < 10


def test_an_endless_callback_that_calls_python_ends_the_process_where_nothing_can_stop_it() -> None:
    ended = calling_python("quickjs", SPIN, before=ONLY_THE_BINDING)
    assert ended.returncode == 1
    assert (
        "the callback of a timer, spin (script.js:1) ran longer than 0.3 s and cannot"
        in ended.stderr
    )
    assert "Traceback" not in ended.stderr


def test_a_function_of_python_that_does_not_return_ends_the_process(engine: str) -> None:
    ended = calling_python(engine, "setTimeout(function wait() { block('secret'); }, 1);")
    assert ended.returncode == 1
    what = 'what a script asked of Python ("block")' if engine == "quickjs" else "a callback"
    assert f"{what} ran longer than 0.3 s and cannot be interrupted" in ended.stderr
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_even_a_callback_that_swallows_every_error_comes_to_an_end(engine: str) -> None:
    spin = "setTimeout(function spin() { while (true) try { now() } catch {} }, 1)"
    ended = calling_python(engine, spin)
    assert ended.returncode == 1
    assert "ran longer than 0.3 s" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_outside_the_main_thread_a_callback_is_stopped_or_refused(engine: str) -> None:
    outcome: list[int | str] = []

    async def main() -> None:
        async with Host(engine=engine, callback_timeout=0.3, stderr=io.StringIO()) as host:
            await host.run("setTimeout(function spin() { while (true) {} }, 1)")
            await host.wait()
            outcome.append(host.exit_code)

    def run() -> None:
        try:
            asyncio.run(main())
        except EngineError as error:
            outcome.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    if engine == "quickjs":
        assert outcome == [1]
    else:
        assert "only in the main thread" in str(outcome[0])


def test_an_unknown_engine_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(EngineError, match="expected one of auto, quickjs, dukpy"):
        Host(engine="v8")


def test_a_missing_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accessor_host.engine.find_spec", lambda name: None)
    quickjs, dukpy = "pip install 'quickjs-ng>=0.17,<0.18'", "pip install 'dukpy==0.6.0'"
    for name, ways in (("auto", f"{quickjs} or {dukpy}"), ("quickjs", quickjs), ("dukpy", dukpy)):
        with pytest.raises(EngineError) as caught:
            resolve_engine(name)
        assert str(caught.value).endswith(f"installed; try: {ways}")


def test_auto_prefers_quickjs() -> None:
    assert resolve_engine("auto") == "quickjs"
