"""setTimeout, setInterval, setImmediate and queueMicrotask as in Node."""

from __future__ import annotations

import asyncio

import pytest

from ...conftest import RunJs
from ...support.scripts import running


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("setTimeout((a, b) => console.log(a, b), 1, 'x', 2)", "x 2"),
        ("setTimeout(() => log('b'), 2); setTimeout(() => log('a'), 1); end(20)", "a b"),
        ("for (const n of 'abcde') setTimeout(() => log(n), 3); end(20)", "a b c d e"),
        ("setTimeout(() => log('one'), 1); setTimeout(() => log('zero'), 0); end(20)", "one zero"),
        ("const t = setTimeout(() => log('no'), 1); clearTimeout(t); end(10)", ""),
        ("const t = setTimeout(() => log('no'), 1); clearTimeout(+t); end(10)", ""),
        ("clearTimeout(); clearTimeout(null); clearInterval(77); log('ok'); end(1)", "ok"),
        (
            "let n = 0;"
            "const i = setInterval(() => { log(++n); if (n === 3) clearInterval(i); }, 1);"
            "end(100)",
            "1 2 3",
        ),
        ("setImmediate((a) => log(a), 'now'); log('sync'); end(5)", "sync now"),
        ("clearImmediate(setImmediate(() => log('no'))); end(5)", ""),
        (
            "setImmediate(() => { log(1); setImmediate(() => log(3)); });"
            "setImmediate(() => log(2));"
            "end(10)",
            "1 2 3",
        ),
        ("queueMicrotask(() => log('micro')); log('sync'); end(5)", "sync micro"),
        (
            "const t = setTimeout(() => log('x'), 1); setTimeout(() => t.refresh(), 10); end(40)",
            "x x",
        ),
        (
            "setTimeout(() => log('a'), NaN); setTimeout(() => log('b'), -5);"
            "setTimeout(() => log('c'), 2 ** 40); end(20)",
            "a b c",
        ),
        (
            "const t = setTimeout(() => {}, 1); log(t.hasRef(), t.unref().hasRef()); end(5)",
            "true false",
        ),
        (
            "const a = setTimeout(() => clearTimeout(b), 1);"
            "const b = setTimeout(() => log('no'), 1);"
            "end(10)",
            "",
        ),
    ],
)
def test_timers_behave_as_in_node(run_js: RunJs, source: str, printed: str) -> None:
    prelude = """
        const lines = [];
        const log = (...words) => lines.push(words.join(' '));
        const end = (ms) => setTimeout(() => console.log(lines.join(' ')), ms);
    """
    outcome = run_js(prelude + source)
    assert outcome.stdout.strip() == printed
    assert outcome.stderr == ""


def test_a_run_ends_although_an_unreferenced_timer_is_pending(run_js: RunJs) -> None:
    assert run_js("setTimeout(() => console.log('no'), 60000).unref()").stdout == ""


def test_an_interval_goes_on_after_its_callback_threw(run_js: RunJs) -> None:
    outcome = run_js("""
        let n = 0;
        const i = setInterval(() => { if (++n === 3) clearInterval(i); throw new Error(n); }, 1);
    """)
    assert outcome.stderr.count("Uncaught Error: ") == 3


@pytest.mark.parametrize(
    "call", ["setTimeout('x')", "setInterval()", "setImmediate(3)", "queueMicrotask(null)"]
)
def test_a_callback_that_is_no_function_is_refused(run_js: RunJs, call: str) -> None:
    outcome = run_js(f"try {{ {call} }} catch (e) {{ console.log(e.name, e.code) }}")
    assert outcome.stdout == "TypeError ERR_INVALID_ARG_TYPE\n"


def test_many_timers_run_in_the_order_of_their_deadlines(run_js: RunJs) -> None:
    outcome = run_js("""
        const seen = [];
        for (let i = 0; i < 2000; i++) {
          const ms = 1 + (i * 7919) % 50;
          setTimeout(() => seen.push(ms), ms);
        }
        setTimeout(() => {
          console.log(seen.length, seen.every((ms, i) => i === 0 || seen[i - 1] <= ms));
        }, 80);
    """)
    assert outcome.stdout == "2000 true\n"


def test_a_timer_that_is_set_after_the_last_server_has_stopped_still_fires(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Client } = require('@modules/web-socket-client');
        const client = new Client({ port: 9, timeBetweenRetries: 1000 });
        client.open();
        setTimeout(() => {
          client.close();
          setTimeout(() => console.log('reached'), 5);
        }, 5);
    """)
    assert outcome.stdout == "reached\n"


def test_a_timer_never_fires_early_however_long_its_callback_ran_before(run_js: RunJs) -> None:
    outcome = run_js("""
        const end = Date.now() + 30;
        while (Date.now() < end);
        const asked = Date.now();
        setTimeout(() => console.log(Date.now() - asked >= 19), 20);
    """)
    assert outcome.stdout == "true\n"


AT_THE_LIMIT = """
    const attempt = (name, set) => {
      try {
        set();
        console.log(name, 'is set');
      } catch (error) {
        console.log(name, error instanceof RangeError, error.code, error.message);
      }
    };
    const wait = () => {};
    let rounds = 0;
    const timers = [setInterval(() => rounds++, 1), setTimeout(wait, 1000000)];
    while (timers.length < 100000) timers.push(setTimeout(wait, 1000000));
    attempt('timeout', () => setTimeout(wait, 1));
    attempt('interval', () => setInterval(wait, 1));
    attempt('immediate', () => setImmediate(wait));
    clearTimeout(timers.pop());
    let last;
    attempt('another', () => {
      last = setTimeout(() => {
        console.log('fired', rounds > 0);
        timers.push(setTimeout(wait, 1000000));
        attempt('refresh', () => last.refresh());
        timers.forEach(clearTimeout);
      }, 1);
    });
"""


@pytest.mark.slow  # it goes to the limit itself
def test_timers_have_a_limit(engine: str) -> None:
    async def test() -> str:
        # No time limit: the machine may be slow.
        async with running(engine, AT_THE_LIMIT, callback_timeout=None) as script:
            await asyncio.wait_for(script.host.wait(), 60)
            assert script.stderr.text == ""
            return script.stdout.text

    error = "true ERR_TOO_MANY_TIMERS no further timer can be set: 100000 are pending"
    assert asyncio.run(test()).splitlines() == [
        *(f"timeout {error}", f"interval {error}", f"immediate {error}"),
        *("another is set", "fired true", f"refresh {error}"),
    ]
