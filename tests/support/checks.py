"""Assertions made inside a script: silent when all is well."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ..conftest import RunJs

PRELUDE = r"""
let part = '';
const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value, (key, item) => {
  if (item === undefined) return '<undefined>';
  if (typeof item === 'bigint') return item + 'n';
  return Object.is(item, -0) ? '<-0>' : item;
}));
function check(actual, expected) {
  if (shown(actual) !== shown(expected)) {
    console.log(part + 'got ' + shown(actual) + ' instead of ' + shown(expected));
  }
}
function thrown(action) {
  try {
    action();
  } catch (error) {
    return error.name + ' ' + error.code + ' ' + error.message;
  }
  return 'nothing';
}
"""


def passes(run_js: RunJs, script: str) -> None:
    """Run a script whose checks all hold; it prints nothing but `done`."""
    outcome = run_js(PRELUDE + script + "\nsetTimeout(() => console.log('done'), 5);")
    ended = (outcome.stdout, outcome.stderr, outcome.exit_code)
    assert ended == ("done\n", "", 0), outcome.stdout + outcome.stderr


def all_pass(run_js: RunJs, scripts: Mapping[str, str]) -> None:
    """Run scripts by their names as :func:`passes` does, in one host: one for each takes longer.

    Each has its own scope, and what one throws keeps no other from its checks.
    """
    parts = (
        f"part = {json.dumps(f'{name}: ')};\n"
        f"try {{\n{script}\n}} catch (error) {{ console.log(part + 'threw', error); }}"
        for name, script in scripts.items()
    )
    passes(run_js, "\n".join(parts))


def all_print(run_js: RunJs, shown: Iterable[tuple[str, str]]) -> None:
    """Compare what expressions are, as texts, with what they shall be; in one host."""
    listed = _by_expression(shown)
    parts = (
        f"try {{ texts.push(String({expression})); }}"
        " catch (error) { texts.push('threw ' + error); }"
        for expression in listed
    )
    source = "const texts = [];\n" + "\n".join(parts) + "\nconsole.log(JSON.stringify(texts));"
    outcome = run_js(source)
    assert (outcome.stderr, outcome.exit_code) == ("", 0)
    assert dict(zip(listed, json.loads(outcome.stdout), strict=True)) == listed


def assert_refused(run_js: RunJs, call: str, cases: Iterable[tuple[str, str]]) -> None:
    """Give a call one bad argument after the other: each is a TypeError that begins as listed.

    Args:
        run_js: the fixture.
        call: an expression with ``%s`` for the argument.
        cases: each argument, and how its message begins.
    """
    listed = _by_expression(cases)
    parts = (
        f"try {{ {call % given}; texts.push('nothing'); }} catch (error) {{"
        " texts.push((error instanceof TypeError) + ' ' + error.message); }"
        for given in listed
    )
    source = "const texts = [];\n" + "\n".join(parts) + "\nconsole.log(JSON.stringify(texts));"
    told = dict(zip(listed, json.loads(run_js(source).stdout), strict=True))
    unlike = {
        given: text for given, text in told.items() if not text.startswith(f"true {listed[given]}")
    }
    assert unlike == {}


def _by_expression(cases: Iterable[tuple[str, str]]) -> dict[str, str]:
    given = list(cases)
    listed = dict(given)
    assert len(listed) == len(given), "an expression stands twice, so that one would be lost"
    return listed
