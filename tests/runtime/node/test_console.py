"""console: streams, formats, groups, tables and timers."""

from __future__ import annotations

import re

import pytest

from ...conftest import RunJs


@pytest.mark.parametrize("method", ["log", "info", "debug", "dirxml"])
def test_ordinary_texts_go_to_stdout(run_js: RunJs, method: str) -> None:
    outcome = run_js(f"console.{method}('a', 1, {{ b: [2] }})")
    assert (outcome.stdout, outcome.stderr) == ("a 1 { b: [ 2 ] }\n", "")


@pytest.mark.parametrize("method", ["error", "warn"])
def test_complaints_go_to_stderr(run_js: RunJs, method: str) -> None:
    outcome = run_js(f"console.{method}('%s is %d', 'x', 5)")
    assert (outcome.stdout, outcome.stderr) == ("", "x is 5\n")


def test_an_error_is_printed_with_its_stack(run_js: RunJs) -> None:
    outcome = run_js("function f() {\n  console.error(new TypeError('bad'));\n}\nf();", name="s.js")
    head, first, *_ = outcome.stderr.splitlines()
    assert head == "TypeError: bad"
    assert re.fullmatch(r"    at f \(s\.js:2:\d+\)", first)


def test_a_trace_tells_where_it_was_called(run_js: RunJs) -> None:
    outcome = run_js("function f() {\n  console.trace('at %s', 'x');\n}\nf();", name="s.js")
    head, first, *_ = outcome.stderr.splitlines()
    assert head == "Trace: at x"
    assert first.startswith("    at f (s.js:2:")


def test_methods_work_without_the_console(run_js: RunJs) -> None:
    outcome = run_js("const { log, group, groupEnd } = console; group(); log('a'); groupEnd();")
    assert outcome.stdout == "  a\n"


def test_the_module_is_the_console(run_js: RunJs) -> None:
    assert run_js("console.log(require('console') === console)").stdout == "true\n"


def test_groups_indent_every_line_of_both_streams(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.group('outer', 1);
        console.log('a\\nb');
        console.groupCollapsed();
        console.error('c\\nd');
        console.groupEnd();
        console.log('e');
        console.groupEnd();
        console.groupEnd();
        console.log('f');
        """
    )
    assert outcome.stdout == "outer 1\n  a\n  b\n  e\nf\n"
    assert outcome.stderr == "    c\n    d\n"


def test_assert_complains_and_goes_on(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.assert(true, 'no');
        console.assert(false);
        console.assert(0, 'n is %d', 5);
        console.assert(null, Symbol('s'));
        console.assert(undefined, Object.create(null));
        console.log('on');
        """
    )
    assert outcome.stdout == "on\n"
    assert outcome.stderr == (
        "Assertion failed\n"
        "Assertion failed: n is 5\n"
        "Assertion failed: Symbol(s)\n"
        "Assertion failed: [Object: null prototype] {}\n"
    )


def test_counters_count_by_label(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.count(); console.count('x'); console.count();
        console.countReset(); console.count(); console.countReset('unknown');
        """
    )
    assert outcome.stdout == "default: 1\nx: 1\ndefault: 2\ndefault: 1\n"
    assert "'unknown' does not exist" in outcome.stderr


def test_timers_print_how_long_something_took(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.time('t');
        console.timeLog('t', 'so far', { a: 1 });
        setTimeout(() => { console.timeEnd('t'); console.time('t'); console.timeEnd('t'); }, 20);
        """
    )
    log, end, again = outcome.stdout.splitlines()
    assert re.fullmatch(r"t: [\d.]+ms so far \{ a: 1 \}", log)
    match = re.fullmatch(r"t: ([\d.]+)(ms|s)", end)
    assert match is not None
    assert match[2] == "s" or float(match[1]) >= 19
    assert re.fullmatch(r"t: [\d.]+ms", again)


def test_unknown_and_repeated_timers_are_reported(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.timeEnd('a'); console.timeLog('b'); console.time('c'); console.time('c');
        console.timeEnd(); console.log('on');
        """
    )
    assert outcome.stdout == "on\n"
    assert outcome.stderr == (
        "Warning: No such label 'a' for console.timeEnd()\n"
        "Warning: No such label 'b' for console.timeLog()\n"
        "Warning: Label 'c' already exists for console.time()\n"
        "Warning: No such label 'default' for console.timeEnd()\n"
    )


def test_dir_takes_options_and_ignores_custom_inspection(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.dir({ a: { b: 1 } }, { depth: 0 });
        class Shy { [require('util').inspect.custom]() { return 'custom'; } }
        console.dir(new Shy());
        console.log(new Shy());
        console.dir('text');
        """
    )
    assert outcome.stdout == "{ a: [Object] }\nShy {}\ncustom\n'text'\n"


TABLE = """\
┌─────────┬───┬───────┬────────┐
│ (index) │ a │ b     │ Values │
├─────────┼───┼───────┼────────┤
│ 0       │ 1 │       │        │
│ 1       │   │ 'two' │        │
│ 2       │   │       │ 3      │
└─────────┴───┴───────┴────────┘
"""

FILTERED = """\
┌─────────┬───┐
│ (index) │ b │
├─────────┼───┤
│ x       │ 2 │
└─────────┴───┘
"""

MAP_TABLE = """\
┌───────────────────┬─────┬──────────┐
│ (iteration index) │ Key │ Values   │
├───────────────────┼─────┼──────────┤
│ 0                 │ 'k' │ { v: 1 } │
└───────────────────┴─────┴──────────┘
"""

WIDE_TABLE = """\
┌─────────┬────────┐
│ (index) │ Values │
├─────────┼────────┤
│ 0       │ '漢字' │
└─────────┴────────┘
"""


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ("[{ a: 1 }, { b: 'two' }, 3]", TABLE),
        ("{ x: { a: 1, b: 2 } }, ['b']", FILTERED),
        ("new Map([['k', { v: 1 }]])", MAP_TABLE),
        ("['漢字']", WIDE_TABLE),
        ("5", "5\n"),
        ("null", "null\n"),
    ],
)
def test_tables_are_drawn_as_boxes(run_js: RunJs, arguments: str, printed: str) -> None:
    assert run_js(f"console.table({arguments})").stdout == printed


def test_only_an_array_selects_columns(run_js: RunJs) -> None:
    outcome = run_js("try { console.table([], 'a'); } catch (e) { console.log(e.code); }")
    assert outcome.stdout == "ERR_INVALID_ARG_TYPE\n"


@pytest.mark.parametrize(
    "value",
    [
        "{ get a() { throw new Error('getter'); } }",
        "new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; } })",
        "(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy; })()",
        "(() => { let o = {}; for (let i = 0; i < 9999; i++) o = { o }; return o; })()",
        "Object.create({ get [Symbol.toStringTag]() { throw 1; } })",
        "Object.defineProperty(new Error('e'), 'name', { get() { throw 1; } })",
    ],
)
def test_no_odd_value_stops_a_log_line(run_js: RunJs, value: str) -> None:
    outcome = run_js(f"const odd = {value}; console.log('[', odd, ']'); console.log('on');")
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("[ ")
    assert outcome.stdout.endswith("on\n")
